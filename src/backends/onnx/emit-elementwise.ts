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
 * Integer division and remainder by zero end the process in ONNX Runtime: they are computed with 1 in the place of a
 * zero divisor, and the result there is 0.
 */
function wholeDivision(q: EmitQuery, of: (a: string, b: string) => string): string {
  const { w } = q;
  const zero = w.scalar(0, 'i32');
  const isZero = w.one('Equal', [input(q, 1), zero]);
  const safe = w.one('Where', [isZero, w.scalar(1, 'i32'), input(q, 1)]);
  return w.one('Where', [isZero, zero, of(input(q, 0), safe)]);
}

/** a − floor(a / b)·b: takes the sign of b. */
const rem: Emit = q => {
  const { w } = q;
  const a = input(q, 0);
  if (outputType(q).dtype === 'i32') return [wholeDivision(q, (x, y) => w.one('Mod', [x, y]))];
  const b = input(q, 1);
  const r = w.one('Mod', [a, b], { fmod: 1 });
  const zero = w.scalar(0);
  const otherSign = w.one('Xor', [w.one('Less', [r, zero]), w.one('Less', [b, zero])]);
  const shifts = w.one('And', [otherSign, w.one('Not', [w.one('Equal', [r, zero])])]);
  return [w.one('Where', [shifts, w.one('Add', [r, b]), r])];
};

/** Integers: floor(a / b) = (a − rem(a, b)) / b. */
const div: Emit = q => {
  const { w } = q;
  if (outputType(q).dtype !== 'i32') return [w.one('Div', q.inputs)];
  return [wholeDivision(q, (a, b) => w.one('Div', [w.one('Sub', [a, w.one('Mod', [a, b])]), b]))];
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
  return to === inputType(q, 0).dtype ? [input(q, 0)] : [castTo(q.w, input(q, 0), to)];
};

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
