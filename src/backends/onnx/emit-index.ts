// Reading and adding rows by index, and counter-based random bits.

import { input, inputType, intsAttr, numberAttr, outputType, product, sameShape } from '../node-query.ts';
import type { Emit } from './emit.ts';
import { reshaped } from './emit.ts';
import { castTo } from './emit-elementwise.ts';
import type { Writer } from './writer.ts';

/** Indices outside 0 … count − 1 are moved to the nearest end: ONNX would read negative ones from the back. */
const clamped = (w: Writer, ids: string, count: number): string =>
  w.one('Clip', [ids, w.scalar(0, 'i32'), w.scalar(Math.max(count - 1, 0), 'i32')]);

const gather: Emit = q => {
  const rows = inputType(q, 0).shape[0] ?? 0;
  return [q.w.one('Gather', [input(q, 0), clamped(q.w, input(q, 1), rows)], { axis: 0 })];
};

/**
 * ScatterND adds rows from several threads without order or lock, unless rows × width is small: its thread pool keeps
 * a loop of less than 2.1e5 cycles, one an element, in the caller. Half of that is the most that one call is given.
 */
const scatteredAtOnce = 1e5;
/** More calls than this, and the slower ScatterElements is used: it always runs in order. */
const mostScatters = 1000;

/** out[v] = Σ_{n: id(n) = v} update(n), added in order of n. */
const scatterAdd: Emit = q => {
  const { w } = q;
  const { shape, dtype } = outputType(q);
  const ids = inputType(q, 0).shape;
  const count = product(ids);
  const [rows = 0, ...inner] = shape;
  const width = product(inner);
  const flatIds = castTo(w, reshaped(w, clamped(w, input(q, 0), rows), ids, [count, 1]), 'i64');
  const updates = reshaped(w, input(q, 1), inputType(q, 1).shape, [count, width]);
  const zeros = w.one('Expand', [w.scalar(0, dtype), w.ints([rows, width])]);
  const atOnce = Math.max(1, Math.floor(scatteredAtOnce / Math.max(width, 1)));
  const calls = Math.ceil(count / atOnce);
  if (w.portable || calls > mostScatters) {
    const places = w.one('Expand', [flatIds, w.ints([count, width])]);
    const sums = w.one('ScatterElements', [zeros, places, updates], { axis: 0, reduction: 'add' });
    return [reshaped(w, sums, [rows, width], shape)];
  }
  const parts = chunked(w, flatIds, count, atOnce).map((part, i) => ({
    part,
    of: chunked(w, updates, count, atOnce)[i]!,
  }));
  const sums = parts.reduce(
    (sum, { part, of }) => w.one('ScatterND', [sum, part, of], { reduction: 'add' }),
    zeros,
  );
  return [reshaped(w, sums, [rows, width], shape)];
};

/** Rows in pieces of `size`, the last one shorter. */
function chunked(w: Writer, name: string, count: number, size: number): readonly string[] {
  const sizes = Array.from({ length: Math.ceil(count / size) }, (_, i) => Math.min(size, count - i * size));
  if (sizes.length <= 1) return [name];
  return w.node('Split', [name, w.ints(sizes)], { axis: 0 }, { outputs: sizes.map(() => true) });
}

const takeAlong: Emit = q => {
  const { w } = q;
  const axis = numberAttr(q, 'axis');
  const { shape } = inputType(q, 0);
  const index = inputType(q, 1).shape;
  const wanted = outputType(q).shape;
  const places = clamped(w, input(q, 1), shape[axis] ?? 0);
  const full = sameShape(index, wanted) ? places : w.one('Expand', [places, w.ints(wanted)]);
  return [w.one('GatherElements', [input(q, 0), full], { axis })];
};

/** The finalizer of murmur3 on 32 bits. */
function mix(w: Writer, value: string): string {
  const number = (n: number): string => w.tensor('u32', [], [n]);
  const fold = (x: string, by: number): string =>
    w.one('BitwiseXor', [x, w.one('BitShift', [x, number(by)], { direction: 'RIGHT' })]);
  const a = w.one('Mul', [fold(value, 16), number(0x85ebca6b)]);
  const b = w.one('Mul', [fold(a, 13), number(0xc2b2ae35)]);
  return fold(b, 16);
}

/** h(i) = mix(i·0x9E3779B1 ^ mix(seed ^ mix(step ^ identity))), on unsigned 32-bit numbers. */
const randomBits: Emit = q => {
  const { w } = q;
  const shape = intsAttr(q, 'shape');
  const [seed, step] = [castTo(w, input(q, 0), 'u32'), castTo(w, input(q, 1), 'u32')];
  const xor = (a: string, b: string): string => w.one('BitwiseXor', [a, b]);
  const identity = w.tensor('u32', [], [numberAttr(q, 'identity')]);
  const key = mix(w, xor(seed, mix(w, xor(step, identity))));
  const count = w.scalar(product(shape), 'i32');
  const counter = w.one('Range', [w.scalar(0, 'i32'), count, w.scalar(1, 'i32')]);
  const spread = w.one('Mul', [castTo(w, counter, 'u32'), w.tensor('u32', [], [0x9e3779b1])]);
  const bits = castTo(w, mix(w, xor(spread, key)), 'i32');
  return [reshaped(w, bits, [product(shape)], shape)];
};

export const indexing = {
  gather,
  scatter_add: scatterAdd,
  take_along: takeAlong,
  random_bits: randomBits,
} as const satisfies Readonly<Record<string, Emit>>;
