/// A learned vector of `width` for every entry of a vocabulary: index(V)[N…] → float[N…, width].
/// Starts normal, std 0.02.
block embedding(ids: index(V)[N...], width: dim) -> float[N..., width] {
  param weight: float[V, width] = normal(0.02)
  return gather(weight, ids)
}

/// Adds a learned vector for each place along the last axis but one. Places count kept positions
/// only, so padding never moves a word. At most `max` places.
block positions(x: float[N..., T, D], max: dim) -> float[N..., T, D] {
  require T <= max
  param weight: float[max, D] = normal(0.02)
  return x + gather(weight, places(x, axis: -2))
}
