/// The mean along an axis or several, of everything where none is named. Dropped positions don't count; a mean over
/// nothing is 0.
block mean(x: tensor, axis: axes = all) -> tensor {
  return sum(x, axis: axis) / count(x, axis: axis)
}

/// The first position along the last axis but one, as of a class token.
block first(x: float[N..., T, D]) -> float[N..., D] {
  return x[:, 0, :]
}
