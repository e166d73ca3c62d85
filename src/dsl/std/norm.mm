/// Layer normalization over the last axis (arXiv:1607.06450).
block layer_norm(x: float[N..., D], epsilon: number = 1e-5) -> float[N..., D] {
  param scale: float[D] = ones()
  param shift: float[D] = zeros()
  let centered = x - mean(x, axis: -1)[..., new]
  let variance = mean(square(centered), axis: -1)[..., new]
  return centered * rsqrt(variance + epsilon) * scale + shift
}

/// Root mean square normalization over the last axis (arXiv:1910.07467).
block rms_norm(x: float[N..., D], epsilon: number = 1e-6) -> float[N..., D] {
  param scale: float[D] = ones()
  return x * rsqrt(mean(square(x), axis: -1)[..., new] + epsilon) * scale
}
