/// Which rows say the same: true at [i, j] where rows i and j are equal in every place and of one length.
block same_rows(x: tensor[B, T]) -> mask[B, B] {
  let differ = sum(to_float(x[:, new, :] != x[new, :, :]), axis: -1)
  let length = sum(to_float(x == x), axis: -1)
  return differ == 0 and length[:, new] == length[new, :]
}

/// InfoNCE in both directions (arXiv:2103.00020) in which a pair that `same` marks is no negative: equal
/// captions, say, or pictures of one article. The diagonal stays positive.
block infonce_apart(
  a: unit float[B, D],
  b: unit float[B, D],
  scale: float,
  same: mask[B, B],
) -> float {
  let other = iota(B)[:, new] != iota(B)[new, :]
  let scores = scale * (a @ transpose(b))
  let by_row = where(same and other, -1e30, scores)
  let by_column = where(transpose(same) and other, -1e30, transpose(scores))
  return 0.5 * (cross_entropy(by_row, iota(B)) + cross_entropy(by_column, iota(B)))
}

/// InfoNCE from a to b with hard negatives (arXiv:2004.04906): row i must find b[i] among all of b and the
/// hard negatives of every row.
block infonce_hard(
  a: unit float[B, D],
  b: unit float[B, D],
  hard: unit float[B, H, D],
  scale: float,
) -> float {
  let found = scale * (a @ transpose(b))
  let wrong = scale * (a @ transpose(rearrange(hard, "b h d -> (b h) d")))
  return mean(logsumexp(concat(found, wrong, axis: 1)) - scale * sum(a * b, axis: -1))
}

/// Several positives for each anchor (SupCon, arXiv:2004.11362, L_out): the mean over anchors i of
/// −1/|P(i)| Σ_{p ∈ P(i)} log (e^{s xᵢ·x_p} / Σ_{j ≠ i} e^{s xᵢ·x_j}). Anchors without a positive don't count.
block supervised_contrast(x: unit float[B, D], positive: mask[B, B], scale: float) -> float {
  let other = iota(B)[:, new] != iota(B)[new, :]
  let scores = where(other, scale * (x @ transpose(x)), -1e30)
  let log_share = scores - logsumexp(scores)[:, new]
  let wanted = positive and other
  let each = -mean(only(log_share, wanted), axis: -1)
  return mean(only(each, sum(to_float(wanted), axis: -1) > 0))
}

/// Several positives on one side (MIL-NCE, arXiv:1912.06430, eq. 1): each a against K candidates b of its
/// own, of which it need only be near some: the mean of −log (Σ_P e^{s a·b} / (Σ_P + Σ_N)), N all pairs of this a
/// with other b and of its b with another a.
block mil_nce(a: unit float[B, D], b: unit float[B, K, D], scale: float) -> float {
  let scores = scale * einsum("i d, j k d -> i j k", a, b)
  let own = (iota(B)[:, new] == iota(B)[new, :])[:, :, new]
  let positive = rearrange(where(own, scores, -1e30), "i j k -> i (j k)")
  let forward = rearrange(scores, "i j k -> i (j k)")
  let back = rearrange(where(own, -1e30, scores), "i j k -> j (i k)")
  return mean(logsumexp(concat(forward, back, axis: 1)) - logsumexp(positive))
}

/// Several positives among scores of all pairs, by a mask: texts that overlap a clip in time, say
/// (arXiv:2109.14084 with the sum of arXiv:1912.06430). In each row −log Σ exp(scores of its positives) /
/// Σ exp(all its scores), of which each has at least one, and the mean of the rows.
block infonce_any(scores: float[B, K], positive: mask[B, K]) -> float {
  return mean(logsumexp(scores) - logsumexp(where(positive, scores, -1e30)))
}

/// The triplet loss (FaceNet, arXiv:1503.03832): the mean of max(|a − p|² − |a − n|² + margin, 0).
block triplet(
  anchor: float[N..., D],
  positive: float[N..., D],
  negative: float[N..., D],
  margin: number = 0.2,
) -> float {
  let near = sum(square(anchor - positive), axis: -1)
  let far = sum(square(anchor - negative), axis: -1)
  return mean(max(near - far + margin, 0))
}

/// One minus the cosine, on average: 0 where every a points as its b does.
block cosine_loss(a: unit float[N..., D], b: unit float[N..., D]) -> float {
  return 1 - mean(sum(a * b, axis: -1))
}
