// Elementwise core ops: arithmetic, comparisons, bits, select, cast.

import type { DType } from '../../base/dtype.ts';
import { input, inputType, numberAttr, outputType, textAttr } from '../node-query.ts';
import type { Emit, EmitQuery } from './emit.ts';
import { type KernelName, typeAttr } from './kernels.ts';
import type { TensorflowType } from './saved-model-proto.ts';
import { nodeOf, type Writer } from './writer.ts';

const direct =
  (op: KernelName): Emit =>
  q => [q.w.one(op, q.inputs)];

export const castTo = (w: Writer, value: string, to: TensorflowType): string =>
  w.typeOf(value) === to ? value : w.one('Cast', [value], { DstT: typeAttr(to) });

const bitsAs = (w: Writer, value: string, type: TensorflowType): string =>
  w.one('Bitcast', [value], { type: typeAttr(type) });

const dtypes: readonly string[] = ['f32', 'f16', 'bf16', 'i32', 'bool'] satisfies readonly DType[];
const isDType = (name: string): name is DType => dtypes.includes(name);

/**
 * TensorFlow refuses integer division by zero, and the least i32 divided by −1 ends its process: both divisors are
 * replaced by 1, of which the remainder is 0 as it should be.
 */
function safeDivisor(q: EmitQuery): { safe: string; isZero: string; isMinusOne: string } {
  const { w } = q;
  const is = (n: number): string => w.one('Equal', [input(q, 1), w.scalar(n, 'i32')]);
  const [isZero, isMinusOne] = [is(0), is(-1)];
  const replaced = w.one('LogicalOr', [isZero, isMinusOne]);
  return { safe: w.one('SelectV2', [replaced, w.scalar(1, 'i32'), input(q, 1)]), isZero, isMinusOne };
}

const rem: Emit = q => {
  if (outputType(q).dtype !== 'i32') return [q.w.one('FloorMod', q.inputs)];
  return [q.w.one('FloorMod', [input(q, 0), safeDivisor(q).safe])];
};

/** Integers: −a for b = −1 and 0 for b = 0. */
const div: Emit = q => {
  const { w } = q;
  if (outputType(q).dtype !== 'i32') return [w.one('RealDiv', q.inputs)];
  const { safe, isZero, isMinusOne } = safeDivisor(q);
  const quotient = w.one('FloorDiv', [input(q, 0), safe]);
  const signed = w.one('SelectV2', [isMinusOne, w.one('Neg', [quotient]), quotient]);
  return [w.one('SelectV2', [isZero, w.scalar(0, 'i32'), signed])];
};

/** Booleans are ordered false < true. */
const compare =
  (op: 'Equal' | 'Less' | 'LessEqual'): Emit =>
  q => {
    const ordered = op !== 'Equal' && inputType(q, 0).dtype === 'bool';
    return [q.w.one(op, ordered ? q.inputs.map(v => castTo(q.w, v, 'i32')) : q.inputs)];
  };

const cast: Emit = q => {
  const to = textAttr(q, 'to');
  if (!isDType(to)) throw new Error(`cast: no dtype ${to}`);
  const from = inputType(q, 0).dtype;
  if (to === 'i32' && from !== 'bool' && from !== 'i32') return [wholeNumber(q.w, input(q, 0))];
  // XLA's own cast to bf16 is slower on a CPU.
  if (q.compiled && to === 'bf16' && from === 'f32') return [roundedToBf16(q.w, input(q, 0))];
  return [castTo(q.w, input(q, 0), to)];
};

/** The nearest i32, and 0 for NaN: what C++ makes of a float outside is left open. */
function wholeNumber(w: Writer, given: string): string {
  const value = castTo(w, given, 'f32');
  const number = w.one('SelectV2', [w.one('IsNan', [value]), w.scalar(0), value]);
  const isAbove = w.one('LessEqual', [w.scalar(2147483648), number]);
  // The largest f32 below 2³¹.
  const below = w.one('Minimum', [number, w.scalar(2147483520)]);
  const inside = castTo(w, w.one('Maximum', [below, w.scalar(-2147483648)]), 'i32');
  return w.one('SelectV2', [isAbove, w.scalar(2147483647, 'i32'), inside]);
}

/** To nearest, ties to even: (bits + 0x7fff + bit 16) >> 16, and a NaN stays one. */
function roundedToBf16(w: Writer, value: string): string {
  const number = (n: number): string => w.tensor('u32', [], [n]);
  const bits = bitsAs(w, value, 'u32');
  const upper = w.one('RightShift', [bits, number(16)]);
  const half = w.one('AddV2', [number(0x7fff), w.one('BitwiseAnd', [upper, number(1)])]);
  const nearest = w.one('RightShift', [w.one('AddV2', [bits, half]), number(16)]);
  const chosen = w.one('SelectV2', [w.one('IsNan', [value]), number(0x7fc0), nearest]);
  return bitsAs(w, castTo(w, chosen, 'u16'), 'bf16');
}

/** Shifts in zeros: on unsigned numbers. */
export const shiftedRight = (w: Writer, value: string, by: number): string =>
  bitsAs(w, w.one('RightShift', [bitsAs(w, value, 'u32'), w.tensor('u32', [], [by])]), 'i32');

export const elementwise = {
  neg: direct('Neg'),
  abs: direct('Abs'),
  sign: direct('Sign'),
  exp: direct('Exp'),
  log: direct('Log'),
  sqrt: direct('Sqrt'),
  rsqrt: direct('Rsqrt'),
  tanh: direct('Tanh'),
  erf: direct('Erf'),
  sin: direct('Sin'),
  cos: direct('Cos'),
  floor: direct('Floor'),
  sigmoid: direct('Sigmoid'),
  not: direct('LogicalNot'),
  add: direct('AddV2'),
  sub: direct('Sub'),
  mul: direct('Mul'),
  div,
  max: direct('Maximum'),
  min: direct('Minimum'),
  pow: direct('Pow'),
  rem,
  equal: compare('Equal'),
  less: compare('Less'),
  less_equal: compare('LessEqual'),
  and: direct('LogicalAnd'),
  or: direct('LogicalOr'),
  bit_xor: direct('BitwiseXor'),
  bit_and: direct('BitwiseAnd'),
  shift_right: q => [shiftedRight(q.w, input(q, 0), numberAttr(q, 'by'))],
  select: direct('SelectV2'),
  cast,
  stop_gradient: q => [input(q, 0)],
  after: q => [q.w.one('Identity', [input(q, 0)], {}, { unique: true, after: [nodeOf(input(q, 1))] })],
} as const satisfies Readonly<Record<string, Emit>>;
