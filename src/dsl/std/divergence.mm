/// Σ p log (p / q) along the last axis, in nats, with 0 log 0 = 0. Shares under 1e-30 count as 1e-30 in the
/// logarithm, so that values and gradients stay finite, also where q is 0.
block relative_entropy(p: float[N..., K], q: float[N..., K]) -> float[N...] {
  return sum(p * (log(max(p, 1e-30)) - log(max(q, 1e-30))), axis: -1)
}

/// The mean Kullback–Leibler divergence KL(p ‖ q) of distributions along the last axis.
block kl_divergence(p: simplex float[N..., K], q: simplex float[N..., K]) -> float {
  return mean(relative_entropy(p, q))
}

/// The mean Jensen–Shannon divergence of distributions along the last axis: ½ KL(p ‖ m) + ½ KL(q ‖ m) with
/// m = ½ (p + q), from 0 to log 2. Both must be over the same axis: over the frames, say, to which attention has
/// carried what is over words.
block js_divergence(p: simplex float[N..., K], q: simplex float[N..., K]) -> float {
  let middle = 0.5 * (p + q)
  return 0.5 * mean(relative_entropy(p, middle) + relative_entropy(q, middle))
}
