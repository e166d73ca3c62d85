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

/// Batch normalization over all axes but the last (arXiv:1502.03167). While learning with the mean
/// and variance of the batch, and the running ones follow them by `momentum`; elsewhere with the
/// running ones, so that an answer doesn't depend on what else is in its batch. As in PyTorch the
/// running variance is the unbiased one. Dropped positions don't count.
block batch_norm(
  x: float[N..., C],
  momentum: number = 0.1,
  epsilon: number = 1e-5,
) -> float[N..., C] {
  param scale: float[C] = ones()
  param shift: float[C] = zeros()
  state running_mean: float[C] = zeros()
  state running_variance: float[C] = ones()
  let batch = moments(x)
  let n = count(x, axis: 0)
  update running_mean = mix(running_mean, batch.mean, momentum)
  update running_variance = mix(running_variance, batch.variance * n / max(n - 1, 1), momentum)
  let center = batch.mean when learning else running_mean
  let variance = batch.variance when learning else running_variance
  return (x - center) * rsqrt(variance + epsilon) * scale + shift
}

/// Mean and (biased) variance of each channel over all other axes. Dropped positions don't count.
block moments(x: float[N..., C]) -> { mean: float[C], variance: float[C] } {
  let center = mean(x, axis: 0)
  return { mean: center, variance: mean(square(x - center), axis: 0) }
}
