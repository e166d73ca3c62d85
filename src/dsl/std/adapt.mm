/// A weight and a product of low rank, as in LoRA (arXiv:2106.09685): w + (alpha / rank) · a · b. As
/// in the authors' code a starts uniform in ±1/√In and b at zero, so that training starts from the
/// weight as it is. Of use in `adapt PART by lora(rank: 8, alpha: 16) on PATTERN`.
block lora(w: float[In, Out], rank: dim, alpha: number) -> float[In, Out] {
  param a: float[In, rank] = uniform(-1 / sqrt(In), 1 / sqrt(In))
  param b: float[rank, Out] = zeros()
  return w + alpha / rank * (a @ b)
}

/// Weight normalization (arXiv:1602.07868): the direction of each column of the weight times a
/// learned length, `start` at first. Meant for training from the start: a trained weight keeps its
/// directions and loses its lengths.
block weight_norm(w: float[In, Out], start: number = 1) -> float[In, Out] {
  param length: float[Out] = constant(start)
  return w * rsqrt(sum(square(w), axis: 0)) * length
}

/// The weight rounded to whole numbers of `bits` bits, with one step for each column: the largest
/// number of a column is the largest that there is (arXiv:1712.05877, symmetric). Gradients pass as
/// if nothing were rounded (arXiv:1308.3432), so that training gets used to the rounding.
block fake_quantize(w: float[In, Out], bits: int = 8) -> float[In, Out] {
  require bits >= 2
  let step = max(max(abs(w), axis: 0), 1e-12) / (2 ^ (bits - 1) - 1)
  return w + stop(step * floor(w / step + 0.5) - w)
}
