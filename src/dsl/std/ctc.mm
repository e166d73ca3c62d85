// Connectionist temporal classification: labels for sequences without alignment (Graves et al., ICML 2006).

/// log p(labels) for each sequence (Graves et al. 2006, equations 6 to 8, in logarithms), where the
/// last of the V + 1 scores is that of the blank. Of labels that don't fit the kept positions, with a
/// blank between equal neighbours, it is at most −1e29.
block ctc_log_likelihood(scores: float[N..., T, V + 1], labels: index(V)[N..., U]) -> float[N...] {
  let chances = scores - logsumexp(scores)[..., new]
  let state = to_float(iota(2 * U + 1))

  // States are blank, label, blank, …, label, blank; the k-th kept label is state 2k + 1.
  let stands = to_float(2 * to_float(places(labels, axis: -1))[..., new] + 1 == state)
  let one_hot = to_float(labels[..., new] == iota(V))
  let spoken = einsum("n t v, n u v -> n t u", chances[..., :-1], one_hot) @ stands
  let emitted = where(state % 2 == 0, chances[..., -1:], spoken)

  // A label may follow the one before it without a blank where they differ.
  let names = ((to_float(labels) + 1)[:, new, :] @ stands)[:, 0, :]
  let before = concat(expand(0, [N, 2]), names[:, :-2], axis: -1)
  let jump = where(names > 0 and names != before, 0, -1e30)

  let reached = expand(where(state == 0, 0, -1e30), [N, 2 * U + 1])
  scan e in emitted {
    let step = concat(expand(-1e30, [N, 1]), reached[:, :-1], axis: -1)
    let skip = concat(expand(-1e30, [N, 2]), reached[:, :-2], axis: -1) + jump
    reached = logsumexp(concat(reached[..., new], step[..., new], skip[..., new], axis: -1)) + e
  }
  let length = sum(to_float(labels == labels), axis: -1)[..., new]
  let is_last = state == 2 * length or state == 2 * length - 1
  return logsumexp(where(is_last, reached, -1e30))
}

/// The CTC loss: the mean over sequences of −log p(labels), each divided by its number of labels, as
/// in PyTorch. Sequences whose labels don't fit into their kept positions (fewer positions than labels
/// and blanks between equal neighbours) are left out of the mean and have no gradient; training says
/// how many they are. (PyTorch's `zero_infinity` has them in the mean as 0.)
block ctc(scores: float[N..., T, V + 1], labels: index(V)[N..., U]) -> float {
  let chance = ctc_log_likelihood(scores, labels)
  let length = max(sum(to_float(labels == labels), axis: -1), 1)
  let fits = chance > -1e29
  return mean(only(-chance / length, fits, tell: "sequences with more labels than positions"))
}

/// Labels by the likeliest path (Graves et al. 2006, section 3.2): the best label at each position, of
/// which blanks and what only repeats the position before are dropped.
block ctc_greedy(scores: float[N..., T, D]) -> index(D - 1)[N..., T] {
  let heard = argmax(scores[..., :-1])
  let voiced = max(scores[..., :-1], axis: -1) >= scores[..., -1]
  let before = expand(-1, [N])
  scan label, is_label in heard, voiced {
    let name = where(is_label, to_float(label), -1)
    collect begins = is_label and name != before
    before = name
  }
  return only(heard, begins)
}
