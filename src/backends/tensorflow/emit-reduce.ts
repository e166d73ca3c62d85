// Reductions and selections along axes: sum, max, argmax, top-k.

import { flagAttr as flag, input, inputType, intsAttr, numberAttr, outputType } from '../node-query.ts';
import type { Emit } from './emit.ts';
import { reshaped } from './emit.ts';
import { flagAttr } from './kernels.ts';

const reduced =
  (op: 'Sum' | 'Max'): Emit =>
  q => {
    const { shape } = inputType(q, 0);
    const axes = intsAttr(q, 'axes');
    // Axes of size 1 need no kernel.
    if (axes.every(a => shape[a] === 1)) return [reshaped(q.w, input(q, 0), shape, outputType(q).shape)];
    return [q.w.one(op, [input(q, 0), q.w.ints(axes)], { keep_dims: flagAttr(flag(q, 'keepdims')) })];
  };

export const reductions = {
  reduce_sum: reduced('Sum'),
  reduce_max: reduced('Max'),
  argmax: q => [q.w.one('ArgMax', [input(q, 0), q.w.scalar(numberAttr(q, 'axis'), 'i32')])],
  top_k: q => q.w.node('TopKV2', [input(q, 0), q.w.scalar(numberAttr(q, 'k'), 'i32')]),
} as const satisfies Readonly<Record<string, Emit>>;
