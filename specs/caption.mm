/// Captions of pictures: a Transformer sees the picture in squares (arXiv:2010.11929), a decoder that
/// attends to them writes what is on it, word by word (arXiv:2101.10804).
model Caption(
  side: int = 384,
  patch: int = 16,
  width: int = 768,
  depth: int = 12,
  layers: int = 4,
  heads: int = 12,
  words: int = 10000,
  length: int = 64,
) {
  modality picture: Image(height: side, width: side)
  modality caption: Text(tokenizer: bpe(words), length: length)
  part tokens_of = embedding(width: width)

  encoder see(p: picture[N...]) -> float[N..., (side / patch) * (side / patch), width] {
    return patches(p.pixels, size: patch) |> linear(out: width)
        |> positions(max: (side / patch) * (side / patch))
        |> transformer(depth: depth, heads: heads, drop: 0.1)
  }
  encoder say(p: picture[N...], c: caption[N..., T]) -> float[N..., T, caption] {
    let h = tokens_of(c.ids) |> positions(max: length + 1)
        |> decoder(memory: see(p), depth: layers, heads: heads, drop: 0.1)
    return h @ transpose(tokens_of.weight)
  }

  /// Each word from the picture and the words before it; the first one from the begin token.
  objective tells(picture: picture[B], caption: caption[B, T]) {
    let c = concat(begin(caption, [B]), caption)
    return cross_entropy(say(picture, c)[:, :-1], c.ids[:, 1:])
  }

  stage train_all {
    minimize tells on coco.train batch 32 with picture: [crop(0.5..1), mirror()]
    train all
    optimizer adamw(rate: cosine(peak: 3e-5, warmup: 1000), decay: 0.01, clip: 1)
    steps 50000
    measure tells on coco.validation every 2000
  }

  export describe(p: picture[B]) -> caption[B, 21] {
    return generate(c => say(p, c), begin(caption, [B]), more: 20, by: greedy())
  }
  export vary(p: picture[B]) -> caption[B, 21] {
    return generate(
      c => say(p, c), begin(caption, [B]), more: 20, by: sample(temperature: 0.8, top_p: 0.9)
    )
  }
}

variant tiny = Caption(
  side: 16, patch: 8, width: 16, depth: 1, layers: 1, heads: 2, words: 280, length: 24
)
