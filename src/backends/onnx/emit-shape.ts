// Core ops that make or move elements: constants, iota, reshape, transpose, broadcast, slice, pad, concat.

import { input, inputType, intsAttr, numberAttr, outputType, product, sameShape } from '../node-query.ts';
import type { Emit, EmitQuery } from './emit.ts';
import { reshaped, transposed } from './emit.ts';
import type { Writer } from './writer.ts';

/** Constants up to this many elements are stored; longer ones are filled when the session loads. */
const storedElements = 1024;

/** `literal` keeps its numbers in `values`; they may be any finite or infinite numbers. */
const literal: Emit = q => {
  const { dtype, shape } = outputType(q);
  return [q.w.tensor(dtype, shape, intsAttr(q, 'values'))];
};

const constant: Emit = q => {
  const { w } = q;
  const { dtype, shape } = outputType(q);
  const value = numberAttr(q, 'value');
  const count = product(shape);
  if (count <= storedElements) return [w.tensor(dtype, shape, new Array<number>(count).fill(value))];
  return [w.one('Expand', [w.scalar(value, dtype), w.ints(shape)])];
};

const iota: Emit = q => {
  const { w } = q;
  const { shape } = outputType(q);
  const axis = numberAttr(q, 'axis');
  const count = shape[axis] ?? 0;
  const line = shape.map((_, i) => (i === axis ? count : 1));
  const values =
    count <= storedElements
      ? w.tensor(
          'i32',
          line,
          Array.from({ length: count }, (_, i) => i),
        )
      : reshaped(w, numbersBelow(w, count), [count], line);
  return [sameShape(line, shape) ? values : w.one('Expand', [values, w.ints(shape)])];
};

/** 0 … count − 1. */
const numbersBelow = (w: Writer, count: number): string =>
  w.one('Range', [w.scalar(0, 'i32'), w.scalar(count, 'i32'), w.scalar(1, 'i32')]);

const reshape: Emit = q => [reshaped(q.w, input(q, 0), inputType(q, 0).shape, outputType(q).shape)];

/**
 * An axis put in and taken out again, which moves nothing. Where, 0, is told by a number of elements that ONNX Runtime
 * doesn't fold: its order of running follows the data, and its merging of equal nodes sees another input.
 */
const after: Emit = q => {
  const { w } = q;
  const count = w.one('Size', [input(q, 1)]);
  const zero = w.one('Sub', [count, w.tensor('i64', [], [product(inputType(q, 1).shape)])]);
  const axes = w.one('Reshape', [zero, w.ints([1])]);
  return [w.one('Squeeze', [w.one('Unsqueeze', [input(q, 0), axes]), w.ints([0])])];
};

const transpose: Emit = q => [transposed(q.w, input(q, 0), inputType(q, 0).shape, intsAttr(q, 'perm'))];

const broadcast: Emit = q => {
  const { w } = q;
  const from = inputType(q, 0).shape;
  const to = outputType(q).shape;
  if (product(from) === product(to)) return [reshaped(w, input(q, 0), from, to)];
  return [w.one('Expand', [input(q, 0), w.ints(to)])];
};

const slice: Emit = q => {
  const { w } = q;
  const { shape } = inputType(q, 0);
  const [starts, limits, strides] = [intsAttr(q, 'starts'), intsAttr(q, 'limits'), intsAttr(q, 'strides')];
  const axes = shape.flatMap((d, i) => (starts[i] === 0 && limits[i] === d && strides[i] === 1 ? [] : [i]));
  if (axes.length === 0) return [input(q, 0)];
  const along = (values: readonly number[]): string => w.ints(axes.map(i => values[i]!));
  return [w.one('Slice', [input(q, 0), along(starts), along(limits), w.ints(axes), along(strides)])];
};

const pad: Emit = q => {
  const { w } = q;
  const [low, high] = [intsAttr(q, 'low'), intsAttr(q, 'high')];
  if ([...low, ...high].every(n => n === 0)) return [input(q, 0)];
  const value = w.scalar(numberAttr(q, 'value'), outputType(q).dtype);
  return [w.one('Pad', [input(q, 0), w.ints([...low, ...high]), value], { mode: 'constant' })];
};

const concat = (q: EmitQuery): readonly string[] =>
  q.inputs.length === 1 ? q.inputs : [q.w.one('Concat', q.inputs, { axis: numberAttr(q, 'axis') })];

export const shaping = {
  constant,
  literal,
  iota,
  reshape,
  after,
  transpose,
  broadcast,
  slice,
  pad,
  concat,
} as const satisfies Readonly<Record<string, Emit>>;
