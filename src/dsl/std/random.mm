/// True with probability `share` at each position of `like`.
block chance(share: number, like: tensor[N...]) -> mask[N...] {
  return uniform(like: like) < share
}

/// Numbers of the standard normal distribution, one for each position of `like` (Box and Muller, 1958):
/// √(−2 log u) · cos 2πv.
block noise(like: tensor[N...]) -> float[N...] {
  let radius = sqrt(-2 * log(1 - uniform(like: like)))
  return radius * cos(6.283185307179586 * uniform(like: like))
}

/// True in spans of `length` positions along the last axis; at each kept position one starts with
/// probability `start`, and spans may overlap (arXiv:2006.11477).
block spans(like: tensor[N..., T], start: number, length: int) -> mask[N..., T] {
  let starts = chance(start, like: like)
  let behind = to_float(iota(T))[:, new] - to_float(iota(T))[new, :]
  let reached = (behind >= 0) and (behind < length)
  return sum(to_float(starts[:, new, :] and reached[new, :, :]), axis: -1) > 0
}

/// The positions of a sequence in an order drawn at random, the dropped ones last.
block random_order(like: tensor[N..., T]) -> index(T)[N..., T] {
  return top_k(uniform(like: like), k: T).index
}

/// Where each position stands in an order: inverse(order)[order[k]] = k.
block inverse(order: index(T)[N..., T]) -> index(T)[N..., T] {
  return argmax(to_float(order[:, new, :] == iota(T)[new, :, new]))
}

/// Where each position comes from when a share of them, drawn at random, change places among themselves and
/// the others stay (frame order, arXiv:2005.00200).
block shuffle_some(share: number, like: tensor[N..., T]) -> index(T)[N..., T] {
  let moves = chance(share, like: like)
  let order = uniform(like: like)
  let before = iota(T)[:, new] > iota(T)[new, :]
  let smaller = (order[:, :, new] > order[:, new, :]) or
      ((order[:, :, new] == order[:, new, :]) and before[new, :, :])
  // The n-th of those that move, by place, takes what the n-th of them by a random order has.
  let by_place = sum(to_float(moves[:, new, :] and before[new, :, :]), axis: -1)
  let by_order = sum(to_float(moves[:, new, :] and smaller), axis: -1)
  let takes = moves[:, :, new] and moves[:, new, :] and (by_place[:, :, new] == by_order[:, new, :])
  let stays = (iota(T)[:, new] == iota(T)[new, :])[new, :, :] and not moves[:, :, new]
  return argmax(to_float(takes or stays))
}
