/// Tells shapes apart in pictures that the page draws.
model Shapes version "1.0.0" {
  modality picture: Image(height: 24, width: 24)
  labels Shape { circle, square, triangle, cross }

  encoder scores(p: picture[N...]) -> float[N..., Shape] {
    let map = conv(p.pixels, out: 12, size: 3, stride: 2, pad: 1) as first
        |> relu()
        |> conv(out: 24, size: 3, stride: 2, pad: 1) as second
        |> relu()
    return rearrange(map, "n h w c -> n (h w c)")
        |> linear(out: 48) as mix
        |> relu()
        |> linear(out: Shape)
  }

  objective naming(picture: picture[B], shape: index(Shape)[B]) {
    return cross_entropy(scores(picture), shape)
  }

  stage learn {
    minimize naming on shapes.train batch 32
    train all
    optimizer adamw(rate: cosine(peak: 4e-3, warmup: 20), clip: 1)
    steps 400
    measure accuracy(argmax(scores(picture)), shape) on shapes.test
  }

  export name(picture: picture[B]) -> {
    shape: index(Shape)[B],
    probability: simplex float[B, Shape],
  } {
    let s = scores(picture)
    return { shape: argmax(s), probability: softmax(s) }
  }
}
