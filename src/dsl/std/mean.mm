/// The mean along an axis or several, of everything where none is named. Dropped positions don't
/// count; a mean over nothing is 0.
block mean(x: tensor, axis: axes = all) -> tensor {
  return sum(x, axis: axis) / count(x, axis: axis)
}

/// The first position along the last axis but one, as of a class token.
block first(x: float[N..., T, D]) -> float[N..., D] {
  return x[:, 0, :]
}

/// The last kept position along the last axis but one, as of an end token.
block last(x: float[N..., T, D]) -> float[N..., D] {
  let is_last = to_float(places(x, axis: -2)) == count(x, axis: -2) - 1
  return sum(where(is_last[..., new], x, 0), axis: -2)
}

/// From `old` a share of the way to `now`: (1 − share) · old + share · now, as for a running mean.
block mix(old: float[N...], now: float[N...], share: number) -> float[N...] {
  return (1 - share) * old + share * now
}
