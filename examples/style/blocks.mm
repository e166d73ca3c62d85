/// A residual block of a convolutional net: two convolutions added to what came in
/// (arXiv:1512.03385), with norms over the channels.
block residual(x: float[N..., H, W, C]) -> float[N..., H, W, C] {
  let inside = conv(x, out: C, size: 3, pad: 1) as conv1 |> layer_norm() as norm1 |> gelu()
      |> conv(out: C, size: 3, pad: 1) as conv2 |> layer_norm() as norm2
  return gelu(x + inside)
}
