/// A place in a space: a linear map without bias, and the vector scaled to length one.
block into(x: float[N..., D], space: dim) -> unit float[N..., space] {
  param weight: float[D, space] = normal(1 / sqrt(D))
  return unit(x @ weight)
}

/// A positive number that is learned as its logarithm, and kept at most `max`: after each step the
/// weight is put back under the bound, so that its gradient never dies there.
block learned(start: number, max: number = 1e9) -> float {
  param log_value: float = constant(log(start)) at most log(max)
  return exp(log_value)
}

/// InfoNCE in both directions, as in CLIP (arXiv:2103.00020): ½ [CE(s·A·Bᵗ) + CE(s·B·Aᵗ)], the
/// pairs on the diagonal.
block infonce(a: unit float[B, D], b: unit float[B, D], scale: float) -> float {
  let scores = scale * (a @ transpose(b))
  return 0.5 * (cross_entropy(scores, iota(B)) + cross_entropy(transpose(scores), iota(B)))
}

/// Sigmoid loss of all pairs, as in SigLIP (arXiv:2303.15343): −(1/B) Σᵢⱼ log σ(zᵢⱼ (t·aᵢ·bⱼ + b)),
/// z = 1 on the diagonal and −1 elsewhere; t = exp(log_scale) starts at 10, b at −10.
block sigmoid_pairs(a: unit float[B, D], b: unit float[B, D]) -> float {
  param log_scale: float = constant(log(10)) at most log(100)
  param bias: float = constant(-10)
  let scores = exp(log_scale) * (a @ transpose(b)) + bias
  let signed = where(iota(B)[:, new] == iota(B)[new, :], scores, -scores)
  let log_likelihood = min(signed, 0) - log(1 + exp(-abs(signed)))
  return -mean(sum(log_likelihood, axis: -1))
}

/// Of the candidates, the one nearest to each vector, by the cosine.
block nearest(a: unit float[B, D], among: unit float[K, D]) -> index(K)[B] {
  return argmax(a @ transpose(among))
}

/// The cosine of every vector with every candidate.
block similarity(a: unit float[B, D], among: unit float[K, D]) -> float[B, K] {
  return a @ transpose(among)
}
