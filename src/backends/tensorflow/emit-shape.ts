// Core ops that make or move elements: constants, iota, reshape, transpose, broadcast, slice, pad, concat.

import { input, inputType, intsAttr, numberAttr, outputType, product } from '../node-query.ts';
import type { Emit } from './emit.ts';
import { expanded, reshaped, transposed } from './emit.ts';
import { countAttr } from './writer.ts';

/** `literal` keeps its numbers in `values`; they may be any finite or infinite numbers. */
const literal: Emit = q => {
  const { dtype, shape } = outputType(q);
  return [q.w.tensor(dtype, shape, intsAttr(q, 'values'))];
};

const constant: Emit = q => {
  const { w } = q;
  const { dtype, shape } = outputType(q);
  const value = w.scalar(numberAttr(q, 'value'), dtype);
  return [shape.length === 0 ? value : w.one('Fill', [w.ints(shape), value])];
};

const iota: Emit = q => {
  const { w } = q;
  const { shape } = outputType(q);
  const axis = numberAttr(q, 'axis');
  const count = shape[axis] ?? 0;
  const line = shape.map((_, i) => (i === axis ? count : 1));
  const ends = [w.scalar(0, 'i32'), w.scalar(count, 'i32'), w.scalar(1, 'i32')];
  return [expanded(w, reshaped(w, w.one('Range', ends), [count], line), line, shape)];
};

const slice: Emit = q => {
  const [starts, limits, strides] = [intsAttr(q, 'starts'), intsAttr(q, 'limits'), intsAttr(q, 'strides')];
  const { shape } = inputType(q, 0);
  if (shape.every((d, i) => starts[i] === 0 && limits[i] === d && strides[i] === 1)) return [input(q, 0)];
  return [
    q.w.one('StridedSlice', [input(q, 0), ...[starts, limits, strides].map(values => q.w.ints(values))]),
  ];
};

const pad: Emit = q => {
  const { w } = q;
  const [low, high] = [intsAttr(q, 'low'), intsAttr(q, 'high')];
  if ([...low, ...high].every(n => n === 0)) return [input(q, 0)];
  const amounts = w.tensor(
    'i32',
    [low.length, 2],
    low.flatMap((n, i) => [n, high[i] ?? 0]),
  );
  return [w.one('PadV2', [input(q, 0), amounts, w.scalar(numberAttr(q, 'value'), outputType(q).dtype)])];
};

const concat: Emit = q => {
  if (q.inputs.length === 1) return q.inputs;
  const axis = q.w.scalar(numberAttr(q, 'axis'), 'i32');
  return [q.w.one('ConcatV2', [...q.inputs, axis], { N: countAttr(q.inputs) })];
};

export const shaping = {
  constant,
  literal,
  iota,
  reshape: q => [reshaped(q.w, input(q, 0), inputType(q, 0).shape, outputType(q).shape)],
  transpose: q => [transposed(q.w, input(q, 0), inputType(q, 0).shape, intsAttr(q, 'perm'))],
  broadcast: q => {
    const [from, to] = [inputType(q, 0).shape, outputType(q).shape];
    return [
      product(to) === 0
        ? q.w.one('BroadcastTo', [input(q, 0), q.w.ints(to)])
        : expanded(q.w, input(q, 0), from, to),
    ];
  },
  slice,
  pad,
  concat,
} as const satisfies Readonly<Record<string, Emit>>;
