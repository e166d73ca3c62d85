use "blocks.mm" as Blocks

/// Which of four families of artists drew an emoji.
model Style(width: int = 32) version "1.0.0" {
  modality picture: Image(height: 32, width: 32)
  labels Artist { openmoji, twemoji, fluent, noto }

  encoder look(p: picture[N...]) -> float[N..., 2 * width] {
    let small = conv(p.pixels, out: width, size: 4, stride: 4) as lift |> Blocks.residual() as first
    return conv(small, out: 2 * width, size: 2, stride: 2) as lower
        |> Blocks.residual() as second |> mean(axis: [-3, -2])
  }

  part scores = linear(Artist)

  objective drawn_by(picture: picture[B], style: index(Artist)[B]) {
    return cross_entropy(scores(look(picture)), style)
  }

  stage train {
    minimize drawn_by on drawings.train batch 64 with picture: [shift(2), scale(0.9..1.1)]
    train all
    optimizer adamw(rate: cosine(peak: 3e-3, warmup: 50), decay: 0.05, clip: 1)
    steps 1500
    measure accuracy(argmax(scores(look(picture))), style) on drawings.validation every 300
    measure accuracy(argmax(scores(look(picture))), style) on drawings.test
  }

  export artist(picture: picture[B]) -> {
    artist: index(Artist)[B],
    probability: simplex float[B, Artist],
  } {
    let s = scores(look(picture))
    return { artist: argmax(s), probability: softmax(s) }
  }
}
