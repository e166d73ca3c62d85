/// Pictures of captions, as DALL·E (arXiv:2102.12092): the caption's tokens and then the picture's, in
/// one sequence that a causal Transformer learns to go on with. A token of the picture is the nearest
/// of 512 colours at one of 32 × 32 places, where the paper has codes of an autoencoder, and attention
/// is dense. 1.3 billion parameters; the paper's twelve are Paint(width: 3968, depth: 64, heads: 62).
model Paint(
  grid: int = 32,
  width: int = 2048,
  depth: int = 24,
  heads: int = 32,
  words: int = 16384,
  length: int = 256,
) {
  modality picture: Image(height: 8 * grid, width: 8 * grid)
  modality caption: Text(tokenizer: bpe(words), length: length)
  vocabulary colour(513)

  /// Entry 0 begins a picture; the others are eight levels each of red, green and blue.
  block codes(pixels: float[N..., H, W, 3]) -> index(colour)[N..., (H / 8) * (W / 8) + 1] {
    require H % 8 == 0
    require W % 8 == 0
    let places = mean(rearrange(pixels, "n (h p) (w q) c -> n (h w) (p q) c", p: 8, q: 8), axis: -2)
    let entry = to_float(iota(colour)) - 1
    let level = concat(
      floor(entry / 64)[:, new], floor(entry / 8)[:, new] % 8, entry[:, new] % 8, axis: -1
    )
    let palette = where(entry[:, new] < 0, 100, (2 * level - 7) / 8)
    let nearness = places @ transpose(palette) - 0.5 * sum(square(palette), axis: -1)
    return concat(expand(iota(colour)[:1], [N, 1]), argmax(nearness), axis: -1)
  }

  encoder paint(
    c: caption[N..., T],
    p: index(colour)[N..., S],
  ) -> { words: float[N..., T, caption], colours: float[N..., S, colour] } {
    let x = embedding(c.ids, width: width) as tokens |> positions(max: length) as order
    let y = embedding(p, width: width) as codes |> positions(max: grid * grid + 1) as places
    let h = concat(x, y, axis: -2)
        |> transformer(depth: depth, heads: heads, causal: true, drop: 0.1)
    return {
      words: linear(h[:, :T, :], out: caption) as words,
      colours: linear(h[:, T:, :], out: colour) as colours,
    }
  }

  /// The picture counts seven times as much as the caption.
  objective pairs(caption: caption[B, T], picture: picture[B]) {
    let p = codes(picture.pixels)
    let next = paint(caption, p)
    let of_words = cross_entropy(next.words[:, :-1], caption.ids[:, 1:])
    return (of_words + 7 * cross_entropy(next.colours[:, :-1], p[:, 1:])) / 8
  }

  stage train_all {
    minimize pairs on web.train batch 2 with picture: [crop(0.75..1)]
    train all
    optimizer adamw(rate: linear(peak: 4.5e-4, warmup: 5000), decay: 0.045, beta2: 0.96, clip: 4)
    steps 430000
  }

  export draw(c: caption[B, T]) -> index(colour)[B, grid * grid + 1] {
    return generate(
      p => paint(c, p).colours,
      expand(iota(colour)[:1], [B, 1]),
      more: grid * grid,
      by: sample(top_p: 0.95),
    )
  }
}

variant tiny = Paint(grid: 2, width: 16, depth: 1, heads: 2, words: 280, length: 5)
