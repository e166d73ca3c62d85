/// A feed-forward layer with a norm and any activation.
block mixer(
  x: float[N..., D],
  inner: int = 24,
  activation: block = gelu,
  bias: bool = true,
) -> float[N..., D] {
  return activation(linear(layer_norm(x), out: inner, bias: bias) as open)
      |> linear(out: D, bias: bias) as close
}

/// MLP-Mixer (arXiv:2105.01601): across places, then across channels.
block mixer_layer(x: float[N..., T, D], tokens: int, channels: int) -> float[N..., T, D] {
  let across = transpose(mixer(transpose(x), inner: tokens) as places)
  let y = x + across
  return y + mixer(y, inner: channels, activation: silu) as channels
}
