/// Each channel less its mean and divided by its standard deviation, over all that the part was fitted
/// on; as it is before that. Batches are joined as by Chan, Golub and LeVeque (1979).
block standardize_globally(x: float[N..., D], epsilon: number = 1e-5) -> float[N..., D] {
  state center: float[D] = zeros()
  state squares: float[D] = zeros()
  state seen: float[D] = zeros()
  // The numbers of each channel that are there.
  let count = sum(x == x, axis: 0)
  let total = max(seen + count, 1)
  let m = sum(x, axis: 0) / max(count, 1)
  let moved = where(count > 0, m - center, 0)
  update center = center + moved * count / total
  update squares = squares + sum(square(x - m), axis: 0) + square(moved) * seen * count / total
  update seen = seen + count
  let variance = where(seen > 0, max(squares / max(seen, 1), 0), 1)
  return (x - center) * rsqrt(variance + epsilon)
}

/// The mean of the vectors that share an index; 0 where nothing has it.
block mean_by(x: float[N..., D], index: index(K)[N...]) -> float[K, D] {
  return sum_by(x, index) / max(count_by(index), 1)[:, new]
}

/// The mean vector of each class, over all that the part was fitted on (prototypes, arXiv:1703.05175).
block class_means(x: float[N..., D], label: index(K)[N...]) -> float[K, D] {
  state total: float[K, D] = zeros()
  state seen: float[K] = zeros()
  update total = total + sum_by(x, label)
  update seen = seen + count_by(label)
  return total / max(seen, 1)[:, new]
}
