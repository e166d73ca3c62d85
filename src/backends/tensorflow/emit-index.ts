// Reading and adding rows by index, and counter-based random bits.

import { input, inputType, intsAttr, numberAttr, outputType, product, sameShape } from '../node-query.ts';
import type { Emit } from './emit.ts';
import { expanded, reshaped, transposed } from './emit.ts';
import { shiftedRight } from './emit-elementwise.ts';
import { intAttr } from './kernels.ts';
import type { Writer } from './writer.ts';

/** Indices outside 0 … count − 1 are moved to the nearest end: TensorFlow would refuse them. */
const clamped = (w: Writer, ids: string, count: number): string =>
  w.one('Minimum', [w.one('Maximum', [ids, w.scalar(0, 'i32')]), w.scalar(Math.max(count - 1, 0), 'i32')]);

const gather: Emit = q => {
  const rows = inputType(q, 0).shape[0] ?? 0;
  return [q.w.one('GatherV2', [input(q, 0), clamped(q.w, input(q, 1), rows), q.w.scalar(0, 'i32')])];
};

/** out[v] = Σ_{n: id(n) = v} update(n). */
const scatterAdd: Emit = q => {
  const { w } = q;
  const { shape } = outputType(q);
  const ids = inputType(q, 0).shape;
  const [rows = 0, ...inner] = shape;
  const count = product(ids);
  const flat = reshaped(w, clamped(w, input(q, 0), rows), ids, [count]);
  const updates = reshaped(w, input(q, 1), inputType(q, 1).shape, [count, ...inner]);
  return [w.one('UnsortedSegmentSum', [updates, flat, w.scalar(rows, 'i32')])];
};

/** Along the last axis, all others being batch dims. */
const takeAlong: Emit = q => {
  const { w } = q;
  const axis = numberAttr(q, 'axis');
  const { shape } = inputType(q, 0);
  const wanted = outputType(q).shape;
  const last = shape.length - 1;
  const index = inputType(q, 1).shape;
  const places = clamped(w, input(q, 1), shape[axis] ?? 0);
  const full = sameShape(index, wanted) ? places : expanded(w, places, index, wanted);
  const there = [...shape.map((_, i) => i).filter(i => i !== axis), axis];
  const back = shape.map((_, i) => (i < axis ? i : i === axis ? last : i - 1));
  const at = (of: readonly number[]): readonly number[] => there.map(i => of[i] ?? 1);
  const taken = w.one(
    'GatherV2',
    [transposed(w, input(q, 0), shape, there), transposed(w, full, wanted, there), w.scalar(last, 'i32')],
    { batch_dims: intAttr(last) },
  );
  return [transposed(w, taken, at(wanted), back)];
};

/** The finalizer of murmur3 on 32 bits. */
function mix(w: Writer, value: string): string {
  const fold = (x: string, by: number): string => w.one('BitwiseXor', [x, shiftedRight(w, x, by)]);
  const a = w.one('Mul', [fold(value, 16), w.scalar(0x85ebca6b | 0, 'i32')]);
  const b = w.one('Mul', [fold(a, 13), w.scalar(0xc2b2ae35 | 0, 'i32')]);
  return fold(b, 16);
}

/** h(i) = mix(i·0x9E3779B1 ^ mix(seed ^ mix(step ^ identity))), on 32 bits. */
const randomBits: Emit = q => {
  const { w } = q;
  const shape = intsAttr(q, 'shape');
  const xor = (a: string, b: string): string => w.one('BitwiseXor', [a, b]);
  const identity = w.scalar(numberAttr(q, 'identity') | 0, 'i32');
  const key = mix(w, xor(input(q, 0), mix(w, xor(input(q, 1), identity))));
  const count = product(shape);
  const counter = w.one('Range', [w.scalar(0, 'i32'), w.scalar(count, 'i32'), w.scalar(1, 'i32')]);
  const spread = w.one('Mul', [counter, w.scalar(0x9e3779b1 | 0, 'i32')]);
  return [reshaped(w, mix(w, xor(spread, key)), [count], shape)];
};

export const indexing = {
  gather,
  scatter_add: scatterAdd,
  take_along: takeAlong,
  random_bits: randomBits,
} as const satisfies Readonly<Record<string, Emit>>;
