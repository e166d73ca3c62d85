/// CoCa (arXiv:2205.01917), the base size: one model is contrasted with captions and writes them. The
/// first half of the text decoder reads words alone and ends in a vector for the whole caption; the
/// second half attends to the picture.
model Coca(
  side: int = 288,
  patch: int = 18,
  width: int = 768,
  depth: int = 12,
  heads: int = 12,
  joint: int = 512,
  words: int = 64000,
  length: int = 76,
  queries: int = 256,
) {
  modality picture: Image(height: side, width: side)
  modality caption: Text(tokenizer: bpe(words), length: length)
  space shared(joint)

  /// Learned queries that attend to a sequence, as many vectors as there are queries.
  block pooled(x: float[N..., S, D], count: int) -> float[N..., count, D] {
    param query: float[count, D] = normal(0.02)
    return cross_attention(expand(query, [N, count, D]), memory: x, heads: heads) |> layer_norm()
  }

  encoder see(p: picture[N...]) -> float[N..., (side / patch) * (side / patch), width] {
    return patches(p.pixels, size: patch) |> linear(out: width)
        |> positions(max: (side / patch) * (side / patch))
        |> transformer(depth: depth, heads: heads)
  }
  encoder look(p: picture[N...]) -> shared[N...] {
    return pooled(see(p), count: 1)[:, 0, :] |> into(shared)
  }

  /// The words, and behind them a vector that has read them all.
  encoder words_of(c: caption[N..., T]) -> float[N..., T + 1, width] {
    param whole: float[width] = normal(0.02)
    let x = embedding(c.ids, width: width) |> positions(max: length + 1)
    return concat(x, expand(whole, [N, 1, width]), axis: -2)
        |> transformer(depth: depth, heads: heads, causal: true)
  }
  encoder read(c: caption[N..., T]) -> shared[N...] {
    return words_of(c)[:, -1, :] |> into(shared)
  }
  encoder write(p: picture[N...], c: caption[N..., T]) -> float[N..., T, caption] {
    let memory = pooled(see(p), count: queries)
    return words_of(c)[:, :-1, :] |> decoder(memory: memory, depth: depth, heads: heads)
        |> linear(out: caption, bias: false)
  }

  align seen: look(picture) <-> read(caption) by infonce(scale: learned(1 / 0.07, max: 100))
  objective says(picture: picture[B], caption: caption[B, T]) {
    let c = concat(begin(caption, [B]), caption)
    return cross_entropy(write(picture, c)[:, :-1], c.ids[:, 1:])
  }

  stage pretrain {
    minimize seen + 2 * says on web.train batch 8
    train all
    optimizer adamw(rate: linear(peak: 8e-4, warmup: 10000), decay: 0.01, clip: 1)
    steps 500000
    measure recall(seen, at: [1, 5, 10]) on web.validation every 5000
  }

  export name(p: picture[B], among: caption[K]) -> index(K)[B] {
    return nearest(look(p), read(among))
  }
  export describe(p: picture[B]) -> caption[B, 25] {
    return generate(c => write(p, c), begin(caption, [B]), more: 24, by: greedy())
  }
}

variant tiny = Coca(
  side: 8, patch: 4, width: 16, depth: 1, heads: 2, joint: 8, words: 280, length: 24, queries: 3
)
