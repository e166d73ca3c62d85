/// A quarter of the frames: two convolutions of stride 2 over time and bands, each with ReLU, and one
/// vector of `width` for each frame that is left (as ESPnet has it, arXiv:1804.00015).
block subsample(
  x: float[N..., T, D],
  width: int,
  channels: int = 32,
) -> float[N..., (T - 1) // 4 + 1, width] {
  let half = conv(x[..., new], out: channels, size: 3, stride: 2, pad: 1) as conv1 |> relu()
  let quarter = conv(half, out: channels, size: 3, stride: 2, pad: 1) as conv2 |> relu()
  return rearrange(quarter, "n t d c -> n t (d c)") |> linear(out: width)
}
