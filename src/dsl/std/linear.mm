/// x · weight + bias along the last axis. The weight starts uniform in ±1/√In, as in
/// Kaiming-uniform with a = √5 (arXiv:1502.01852), the bias at zero.
block linear(x: float[N..., In], out: dim, bias: bool = true) -> float[N..., out] {
  param weight: float[In, out] = uniform(-1 / sqrt(In), 1 / sqrt(In))
  if bias {
    param bias: float[out] = zeros()
    return x @ weight + bias
  }
  return x @ weight
}
