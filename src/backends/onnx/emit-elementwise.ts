// Elementwise core ops: arithmetic, comparisons, bits, select, cast.

import type { DType } from '../../base/dtype.ts';
import { input, inputType, numberAttr, outputType, textAttr } from '../node-query.ts';
import type { Emit, EmitQuery } from './emit.ts';
import { onnxType } from './model-proto.ts';
import type { Writer } from './writer.ts';

const direct =
  (op: string): Emit =>
  q => [q.w.one(op, q.inputs)];

export const castTo = (w: Writer, name: string, to: DType | 'u32' | 'i64'): string =>
  w.one('Cast', [name], { to: onnxType[to] });

const dtypes: readonly string[] = ['f32', 'f16', 'bf16', 'i32', 'bool'] satisfies readonly DType[];
const isDType = (name: string): name is DType => dtypes.includes(name);

/**
 * Integer division and remainder by zero, and of the least i32 by −1, end the process in ONNX Runtime: both divisors
 * are replaced by 1, of which the remainder is 0 as it should be.
 */
function safeDivisor(q: EmitQuery): { safe: string; isZero: string; isMinusOne: string } {
  const { w } = q;
  const is = (n: number): string => w.one('Equal', [input(q, 1), w.scalar(n, 'i32')]);
  const [isZero, isMinusOne] = [is(0), is(-1)];
  const safe = w.one('Where', [w.one('Or', [isZero, isMinusOne]), w.scalar(1, 'i32'), input(q, 1)]);
  return { safe, isZero, isMinusOne };
}

/** a − floor(a / b)·b: takes the sign of b. */
const rem: Emit = q => {
  const { w } = q;
  const a = input(q, 0);
  if (outputType(q).dtype === 'i32') return [w.one('Mod', [a, safeDivisor(q).safe])];
  const b = input(q, 1);
  const r = w.one('Mod', [a, b], { fmod: 1 });
  const zero = w.scalar(0);
  const otherSign = w.one('Xor', [w.one('Less', [r, zero]), w.one('Less', [b, zero])]);
  const shifts = w.one('And', [otherSign, w.one('Not', [w.one('Equal', [r, zero])])]);
  return [w.one('Where', [shifts, w.one('Add', [r, b]), r])];
};

/** Integers: one less than what truncation gives where something remains and the signs differ; −a for b = −1, 0 for b = 0. */
const div: Emit = q => {
  const { w } = q;
  if (outputType(q).dtype !== 'i32') return [w.one('Div', q.inputs)];
  const a = input(q, 0);
  const { safe, isZero, isMinusOne } = safeDivisor(q);
  const zero = w.scalar(0, 'i32');
  const differs = w.one('Xor', [w.one('Less', [a, zero]), w.one('Less', [safe, zero])]);
  const remains = w.one('Not', [w.one('Equal', [w.one('Mod', [a, safe]), zero])]);
  const less = castTo(w, w.one('And', [differs, remains]), 'i32');
  const quotient = w.one('Sub', [w.one('Div', [a, safe]), less]);
  const signed = w.one('Where', [isMinusOne, w.one('Neg', [quotient]), quotient]);
  return [w.one('Where', [isZero, zero, signed])];
};

/** Booleans are ordered false < true. */
const compare =
  (op: string): Emit =>
  q => {
    if (inputType(q, 0).dtype !== 'bool' || op === 'Equal') return [q.w.one(op, q.inputs)];
    return [
      q.w.one(
        op,
        q.inputs.map(name => castTo(q.w, name, 'i32')),
      ),
    ];
  };

const select: Emit = q => {
  const { w } = q;
  if (outputType(q).dtype !== 'bool') return [w.one('Where', q.inputs)];
  const [cond, a, b] = [input(q, 0), input(q, 1), input(q, 2)];
  return [w.one('Or', [w.one('And', [cond, a]), w.one('And', [w.one('Not', [cond]), b])])];
};

const cast: Emit = q => {
  const to = textAttr(q, 'to');
  if (!isDType(to)) throw new Error(`cast: no dtype ${to}`);
  const from = inputType(q, 0).dtype;
  if (to === 'i32' && from !== 'bool' && from !== 'i32') return [wholeNumber(q.w, input(q, 0), from)];
  return to === from ? [input(q, 0)] : [castTo(q.w, input(q, 0), to)];
};

/** The nearest i32, and 0 for NaN: what C++ makes of a float outside is left open. */
function wholeNumber(w: Writer, given: string, from: DType): string {
  const value = from === 'f32' ? given : castTo(w, given, 'f32');
  const number = w.one('Where', [w.one('IsNaN', [value]), w.scalar(0), value]);
  const isAbove = w.one('LessOrEqual', [w.scalar(2147483648), number]);
  // The largest f32 below 2³¹.
  const inside = w.one('Clip', [number, w.scalar(-2147483648), w.scalar(2147483520)]);
  return w.one('Where', [isAbove, w.scalar(2147483647, 'i32'), castTo(w, inside, 'i32')]);
}

const shiftRight: Emit = q => {
  const { w } = q;
  const by = w.tensor('u32', [], [numberAttr(q, 'by')]);
  const shifted = w.one('BitShift', [castTo(w, input(q, 0), 'u32'), by], { direction: 'RIGHT' });
  return [castTo(w, shifted, 'i32')];
};

/** 1 / √x: ONNX has no single op for it. */
const rsqrt: Emit = q => [q.w.one('Reciprocal', [q.w.one('Sqrt', q.inputs)])];

export const elementwise = {
  neg: direct('Neg'),
  abs: direct('Abs'),
  sign: direct('Sign'),
  exp: direct('Exp'),
  log: direct('Log'),
  sqrt: direct('Sqrt'),
  rsqrt,
  tanh: direct('Tanh'),
  erf: direct('Erf'),
  sin: direct('Sin'),
  cos: direct('Cos'),
  floor: direct('Floor'),
  sigmoid: direct('Sigmoid'),
  not: direct('Not'),
  add: direct('Add'),
  sub: direct('Sub'),
  mul: direct('Mul'),
  div,
  max: direct('Max'),
  min: direct('Min'),
  pow: direct('Pow'),
  rem,
  equal: compare('Equal'),
  less: compare('Less'),
  less_equal: compare('LessOrEqual'),
  and: direct('And'),
  or: direct('Or'),
  bit_xor: direct('BitwiseXor'),
  bit_and: direct('BitwiseAnd'),
  shift_right: shiftRight,
  select,
  cast,
  stop_gradient: q => [input(q, 0)],
} as const satisfies Readonly<Record<string, Emit>>;
