/// Masked patches: hide most of them by draws, predict their pixels.
model Mae(width: int = 16) version "2.0.0" {
  modality picture: Image(height: 8, width: 8)
  part lift = linear(out: width)
  part body = transformer(depth: 2, heads: 2)
  part decode = transformer(depth: 1, heads: 2, expansion: 2, activation: relu)
  part paint = linear(out: 12)
  param hidden: float[width] = normal(0.02)
  encoder see(p: picture[N...]) -> float[N..., 16, width] {
    return lift(patches(p.pixels, size: 2)) |> body()
  }
  objective fill(picture: picture[B]) {
    let target = patches(picture.pixels, size: 2)
    let x = lift(target)
    let hide = uniform(like: x[:, :, 0]) < 0.75
    let y = decode(body(where(hide[:, :, new], hidden, x)))
    let each = mean(square(paint(y) - target), axis: -1)
    return sum(where(hide, each, 0)) / max(sum(to_float(hide)), 1)
  }
  stage pretrain {
    minimize fill on pictures.train batch 4
    train all
    optimizer adamw(rate: 2e-3)
    steps 40
    measure fill on pictures.test
  }
}

variant wide = Mae(width: 32)
