// Linear-chain conditional random fields over sequences of tags.

/// What a conditional random field knows of neighbouring tags (arXiv:1603.01360): a score for each
/// tag behind each other one, `move[before, after]`, for the first tag and for the last. For `crf`
/// and `viterbi`.
block transitions(tags: dim) -> { move: float[tags, tags], start: float[tags], end: float[tags] } {
  param move: float[tags, tags] = uniform(-0.1, 0.1)
  param start: float[tags] = uniform(-0.1, 0.1)
  param end: float[tags] = uniform(-0.1, 0.1)
  return { move, start, end }
}

/// log Σ exp(score) over all sequences of tags (arXiv:1603.01360, equation 1), by the forward
/// algorithm. Of a sequence without a kept position it is 0.
block crf_log_partition(
  scores: float[N..., T, K],
  by: { move: float[K, K], start: float[K], end: float[K] },
) -> float[N...] {
  let enter = expand(by.start, [N, K])
  // Paths up to a position, by their tag there; before the first one, what makes the result 0.
  let paths = expand(-by.end - log(K), [N, K])
  scan s in scores {
    paths = enter + s
    enter = logsumexp(paths[..., new] + by.move, axis: -2)
  }
  return logsumexp(paths + by.end)
}

/// The score of one sequence of tags: of each tag at its position, of each behind the one before,
/// of the first and of the last.
block crf_score(
  scores: float[N..., T, K],
  tags: index(K)[N..., T],
  by: { move: float[K, K], start: float[K], end: float[K] },
) -> float[N...] {
  let enter = expand(by.start, [N, K])
  let leave = expand(0, [N])
  let total = expand(0, [N])
  scan s, tag in scores, tags {
    total = total + take(enter + s, tag)
    enter = gather(by.move, tag)
    leave = gather(by.end, tag)
  }
  return total + leave
}

/// The loss of a conditional random field (arXiv:1603.01360): the mean over sequences of
/// −log p(tags), in nats. Dropped positions are no part of a sequence.
block crf(
  scores: float[N..., T, K],
  tags: index(K)[N..., T],
  by: { move: float[K, K], start: float[K], end: float[K] },
) -> float {
  return mean(crf_log_partition(scores, by) - crf_score(scores, tags, by))
}

/// The sequence of tags with the highest score (Viterbi, 1967), one tag for each kept position.
block viterbi(
  scores: float[N..., T, K],
  by: { move: float[K, K], start: float[K], end: float[K] },
) -> index(K)[N..., T] {
  let enter = expand(by.start, [N, K])
  let paths = expand(by.start, [N, K])
  let best = expand(iota(K), [N, K])
  scan s in scores {
    // For each tag here the best one before it.
    collect before = best
    paths = enter + s
    let moves = paths[..., new] + by.move
    best = argmax(moves, axis: -2)
    enter = max(moves, axis: -2)
  }
  let tag = argmax(paths + by.end)
  scan back in before reverse {
    collect tags = tag
    tag = take(back, tag)
  }
  return tags
}
