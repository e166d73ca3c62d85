// Reductions and selections along axes: sum, max, argmax, top-k.

import type { Emit } from './emit.ts';
import { flagAttr, input, inputType, intsAttr, numberAttr, outputType, reshaped } from './emit.ts';
import { castTo } from './emit-elementwise.ts';

const reduce =
  (op: string): Emit =>
  q => {
    const axes = intsAttr(q, 'axes');
    const { shape } = inputType(q, 0);
    if (axes.every(a => shape[a] === 1)) return [reshaped(q.w, input(q, 0), shape, outputType(q).shape)];
    return [q.w.one(op, [input(q, 0), q.w.ints(axes)], { keepdims: flagAttr(q, 'keepdims') ? 1 : 0 })];
  };

const argmax: Emit = q => {
  const found = q.w.one('ArgMax', [input(q, 0)], { axis: numberAttr(q, 'axis'), keepdims: 0 });
  return [castTo(q.w, found, 'i32')];
};

const topK: Emit = q => {
  const { w } = q;
  const [values, indices] = w.node(
    'TopK',
    [input(q, 0), w.ints([numberAttr(q, 'k')])],
    { axis: -1, largest: 1, sorted: 1 },
    { outputs: [true, true] },
  );
  return [values!, castTo(w, indices!, 'i32')];
};

export const reductions = {
  reduce_sum: reduce('ReduceSum'),
  reduce_max: reduce('ReduceMax'),
  argmax,
  top_k: topK,
} as const satisfies Readonly<Record<string, Emit>>;
