/// Squared distances between vectors and the rows of a table: |x|² − 2 x·y + |y|², never below 0.
block squared_distances(x: float[N..., D], y: float[M, D]) -> float[N..., M] {
  let lengths = sum(square(x), axis: -1)[..., new] + sum(square(y), axis: -1)
  return max(lengths - 2 * (x @ transpose(y)), 0)
}

/// The nearest of `k` centres for each vector, by mini-batch k-means (Sculley, WWW 2010,
/// doi:10.1145/1772690.1772862): a centre is the mean of what was nearest to it, older batches counting
/// less by `decay` each. Where the part is fitted it learns, elsewhere it only names the centre. Centres
/// that nothing is near to are placed anew, the first ones too, at vectors far from the others. A batch
/// may hold fewer vectors than there are centres: later ones place the rest.
block kmeans(x: float[N..., D], k: dim, decay: number = 0.95) -> index(k)[N...] {
  require decay >= 0
  require decay <= 1
  state centers: float[k, D] = zeros()
  state seen: float[k] = zeros()
  let idle = seen < 1
  let places = placed(x, centers, idle) when learning else centers
  let near = argmin(squared_distances(x, places))
  let count = count_by(near)
  let total = decay * where(idle, 0, seen) + count
  update seen = total
  update centers = places + (sum_by(x, near) - count[:, new] * places) / max(total, 1)[:, new]
  return near
}

/// Centres of which the idle ones are placed at vectors drawn with odds of their squared distance from
/// the nearest centre in use, without replacement: k-means++ (Arthur and Vassilvitskii, SODA 2007) for
/// all of them at once, as k-means|| does (arXiv:1203.6402). A vector at a centre in use is not taken.
/// Where there are fewer vectors than idle centres, the last of these stay for the next batch.
block placed(x: float[N..., D], centers: float[K, D], idle: mask[K]) -> float[K, D] {
  let distance = min(where(idle, 1e30, squared_distances(x, centers)), axis: -1)
  let odds = log(max(distance, 1e-30))
  // Behind the vectors stand the centres themselves, chosen last and then not taken.
  let tickets = concat(odds + gumbel_noise(like: odds), expand(-1e30, [K]), axis: 0)
  let drawn = top_k(tickets, k: K).index
  // The n-th idle centre takes the n-th vector drawn.
  let idle_first = top_k(to_float(idle), k: K).index
  let chosen = gather(drawn, top_k(-to_float(idle_first), k: K).index)
  let at = gather(concat(x, centers, axis: 0), chosen)
  let far = gather(concat(distance, expand(0, [K]), axis: 0), chosen)
  let apart = far > 1e-5 * (1 + sum(square(at), axis: -1))
  return where((idle and apart)[:, new], at, centers)
}
