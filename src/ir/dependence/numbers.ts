// Numbers that are known whatever is fed: elementwise ops on them, and what an op leaves of an unknown beside a known.

const bool = (x: boolean): number => (x ? 1 : 0);

const unary: Readonly<Record<string, (x: number) => number>> = {
  neg: x => -x,
  abs: Math.abs,
  sign: Math.sign,
  exp: Math.exp,
  log: Math.log,
  sqrt: Math.sqrt,
  rsqrt: x => 1 / Math.sqrt(x),
  tanh: Math.tanh,
  sin: Math.sin,
  cos: Math.cos,
  floor: Math.floor,
  sigmoid: x => 1 / (1 + Math.exp(-x)),
  relu: x => Math.max(x, 0),
  not: x => bool(x === 0),
  stop_gradient: x => x,
};

const binary: Readonly<Record<string, (x: number, y: number) => number>> = {
  add: (x, y) => x + y,
  sub: (x, y) => x - y,
  mul: (x, y) => (x === 0 || y === 0 ? 0 : x * y),
  div: (x, y) => x / y,
  max: Math.max,
  min: Math.min,
  pow: Math.pow,
  rem: (x, y) => x - Math.floor(x / y) * y,
  equal: (x, y) => bool(x === y),
  less: (x, y) => bool(x < y),
  less_equal: (x, y) => bool(x <= y),
  and: (x, y) => bool(x !== 0 && y !== 0),
  or: (x, y) => bool(x !== 0 || y !== 0),
};

/** Ops that work place by place, all inputs broadcast together. */
export function isElementwise(op: string, inputs: number): boolean {
  return op in unary || op in binary || op === 'cast' || (op === 'select' && inputs === 3) || op in opaque;
}

/** Place by place too, but nothing is known of their numbers. */
const opaque: Readonly<Record<string, true>> = {
  erf: true,
  gelu: true,
  quick_gelu: true,
  silu: true,
  bit_xor: true,
  bit_and: true,
  shift_right: true,
};

/** The number that an op gives for these, NaN where it isn't known. */
export function computed(
  op: string,
  attrs: Readonly<Record<string, unknown>>,
  args: readonly number[],
): number {
  const [x = Number.NaN, y = Number.NaN] = args;
  const one = unary[op];
  if (one !== undefined) return Number.isNaN(x) ? x : one(x);
  if (op === 'cast') {
    if (Number.isNaN(x)) return x;
    return attrs.to === 'bool' ? bool(x !== 0) : attrs.to === 'i32' ? Math.trunc(x) : x;
  }
  const two = binary[op];
  if (two === undefined) return Number.NaN;
  if (!Number.isNaN(x) && !Number.isNaN(y)) {
    return two(x, y);
  }
  const known = Number.isNaN(x) ? y : x;
  switch (op) {
    case 'mul':
    case 'and':
      return known === 0 ? 0 : Number.NaN;
    case 'div':
      return x === 0 ? 0 : Number.NaN;
    case 'or':
      return known !== 0 && !Number.isNaN(known) ? 1 : Number.NaN;
    // A score with a mask added to it that leaves nothing of it.
    case 'add':
      return known <= -1e4 ? -1e30 : Number.NaN;
    case 'sub':
      return x <= -1e4 || y >= 1e4 ? -1e30 : Number.NaN;
    default:
      return Number.NaN;
  }
}
