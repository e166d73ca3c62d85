// Functions of WGSL that kernels share; one that a kernel's text names is put before it. Compilers may assume that no
// float is NaN or infinite, so what must be right for those looks at bits.

/** Each with the helpers that it names itself standing before it. */
const helpers: readonly (readonly [string, string])[] = [
  // An argument is no constant, so NaN and infinities pass.
  ['from_bits', 'fn from_bits(bits: u32) -> f32 { return bitcast<f32>(bits); }'],
  ['is_nan', 'fn is_nan(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) > 0x7f800000u; }'],
  [
    'is_infinite',
    'fn is_infinite(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0x7f800000u; }',
  ],
  ['is_zero', 'fn is_zero(x: f32) -> bool { return (bitcast<u32>(x) & 0x7fffffffu) == 0u; }'],
  // NaN of NaN, and 0 above −0.
  [
    'larger',
    `fn larger(a: f32, b: f32) -> f32 {
  if (is_nan(a)) { return a; }
  if (is_nan(b)) { return b; }
  return max(a, b);
}`,
  ],
  [
    'smaller',
    `fn smaller(a: f32, b: f32) -> f32 {
  if (is_nan(a)) { return a; }
  if (is_nan(b)) { return b; }
  return min(a, b);
}`,
  ],
];

/** The helpers that a text names, and those that these name, in an order in which each stands before its use. */
export function helpersFor(body: string): string {
  const taken: string[] = [];
  let text = body;
  for (const [name, source] of [...helpers].reverse())
    if (new RegExp(`\\b${name}\\(`).test(text)) {
      taken.unshift(`${source}\n`);
      text += source;
    }
  return taken.join('');
}
