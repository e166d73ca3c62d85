/// The likeliest entry of a vocabulary.
block greedy(scores: float[N..., V]) -> index(V)[N...] { return argmax(scores) }

/// An entry drawn from softmax(scores / temperature): the largest after Gumbel noise was added
/// (arXiv:1611.01144). With `top_k`, among the k likeliest only (arXiv:1805.04833); with `top_p`, among
/// the likeliest that together have at least that probability (arXiv:1904.09751).
block sample(
  scores: float[N..., V],
  temperature: number = 1,
  top_k: int = 0,
  top_p: number = 1,
) -> index(V)[N...] {
  require temperature > 0
  let warm = nucleus(likeliest(scores / temperature, count: top_k), share: top_p)
  return argmax(warm + gumbel_noise(like: warm))
}

/// Scores of which all but the `count` largest are −1e30; all of them where it is 0.
block likeliest(scores: float[N..., V], count: int) -> float[N..., V] {
  if count == 0 {
    return scores
  }
  return where(scores >= kth(scores, k: count)[..., new], scores, -1e30)
}

/// Scores of which all but the largest that together have a probability of at least `share` are
/// −1e30. The smallest probability that stays is found by halving an interval.
block nucleus(scores: float[N..., V], share: number) -> float[N..., V] {
  require share > 0
  require share <= 1
  if share == 1 {
    return scores
  }
  let p = softmax(scores)
  let low = 0 * max(p, axis: -1)
  let high = max(p, axis: -1)
  repeat 40 {
    let middle = 0.5 * (low + high)
    let enough = sum(where(p >= middle[..., new], p, 0), axis: -1) >= share
    low = where(enough, middle, low)
    high = where(enough, high, middle)
  }
  return where(p >= low[..., new], scores, -1e30)
}

/// −log(−log u) of uniform draws.
block gumbel_noise(like: float[N..., V]) -> float[N..., V] {
  return -log(-log(uniform(like: like) + 2e-8))
}

/// A distribution drawn around softmax(scores / temperature), as near to one entry as the
/// temperature is low (Gumbel-softmax, arXiv:1611.01144).
block gumbel(scores: float[N..., V], temperature: number = 1) -> simplex float[N..., V] {
  require temperature > 0
  return softmax((scores + gumbel_noise(like: scores)) / temperature)
}

/// The likeliest entry of a distribution as weights, 1 on it and 0 elsewhere, with the gradient of
/// the distribution itself (arXiv:1308.3432).
block straight_through(scores: float[N..., V], draw: block = softmax) -> float[N..., V] {
  let p = draw(scores)
  return to_float(argmax(p)[..., new] == iota(V)) + (p - stop(p))
}
