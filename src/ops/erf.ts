// The error function in double precision.

const scale = 2 / Math.sqrt(Math.PI);

/** erf x to about 1e-16: a series of positive terms near 0, the continued fraction of erfc farther out. */
export function erfOf(x: number): number {
  const size = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (size > 6) return Math.sign(x);
  return Math.sign(x) * (size < 2.5 ? series(size) : 1 - tail(size));
}

/** erf x = 2/√π exp(−x²) Σ 2ⁿ x²ⁿ⁺¹ / (2n+1)!! (Abramowitz & Stegun 7.1.6). */
function series(x: number): number {
  let term = x;
  let sum = x;
  for (let n = 1; term > sum * 1e-17; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return scale * Math.exp(-x * x) * sum;
}

/** erfc x = exp(−x²)/√π · 1/(x + ½/(x + 1/(x + 3⁄2/(x + …)))) (Abramowitz & Stegun 7.1.14). */
function tail(x: number): number {
  let fraction = x;
  for (let n = 60; n >= 1; n--) fraction = x + n / 2 / fraction;
  return Math.exp(-x * x) / Math.sqrt(Math.PI) / fraction;
}
