/// The mean of −log softmax(scores)[target] over all kept positions, in nats.
block cross_entropy(scores: float[N..., D], target: index(D)[N...]) -> float {
  return mean(logsumexp(scores) - take(scores, target))
}
