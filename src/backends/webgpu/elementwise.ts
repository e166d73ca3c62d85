// Elementwise core ops as expressions. What compilers may get wrong about NaN, infinities and the sign of zero, or
// compute too roughly, is in helpers.

import { inputType, numberAttr, outputType } from '../node-query.ts';
import { along, type ElementRule } from './element-rule.ts';

const unary =
  (of: (x: string) => string): ElementRule =>
  q =>
    of(along(q, 0));

const binary =
  (of: (a: string, b: string) => string): ElementRule =>
  q =>
    of(along(q, 0), along(q, 1));

const infix = (operator: string): ElementRule => binary((a, b) => `${a} ${operator} ${b}`);
const call = (name: string): ElementRule => binary((a, b) => `${name}(${a}, ${b})`);

/** One rule for floats, another for i32. */
const byType =
  (floats: ElementRule, whole: ElementRule): ElementRule =>
  q =>
    inputType(q, 0).dtype === 'i32' ? whole(q) : floats(q);

const cast: ElementRule = q => {
  const [from, to] = [inputType(q, 0).dtype, outputType(q).dtype];
  const x = along(q, 0);
  if (from === to) return x;
  if (to === 'bool') return from === 'f32' ? `u32(!is_zero(${x}))` : `u32(${x} != 0)`;
  if (to === 'i32') return from === 'f32' ? `to_whole(${x})` : `i32(${x})`;
  return `f32(${x})`;
};

export const elementwise = {
  neg: unary(x => `-${x}`),
  abs: unary(x => `abs(${x})`),
  sign: unary(x => `sign_of(${x})`),
  exp: unary(x => `exp_of(${x})`),
  log: unary(x => `log_of(${x})`),
  sqrt: unary(x => `sqrt(${x})`),
  rsqrt: unary(x => `1.0 / sqrt(${x})`),
  tanh: unary(x => `tanh_of(${x})`),
  erf: unary(x => `erf_of(${x})`),
  sin: unary(x => `sin_of(${x}, 0)`),
  cos: unary(x => `sin_of(${x}, 1)`),
  floor: unary(x => `floor(${x})`),
  sigmoid: unary(x => `1.0 / (1.0 + exp_of(-${x}))`),
  not: unary(x => `1u - ${x}`),
  add: infix('+'),
  sub: infix('-'),
  mul: infix('*'),
  div: byType(infix('/'), call('floor_div')),
  max: byType(call('larger'), call('max')),
  min: byType(call('smaller'), call('min')),
  pow: call('power'),
  rem: byType(call('remainder'), call('floor_rem')),
  equal: binary((a, b) => `u32(${a} == ${b})`),
  less: binary((a, b) => `u32(${a} < ${b})`),
  less_equal: binary((a, b) => `u32(${a} <= ${b})`),
  and: infix('&'),
  or: infix('|'),
  bit_xor: infix('^'),
  bit_and: infix('&'),
  shift_right: q => `bitcast<i32>(bitcast<u32>(${along(q, 0)}) >> ${numberAttr(q, 'by')}u)`,
  select: q => `select(${along(q, 2)}, ${along(q, 1)}, ${along(q, 0)} != 0u)`,
  cast,
  stop_gradient: unary(x => x),
  // Kernels are run in an order in which the second input is there; see `fuse.ts`.
  after: unary(x => x),
} as const satisfies Readonly<Record<string, ElementRule>>;
