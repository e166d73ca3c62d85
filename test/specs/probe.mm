/// Pretrain, then a probe on a frozen encoder, then the last layers.
model Probe(width: int = 16) {
  modality picture: Image(height: 8, width: 8)
  labels Species { cat, dog, owl }
  block shift_by(x: float[N..., D]) -> float[N..., D] {
    param by: float[D] = zeros()
    return x + by
  }
  encoder see(p: picture[N...]) -> float[N..., width] {
    let x = class_token(
      linear(patches(p.pixels, size: 2), out: width) as lift |> dropout(rate: 0.1) as drop
    )
    return x |> positions(max: 17) |> transformer(depth: 3, heads: 4, drop: 0.1) |> first()
        |> shift_by()
  }
  part probe = linear(out: Species)
  objective kind(picture: picture[B], species: index(Species)[B]) {
    return cross_entropy(probe(see(picture)), species)
  }
  objective rating(picture: picture[B], stars: float[B]) {
    let made = regress(see(picture))
    return mean((made - stars) ^ 2)
  }
  block regress(x: float[N..., D]) -> float[N...] {
    return sum(linear(x, out: 1) as line, axis: -1)
  }
  stage pretrain {
    minimize rating on photos.train batch 4
    train all
    optimizer adamw(rate: 1e-3)
    steps 20
    measure rating on photos.test every 10
  }
  stage linear_probe from pretrain {
    minimize kind on pets.train batch 4
    freeze see
    train rest
    optimizer adamw(rate: 1e-2)
    steps 20
  }
  stage top from linear_probe {
    minimize kind on pets.train batch 4
    train probe, see.transformer.layers.2, see.transformer.norm
    freeze see.shift_by, see.lift, see.positions, see.class_token, see.transformer.layers.0,
        see.transformer.layers.1
    optimizer adamw(rate: 1e-3, decay: 0)
    steps 20
  }
}
