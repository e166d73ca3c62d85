/// Emoji drawings and their captions in one space: a drawing finds its caption among all of them, also in a style
/// that the model has never seen.
model Emoji(depth: int = 3, width: int = 128) version "1.0.0" {
  modality picture: Image(height: 32, width: 32)
  modality caption: Text(tokenizer: bpe(2048), length: 24)

  space shared(128)

  encoder look(p: picture[N...]) -> shared[N...] {
    return stem(p.pixels, width: width) |> positions(max: 16) |> transformer(depth: depth, heads: 4, drop: 0.1) |> attention_pool(heads: 4) |> into(shared)
  }

  encoder read(c: caption[N..., T]) -> shared[N...] {
    return embedding(c.ids, width: width) |> mean(axis: -2) |> layer_norm() |> into(shared)
  }

  align seen: look(picture) <-> read(caption) by infonce(scale: learned(1 / 0.07, max: 100))

  stage align {
    minimize seen on emoji.train batch 128
    train all
    optimizer adamw(rate: cosine(peak: 2e-3, warmup: 100), decay: 0.1, clip: 1)
    steps 3000
    measure recall(seen, at: [1, 5, 10]) on emoji.validation every 500
    measure recall(seen, at: [1, 5, 10]) on emoji.unseen_style
    measure recall(seen, at: [1, 5, 10]) on emoji.unseen_concepts
  }

  /// The nearest of some captions for each picture.
  export name(p: picture[B], among: caption[K]) -> { best: index(K)[B], score: float[B, K] } {
    return { best: nearest(look(p), read(among)), score: similarity(look(p), read(among)) }
  }
}
