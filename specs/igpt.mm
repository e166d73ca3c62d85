/// Image GPT (Chen et al., 2020, Generative Pretraining from Pixels): pictures as sequences of colours
/// from a palette that k-means fits, and a Transformer that predicts each next one. The smallest of the
/// paper's models.
model Igpt(
  side: int = 32,
  colours: int = 512,
  width: int = 512,
  depth: int = 24,
  heads: int = 8,
) version "1.0.0" {
  modality picture: Image(height: side, width: side)
  vocabulary colour(colours)

  part palette = kmeans(colour)
  part codes = embedding(width: width)
  param begin: float[1, width] = normal(0.02)

  /// The pixels of a picture, row by row, as places in the palette.
  encoder draw(p: picture[N...]) -> index(colour)[N..., side * side] {
    return rearrange(palette(p.pixels), "n h w -> n (h w)")
  }

  /// Scores for each colour, from the ones before it.
  encoder next(c: index(colour)[N..., S]) -> float[N..., S, colour] {
    let before = codes(c)[:, :-1, :]
    let start = expand(begin, [N, 1, width])
    return concat(start, before, axis: 1) |> positions(max: side * side)
        |> transformer(depth: depth, heads: heads, causal: true) |> linear(out: colour, bias: false)
  }

  objective colours_in_order(picture: picture[B]) {
    let c = draw(picture)
    return cross_entropy(next(c), c)
  }
  /// What the palette loses.
  objective rounding(picture: picture[B]) {
    let c = palette(picture.pixels)
    return mean(square(picture.pixels - gather(palette.centers, c)))
  }

  stage colouring {
    fit palette: draw(picture) on imagenet.train batch 64 passes 1
    measure rounding on imagenet.validation
  }
  stage pretrain from colouring {
    minimize colours_in_order on imagenet.train batch 128
    train all
    optimizer adamw(rate: cosine(peak: 3e-3, warmup: 10000), beta2: 0.95, decay: 0, clip: 1)
    steps 1000000
    measure colours_in_order on imagenet.validation every 10000
  }

  /// The picture in the colours of the palette.
  export redraw(picture: picture[B]) -> float[B, side, side, 3] {
    let c = palette(picture.pixels)
    return gather(palette.centers, c)
  }
}

/// Small enough to learn a batch by heart in a test.
variant tiny = Igpt(side: 8, colours: 16, width: 32, depth: 2, heads: 2)
