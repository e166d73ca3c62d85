// Reductions and selections along axes: sum, max, argmax, top-k.

import {
  flagAttr as flag,
  input,
  inputType,
  intsAttr,
  numberAttr,
  outputType,
  product,
} from '../node-query.ts';
import type { Emit, EmitQuery } from './emit.ts';
import { reshaped } from './emit.ts';
import { flagAttr } from './kernels.ts';

/** Fewer rows or columns than this aren't worth a product. */
const fewest = 8;

/**
 * A sum over the leading axes (the gradient of a bias) by TensorFlow's kernel for just that; in a cluster one over the
 * last axis as a product with a column of ones, since XLA would add the numbers of a row one by one.
 */
function quicklySummed(q: EmitQuery): string | undefined {
  const { w } = q;
  const { shape, dtype } = inputType(q, 0);
  const axes = intsAttr(q, 'axes');
  if (dtype !== 'f32' || axes.length === 0) return undefined;
  const out = outputType(q).shape;
  const isLeading = axes.every(a => a < axes.length);
  const isLast = axes.every(a => a >= shape.length - axes.length);
  if (isLeading === isLast || isLast !== q.compiled) return undefined;
  const split = isLeading ? axes.length : shape.length - axes.length;
  const [rows, columns] = [product(shape.slice(0, split)), product(shape.slice(split))];
  if (rows < fewest || columns < fewest) return undefined;
  const matrix = reshaped(w, input(q, 0), shape, [rows, columns]);
  if (isLeading) return reshaped(w, w.one('BiasAddGrad', [matrix]), [columns], out);
  const ones = w.one('Fill', [w.ints([columns, 1]), w.scalar(1)]);
  return reshaped(w, w.one('MatMul', [matrix, ones]), [rows, 1], out);
}

const reduced =
  (op: 'Sum' | 'Max'): Emit =>
  q => {
    const { shape } = inputType(q, 0);
    const axes = intsAttr(q, 'axes');
    // Axes of size 1 need no kernel.
    if (axes.every(a => shape[a] === 1)) return [reshaped(q.w, input(q, 0), shape, outputType(q).shape)];
    const summed = op === 'Sum' ? quicklySummed(q) : undefined;
    if (summed !== undefined) return [summed];
    return [q.w.one(op, [input(q, 0), q.w.ints(axes)], { keep_dims: flagAttr(flag(q, 'keepdims')) })];
  };

export const reductions = {
  reduce_sum: reduced('Sum'),
  reduce_max: reduced('Max'),
  argmax: q => [q.w.one('ArgMax', [input(q, 0), q.w.scalar(numberAttr(q, 'axis'), 'i32')])],
  top_k: q => q.w.node('TopKV2', [input(q, 0), q.w.scalar(numberAttr(q, 'k'), 'i32')]),
} as const satisfies Readonly<Record<string, Emit>>;
