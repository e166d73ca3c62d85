// Functions of WGSL that kernels share; those that a kernel's text names are put before it. Compilers may assume that
// no float is NaN or infinite, so what must be right for those looks at bits; and WGSL's own tanh, sin and pow are
// too rough, or not defined where the reference is.

/** Each stands after the helpers that it names. */
const helpers = {
  // An argument is no constant, so NaN and infinities pass.
  from_bits: 'fn from_bits(bits: u32) -> f32 { return bitcast<f32>(bits); }',
  is_nan: 'fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }',
  is_infinite: 'fn is_infinite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }',
  is_zero: 'fn is_zero(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0u; }',
  is_negative: 'fn is_negative(x: f32) -> bool { return (bitcast<u32>(x) >> 31u) == 1u; }',
  larger: `fn larger(a: f32, b: f32) -> f32 {
  if (is_nan(a)) { return a; }
  if (is_nan(b)) { return b; }
  return max(a, b);
}`,
  smaller: `fn smaller(a: f32, b: f32) -> f32 {
  if (is_nan(a)) { return a; }
  if (is_nan(b)) { return b; }
  return min(a, b);
}`,
  sign_of: 'fn sign_of(x: f32) -> f32 { if (is_nan(x)) { return x; } return sign(x); }',
  exp_of: `fn exp_of(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  if (x > 88.72284) { return from_bits(0x7f800000u); }
  if (x < -104.0) { return 0.0; }
  return exp(x);
}`,
  log_of: `fn log_of(x: f32) -> f32 {
  if (is_nan(x)) { return x; }
  if (is_zero(x)) { return from_bits(0xff800000u); }
  if (is_negative(x)) { return from_bits(0x7fc00000u); }
  if (is_infinite(x)) { return x; }
  return log(x);
}`,
  // x − x³/3 + 2x⁵/15 − 17x⁷/315 + 62x⁹/2835 near 0, (1 − e) / (1 + e) with e = exp(−2|x|) farther out.
  tanh_of: `fn tanh_of(x: f32) -> f32 {
  let size = abs(x);
  if (size < 0.25) {
    let s = x * x;
    return x * (1.0 + s * (-0.33333334 + s * (0.13333334 + s * (-0.053968254 + s * 0.021869488))));
  }
  let e = exp_of(-2.0 * size);
  let y = (1.0 - e) / (1.0 + e);
  return select(y, -y, x < 0.0);
}`,
  // A Taylor series near 0; erfc of Numerical Recipes (6.2), to 1.2e-7 of itself, farther out.
  erf_of: `fn erf_of(x: f32) -> f32 {
  let size = abs(x);
  if (size < 0.5) {
    let s = x * x;
    return x * (1.1283792 + s * (-0.37612638 + s * (0.11283792 + s * (-0.026866171 + s * (0.0052239776 + s * -0.00085483270)))));
  }
  if (is_nan(x)) { return x; }
  let t = 1.0 / (1.0 + 0.5 * size);
  let p = -1.26551223 + t * (1.00002368 + t * (0.37409196 + t * (0.09678418 + t * (-0.18628806 + t * (0.27886807 + t * (-1.13520398 + t * (1.48851587 + t * (-0.82215223 + t * 0.17087277))))))));
  let y = 1.0 - t * exp_of(p - size * size);
  return select(y, -y, x < 0.0);
}`,
  // Quarter turns taken off in three parts (Cody and Waite), then the polynomials of Cephes. quarter 1 is the cosine.
  sin_of: `fn sin_of(x: f32, quarter: i32) -> f32 {
  if (is_nan(x) || is_infinite(x)) { return from_bits(0x7fc00000u); }
  let turns = round(x * 0.63661977);
  let r = ((x - turns * 1.5703125) - turns * 4.837512969970703125e-4) - turns * 7.549790126404332e-8;
  let q = (i32(clamp(turns, -2e9, 2e9)) + quarter) & 3;
  let s = r * r;
  let sine = r + r * s * (-1.6666655e-1 + s * (8.3321609e-3 + s * -1.9515296e-4));
  let cosine = 1.0 - 0.5 * s + s * s * (4.1666646e-2 + s * (-1.3887316e-3 + s * 2.4433157e-5));
  let y = clamp(select(sine, cosine, (q & 1) == 1), -1.0, 1.0);
  return select(y, -y, (q & 2) == 2);
}`,
  // As IEEE 754 has it; |a|ᵇ by powers of two.
  power: `fn power(a: f32, b: f32) -> f32 {
  if (a == 1.0 || is_zero(b)) { return 1.0; }
  if (is_nan(a)) { return a; }
  if (is_nan(b)) { return b; }
  let size = abs(a);
  if (is_infinite(b)) {
    if (size == 1.0) { return 1.0; }
    return select(0.0, from_bits(0x7f800000u), (size > 1.0) == (b > 0.0));
  }
  let is_whole = floor(b) == b;
  let is_odd = is_whole && abs(b) < 16777216.0 && (i32(b) & 1) == 1;
  let flips = is_negative(a) && is_odd;
  if (is_zero(a) || is_infinite(a)) {
    let y = select(0.0, from_bits(0x7f800000u), is_infinite(a) == (b > 0.0));
    return select(y, -y, flips);
  }
  if (is_negative(a) && !is_whole) { return from_bits(0x7fc00000u); }
  let e = b * log2(size);
  var y = from_bits(0x7f800000u);
  if (e < -150.0) { y = 0.0; } else if (e < 128.0) { y = exp2(e); }
  return select(y, -y, flips);
}`,
  // The exact remainder of |a| by |b| as C's fmod has it, by long division of the mantissas; then with b's sign.
  remainder: `fn remainder(a: f32, b: f32) -> f32 {
  if (is_nan(a) || is_nan(b) || is_infinite(a) || is_zero(b)) { return from_bits(0x7fc00000u); }
  let x = bitcast<u32>(a) & 0x7fffffffu;
  let y = bitcast<u32>(b) & 0x7fffffffu;
  var r = a;
  if (x >= y) {
    let ex = max(x >> 23u, 1u);
    var ey = max(y >> 23u, 1u);
    var m = (x & 0x7fffffu) | select(0u, 0x800000u, x >= 0x800000u);
    let n = (y & 0x7fffffu) | select(0u, 0x800000u, y >= 0x800000u);
    for (var d = ex - ey; d > 0u; d--) {
      if (m >= n) { m -= n; }
      m <<= 1u;
    }
    if (m >= n) { m -= n; }
    while (m != 0u && m < 0x800000u && ey > 1u) {
      m <<= 1u;
      ey--;
    }
    let bits = select(m, (ey << 23u) | (m & 0x7fffffu), m >= 0x800000u);
    r = from_bits(bits | (bitcast<u32>(a) & 0x80000000u));
  }
  if (!is_zero(r) && is_negative(r) != is_negative(b)) { return r + b; }
  return r;
}`,
  floor_div: `fn floor_div(a: i32, b: i32) -> i32 {
  if (b == 0) { return 0; }
  let q = a / b;
  return select(q, q - 1, q * b != a && (a < 0) != (b < 0));
}`,
  floor_rem: `fn floor_rem(a: i32, b: i32) -> i32 {
  if (b == 0) { return 0; }
  let r = a - (a / b) * b;
  return select(r, r + b, r != 0 && (r < 0) != (b < 0));
}`,
  // Towards 0; the nearest i32 outside, 0 for NaN.
  to_whole: `fn to_whole(x: f32) -> i32 {
  if (is_nan(x)) { return 0; }
  if (x >= 2147483648.0) { return 2147483647; }
  if (x <= -2147483648.0) { return -2147483647 - 1; }
  return i32(x);
}`,
  // MurmurHash3's finalizer.
  mix_bits: `fn mix_bits(bits: u32) -> u32 {
  var x = bits;
  x ^= x >> 16u;
  x *= 0x85ebca6bu;
  x ^= x >> 13u;
  x *= 0xc2b2ae35u;
  return x ^ (x >> 16u);
}`,
} as const satisfies Readonly<Record<string, string>>;

/** The helpers that a text names, and those that these name. */
export function helpersFor(body: string): string {
  const taken: string[] = [];
  let text = body;
  for (const [name, source] of Object.entries(helpers).toReversed())
    if (new RegExp(`\\b${name}\\(`).test(text)) {
      taken.unshift(`${source}\n`);
      text += source;
    }
  return taken.join('');
}
