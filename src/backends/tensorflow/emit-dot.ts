// dot_general as one matrix product: which operand is read transposed says an attribute, and a Transpose stays only
// where none can say it.

import { input, product } from '../node-query.ts';
import type { Emit } from './emit.ts';
import { reshaped, transposed } from './emit.ts';
import { flagAttr } from './kernels.ts';
import { type Axes, inOrder, operandsOf } from './layouts.ts';
import type { Writer } from './writer.ts';

interface Operand extends Axes {
  readonly value: string;
}

const sizes = (o: Operand, axes: readonly number[]): readonly number[] => axes.map(a => o.shape[a] ?? 1);

interface Placed {
  readonly value: string;
  readonly isTransposed: boolean;
}

/** The operand as [batch, rows, columns], or as [batch, columns, rows] where it lies so. */
function placed(w: Writer, o: Operand, rows: readonly number[], columns: readonly number[]): Placed {
  const [R, C] = [product(sizes(o, rows)), product(sizes(o, columns))];
  const batch = product(sizes(o, o.batch)) === 1 ? [] : [product(sizes(o, o.batch))];
  const plain = [...o.batch, ...rows, ...columns];
  const flipped = [...o.batch, ...columns, ...rows];
  if (!inOrder(o.shape, plain) && inOrder(o.shape, flipped))
    return { value: reshaped(w, o.value, o.shape, [...batch, C, R]), isTransposed: true };
  const moved = transposed(w, o.value, o.shape, plain);
  return { value: reshaped(w, moved, sizes(o, plain), [...batch, R, C]), isTransposed: false };
}

const dotGeneral: Emit = q => {
  const { w } = q;
  const [left, right] = operandsOf(
    q.node,
    q.types.map(t => t.shape),
  );
  const a: Operand = { ...left, value: input(q, 0) };
  const b: Operand = { ...right, value: input(q, 1) };
  const x = placed(w, a, a.free, a.contract);
  const y = placed(w, b, b.contract, b.free);
  const batch = product(sizes(a, a.batch));
  const [M, N] = [product(sizes(a, a.free)), product(sizes(b, b.free))];
  const shape = [...sizes(a, a.batch), ...sizes(a, a.free), ...sizes(b, b.free)];
  if (batch === 1) {
    const flags = { transpose_a: flagAttr(x.isTransposed), transpose_b: flagAttr(y.isTransposed) };
    return [reshaped(w, w.one('MatMul', [x.value, y.value], flags), [M, N], shape)];
  }
  const flags = { adj_x: flagAttr(x.isTransposed), adj_y: flagAttr(y.isTransposed) };
  return [reshaped(w, w.one('BatchMatMulV2', [x.value, y.value], flags), [batch, M, N], shape)];
};

export const products = { dot_general: dotGeneral } as const satisfies Readonly<Record<string, Emit>>;
