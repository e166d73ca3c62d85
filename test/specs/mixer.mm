use "lib/layers.mm" as Layers

/// Blocks of another file.
model Mixer {
  modality picture: Image(height: 8, width: 8)
  labels Kind(5)
  block stack(x: float[N..., T, D], depth: int) -> float[N..., T, D] {
    repeat depth as layers {
      x = Layers.mixer_layer(x, tokens: 6, channels: 20)
    }
    return layer_norm(x)
  }
  encoder look(p: picture[N...]) -> float[N..., Kind] {
    return patches(p.pixels, size: 4) |> linear(out: 12) as lift |> stack(depth: 2)
        |> mean(axis: -2) |> linear(out: Kind) as head
  }
  objective sort(picture: picture[B], kind: index(Kind)[B]) {
    return cross_entropy(look(picture), kind)
  }
  stage fit {
    minimize sort on cifar.train batch 4
    train all
    optimizer adamw(rate: 2e-3)
    steps 30
  }
  export kinds(p: picture[B]) -> { kind: index(Kind)[B], all: simplex float[B, Kind] } {
    let s = look(p)
    return { kind: argmax(s), all: softmax(s) }
  }
}
