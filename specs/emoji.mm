/// Emoji drawings and their captions in one space: a drawing finds its caption among all of them,
/// also in a style that the model has never seen.
model Emoji(width: int = 128, depth: int = 3, steps: int = 4200) version "1.0.0" {
  modality picture: Image(height: 32, width: 32)
  modality caption: Text(tokenizer: bpe(2048), length: 36)
  space shared(128)

  encoder look(p: picture[N...]) -> shared[N...] {
    return stem(p.pixels, width: width) |> positions(max: 16)
        |> transformer(depth: depth, heads: 4, drop: 0.1)
        |> attention_pool(heads: 4) |> into(shared)
  }

  encoder read(c: caption[N..., T]) -> shared[N...] {
    let words = embedding(c.ids, width: width) |> mean(axis: -2)
        |> layer_norm() as norm1 |> dropout(rate: 0.3) as dropout1
    let more = feed_forward(words, expansion: 2) |> dropout(rate: 0.3) as dropout2
    return layer_norm(words + more) as norm2 |> into(shared)
  }

  align seen: look(picture) <-> read(caption) by infonce(scale: learned(1 / 0.07, max: 100))

  stage align {
    minimize seen on emoji.train batch 128
      with picture: [
             shift(2), scale(0.86..1.16), rotate(8), colour(0.15), brightness(0.1), grey(0.05)
           ],
           caption: [shuffle(), drop_tags(0.3), only_title(0.1), drop_title(0.1), drop(0.3)]
    train all
    optimizer adamw(rate: cosine(peak: 2e-3, warmup: 150), decay: 0.5, beta2: 0.98, clip: 1)
    steps steps
    measure recall(seen, at: [1, 5, 10]) on emoji.validation every 300
    measure recall(seen, at: [1, 5, 10]) on emoji.unseen_style
    measure recall(seen, at: [1, 5, 10]) on emoji.unseen_concepts
  }

  /// Which of some captions fits each picture best, and how well each one does.
  export name(picture: picture[B], among: caption[K]) -> { best: index(K)[B], score: float[B, K] } {
    let pictures = look(picture)
    let captions = read(among)
    return { best: nearest(pictures, captions), score: similarity(pictures, captions) }
  }
}

/// A few minutes on two cores, download and drawing of the pictures included.
variant short = Emoji(steps: 600)

/// Small enough to learn a batch by heart in a test.
variant tiny = Emoji(width: 32, depth: 1)
