/// Sets a share of all values to zero while learning and scales up the rest (Srivastava et al.,
/// JMLR 2014); elsewhere the value itself.
block dropout(x: float[N...], rate: number) -> float[N...] {
  require rate >= 0
  require rate < 1
  if rate == 0 {
    return x
  }
  return where(uniform(like: x) >= rate, x / (1 - rate), 0) when learning else x
}
