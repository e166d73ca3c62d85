/// The mean of −log softmax(scores)[target] over all kept positions, in nats. With `smoothing` s the target
/// is 1 − s on its class and s spread over all of them (arXiv:1512.00567).
block cross_entropy(
  scores: float[N..., D],
  target: index(D)[N...],
  smoothing: number = 0,
) -> float {
  if smoothing == 0 {
    return mean(logsumexp(scores) - take(scores, target))
  }
  let wanted = (1 - smoothing) * take(scores, target) + smoothing * mean(scores, axis: -1)
  return mean(logsumexp(scores) - wanted)
}

/// The mean of −target log σ(score) − (1 − target) log(1 − σ(score)) over all kept positions, in nats:
/// of decisions that don't exclude each other. Targets are from 0 to 1.
block binary_cross_entropy(scores: float[N...], target: float[N...]) -> float {
  return mean(max(scores, 0) - scores * target + log(1 + exp(-abs(scores))))
}
