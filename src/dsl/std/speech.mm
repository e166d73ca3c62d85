/// A one-dimensional convolution along time with its own weights: the last axis counts channels. A
/// position is kept where the middle of its window is.
block conv1d(
  x: float[N..., T, C],
  out: dim,
  size: int = 3,
  stride: int = 1,
  pad: int = 0,
  bias: bool = true,
) -> float[N..., (T + 2 * pad - size) // stride + 1, out] {
  param weight: float[size, C, out] = uniform(-1 / sqrt(size * C), 1 / sqrt(size * C))
  let y = conv2d(x[..., new, :], weight[:, new, :, :], stride: [stride, 1], pad: [pad, 0])[
    ..., 0, :
  ]
  if bias {
    param bias: float[out] = zeros()
    return y + bias
  }
  return y
}

/// Frames to fewer and wider ones by two convolutions with GELU: `by: 2` strides in the second
/// alone, as Whisper does (arXiv:2212.04356), `by: 4` in both, as in speech-to-text Transformers
/// (arXiv:1911.08460). Of T frames (T - 1) // by + 1 are left.
block subsample1d(
  x: float[N..., T, C],
  width: dim,
  by: int = 4,
) -> float[N..., (T - 1) // by + 1, width] {
  require by == 2 or by == 4
  return conv1d(x, out: width, size: 3, stride: by / 2, pad: 1) as conv1 |> gelu()
      |> conv1d(out: width, size: 3, stride: 2, pad: 1) as conv2 |> gelu()
}

/// Each channel of a sequence with mean 0 and variance 1 over time, as features of speech are
/// normalized recording by recording (cepstral mean and variance normalization).
block standardize(x: float[N..., T, D], epsilon: number = 1e-5) -> float[N..., T, D] {
  let centred = x - mean(x, axis: -2)[..., new, :]
  return centred * rsqrt(mean(square(centred), axis: -2) + epsilon)[..., new, :]
}

/// 1 at the last kept position of a sequence and 0 at the others: what says when to stop where there
/// is no end token, as for frames of speech (arXiv:1712.05884).
block stop_token(x: float[N..., T, D]) -> float[N..., T] {
  let is_last = to_float(places(x, axis: -2)) == count(x, axis: -2) - 1
  return where(is_last, 1 + 0 * x[..., 0], 0)
}
