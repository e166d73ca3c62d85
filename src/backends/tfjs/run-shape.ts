// Core ops that make or move elements: constants, iota, reshape, transpose, broadcast, slice, pad, concat.

import { input, inputType, intsAttr, numberAttr, outputType, product, sameShape } from '../node-query.ts';
import { tfDType } from './host-memory.ts';
import { type Run, reshaped, transposed } from './run.ts';

/** `literal` keeps its numbers in `values`. */
const literal: Run = q => {
  const type = outputType(q);
  const values = intsAttr(q, 'values');
  const kind = tfDType(type.dtype);
  if (kind === 'float32') return [q.k.tensor(type, Float32Array.from(values))];
  return [q.k.tensor(type, kind === 'int32' ? Int32Array.from(values) : Uint8Array.from(values))];
};

const constant: Run = q => {
  const { dtype, shape } = outputType(q);
  return [q.k.stock('Fill', {}, { shape: [...shape], value: numberAttr(q, 'value'), dtype: tfDType(dtype) })];
};

const iota: Run = q => {
  const type = outputType(q);
  const axis = numberAttr(q, 'axis');
  const inner = product(type.shape.slice(axis + 1));
  const count = type.shape[axis] ?? 1;
  return [
    q.k.tensor(
      type,
      Int32Array.from({ length: product(type.shape) }, (_, i) => Math.floor(i / inner) % count),
    ),
  ];
};

const slice: Run = q => {
  const whole = sameShape(inputType(q, 0).shape, outputType(q).shape);
  return whole ? [q.k.stock('Identity', { x: input(q, 0) })] : q.k.own('slice', q);
};

const concat: Run = q => [q.k.stock('Concat', q.inputs, { axis: numberAttr(q, 'axis') })];

export const shaping = {
  constant,
  literal,
  iota,
  reshape: q => [reshaped(q.k, input(q, 0), outputType(q).shape)],
  transpose: q => [transposed(q.k, input(q, 0), intsAttr(q, 'perm'))],
  broadcast: q =>
    product(inputType(q, 0).shape) === product(outputType(q).shape)
      ? [reshaped(q.k, input(q, 0), outputType(q).shape)]
      : q.k.own('broadcast', q),
  slice,
  pad: q => q.k.own('pad', q),
  concat,
} as const satisfies Readonly<Record<string, Run>>;
