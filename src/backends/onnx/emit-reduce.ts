// Reductions and selections along axes: sum, max, argmax, top-k.

import { flagAttr, input, inputType, intsAttr, numberAttr, outputType, product } from '../node-query.ts';
import type { Emit, EmitQuery } from './emit.ts';
import { reshaped } from './emit.ts';
import { castTo } from './emit-elementwise.ts';
import type { Writer } from './writer.ts';

const plainReduce = (q: EmitQuery, op: string): string =>
  q.w.one(op, [input(q, 0), q.w.ints(intsAttr(q, 'axes'))], { keepdims: flagAttr(q, 'keepdims') ? 1 : 0 });

/** Axes of size 1 need no kernel. */
function trivial(q: EmitQuery): string | undefined {
  const { shape } = inputType(q, 0);
  if (intsAttr(q, 'axes').some(a => shape[a] !== 1)) return undefined;
  return reshaped(q.w, input(q, 0), shape, outputType(q).shape);
}

/** Longer columns of ones are filled when the session loads, not stored. */
const storedOnes = 4096;

function ones(w: Writer, count: number): string {
  if (count <= storedOnes) return w.tensor('f32', [1, count], new Array<number>(count).fill(1));
  return w.one('Expand', [w.scalar(1), w.ints([1, count])]);
}

/**
 * A sum over the leading axes (the gradient of a bias) is a product with a row of ones: two to ten times faster than
 * ReduceSum.
 */
function columnSum(q: EmitQuery): string | undefined {
  const { w } = q;
  const { shape, dtype } = inputType(q, 0);
  const axes = intsAttr(q, 'axes');
  const leading = axes.length > 0 && axes.every(a => a < axes.length);
  const [rows, columns] = [product(shape.slice(0, axes.length)), product(shape.slice(axes.length))];
  if (w.portable || !leading || dtype !== 'f32' || columns < 8 || rows < 8) return undefined;
  const matrix = reshaped(w, input(q, 0), shape, [rows, columns]);
  return reshaped(w, w.one('MatMul', [ones(w, rows), matrix]), [1, columns], outputType(q).shape);
}

const reduceSum: Emit = q => [trivial(q) ?? columnSum(q) ?? plainReduce(q, 'ReduceSum')];

const reduceMax: Emit = q => [trivial(q) ?? plainReduce(q, 'ReduceMax')];

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
  reduce_sum: reduceSum,
  reduce_max: reduceMax,
  argmax,
  top_k: topK,
} as const satisfies Readonly<Record<string, Emit>>;
