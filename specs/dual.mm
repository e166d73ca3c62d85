/// Captions of pictures and pictures of captions, learned as two sides of one task: besides pairs, a
/// caption that the model draws for a picture must tell the picture (arXiv:1611.00179, cycles as in
/// arXiv:1703.10593). A picture is 8 × 8 places, each one of 512 colours; entry 0 begins it.
model Dual(width: int = 192, depth: int = 4, heads: int = 6, words: int = 2048, length: int = 16) {
  modality picture: Image(height: 32, width: 32)
  modality caption: Text(tokenizer: bpe(words), length: length)
  vocabulary colour(513)

  part tokens_of = embedding(width: width)
  part colours = embedding(width: width)
  part see = transformer(depth: depth, heads: heads)
  part read = transformer(depth: depth, heads: heads)
  part say = decoder(depth: depth, heads: heads)
  part paint = decoder(depth: depth, heads: heads)

  /// The nearest colours of a fixed palette, eight levels of red, green and blue.
  block codes(pixels: float[N..., 32, 32, 3]) -> index(colour)[N..., 65] {
    let places = mean(rearrange(pixels, "n (h p) (w q) c -> n (h w) (p q) c", p: 4, q: 4), axis: -2)
    let entry = to_float(iota(colour)) - 1
    let level = concat(
      floor(entry / 64)[:, new], floor(entry / 8)[:, new] % 8, entry[:, new] % 8, axis: -1
    )
    let palette = where(entry[:, new] < 0, 100, (2 * level - 7) / 8)
    let nearness = places @ transpose(palette) - 0.5 * sum(square(palette), axis: -1)
    return concat(expand(iota(colour)[:1], [N, 1]), argmax(nearness), axis: -1)
  }
  encoder caption_of(p: picture[N...], c: caption[N..., T]) -> float[N..., T, caption] {
    let memory = patches(p.pixels, size: 4) |> linear(out: width) |> positions(max: 64) as grid
        |> see()
    let h = tokens_of(c.ids) |> positions(max: 2 * length) as order |> say(memory: memory)
    return h @ transpose(tokens_of.weight)
  }
  encoder picture_of(c: caption[N..., T], p: index(colour)[N..., S]) -> float[N..., S, colour] {
    let memory = tokens_of(c.ids) |> positions(max: 2 * length) as order |> read()
    return colours(p) |> positions(max: 65) as grid |> paint(memory: memory)
        |> linear(out: colour) as out
  }

  objective says(picture: picture[B], caption: caption[B, T]) {
    let c = concat(begin(caption, [B]), caption)
    return cross_entropy(caption_of(picture, c)[:, :-1], c.ids[:, 1:])
  }
  objective paints(picture: picture[B], caption: caption[B, T]) {
    let p = codes(picture.pixels)
    return cross_entropy(picture_of(caption, p)[:, :-1], p[:, 1:])
  }
  objective cycle(picture: picture[B]) {
    let said = generate(
      c => caption_of(picture, c),
      begin(caption, [B]),
      more: length,
      by: straight_through(gumbel(temperature: 1)),
    )
    let p = codes(picture.pixels)
    return cross_entropy(picture_of(said, p)[:, :-1], p[:, 1:])
  }

  stage both {
    minimize says + paints + 0.1 * cycle on stamps.train batch 32
    train all
    optimizer adamw(rate: cosine(peak: 5e-4, warmup: 200), decay: 0.1, clip: 1)
    steps 5000
    measure says on stamps.validation every 500
  }

  export describe(p: picture[B]) -> caption[B, length + 1] {
    return generate(c => caption_of(p, c), begin(caption, [B]), more: length, by: greedy())
  }
  export draw(c: caption[B, T]) -> index(colour)[B, 65] {
    return generate(
      p => picture_of(c, p), expand(iota(colour)[:1], [B, 1]), more: 64, by: sample(top_p: 0.9)
    )
  }
}

variant tiny = Dual(width: 16, depth: 1, heads: 2, words: 280, length: 4)
