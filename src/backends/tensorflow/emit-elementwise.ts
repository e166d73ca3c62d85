// Elementwise core ops: arithmetic, comparisons, bits, select, cast.

import type { DType } from '../../base/dtype.ts';
import { input, inputType, numberAttr, outputType, textAttr } from '../node-query.ts';
import type { Emit, EmitQuery } from './emit.ts';
import { type KernelName, typeAttr } from './kernels.ts';
import type { TensorflowType } from './saved-model-proto.ts';
import type { Writer } from './writer.ts';

const direct =
  (op: KernelName): Emit =>
  q => [q.w.one(op, q.inputs)];

export const castTo = (w: Writer, value: string, to: TensorflowType): string =>
  w.typeOf(value) === to ? value : w.one('Cast', [value], { DstT: typeAttr(to) });

const bitsAs = (w: Writer, value: string, type: TensorflowType): string =>
  w.one('Bitcast', [value], { type: typeAttr(type) });

const dtypes: readonly string[] = ['f32', 'f16', 'bf16', 'i32', 'bool'] satisfies readonly DType[];
const isDType = (name: string): name is DType => dtypes.includes(name);

/** TensorFlow refuses integer division by zero: the quotient is computed with 1 for a zero divisor, and is 0 there. */
function wholeDivision(q: EmitQuery, op: 'FloorDiv' | 'FloorMod'): string {
  const { w } = q;
  const zero = w.scalar(0, 'i32');
  const isZero = w.one('Equal', [input(q, 1), zero]);
  const safe = w.one('SelectV2', [isZero, w.scalar(1, 'i32'), input(q, 1)]);
  return w.one('SelectV2', [isZero, zero, w.one(op, [input(q, 0), safe])]);
}

const rem: Emit = q => [
  outputType(q).dtype === 'i32' ? wholeDivision(q, 'FloorMod') : q.w.one('FloorMod', q.inputs),
];

const div: Emit = q => [
  outputType(q).dtype === 'i32' ? wholeDivision(q, 'FloorDiv') : q.w.one('RealDiv', q.inputs),
];

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
  return [castTo(q.w, input(q, 0), to)];
};

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
} as const satisfies Readonly<Record<string, Emit>>;
