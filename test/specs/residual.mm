/// A small residual net with compile-time branches; layer norms over channels stand where batch norms would.
model Res {
  modality photo: Image(height: 16, width: 16)
  labels Kind(5)

  block basic(x: float[N..., H, W, C], out: int, stride: int = 1) {
    let y = conv(x, out: out, size: 3, stride: stride, pad: 1) as conv1 |> layer_norm() as norm1
        |> relu()
        |> conv(out: out, size: 3, pad: 1) as conv2 |> layer_norm() as norm2
    if stride == 1 and C == out {
      return relu(x + y)
    }
    return relu(y + conv(x, out: out, size: 1, stride: stride) as shortcut)
  }
  block level(x: float[N..., H, W, C], out: int, stride: int, depth: int) {
    let y = basic(x, out: out, stride: stride) as first
    return more(y, depth: depth - 1)
  }
  block more(x: float[N..., H, W, C], depth: int) -> float[N..., H, W, C] {
    repeat depth as rest {
      x = basic(x, out: C)
    }
    return x
  }
  encoder look(p: photo[N...]) {
    let x = conv(p.pixels, out: 4, size: 3, pad: 1) as stem |> layer_norm() |> relu()
    let m = x |> level(out: 4, stride: 1, depth: 2) as level1
        |> level(out: 8, stride: 2, depth: 2) as level2
    return { map: m, vector: mean(m, axis: [-3, -2]) }
  }
  part kinds = linear(out: Kind)
  objective sort(photo: photo[B], kind: index(Kind)[B]) {
    return cross_entropy(kinds(look(photo).vector), kind)
  }
  stage train_it {
    minimize sort on imagenet.train batch 4 with photo: [crop(0.3..1), mirror()]
    train look, kinds
    optimizer adamw(rate: 1e-2)
    steps 40
  }
  export vectors(p: photo[B]) -> { map: float[B, 8, 8, 8], vector: float[B, 8] } { return look(p) }
}
