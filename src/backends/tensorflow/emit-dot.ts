// dot_general as one matrix product: which operand is read transposed says an attribute, and a Transpose stays only
// where none can say it.

import { input, inputType, intsAttr, product, sameShape } from '../node-query.ts';
import type { Emit, EmitQuery } from './emit.ts';
import { reshaped, transposed } from './emit.ts';
import { flagAttr } from './kernels.ts';
import type { Writer } from './writer.ts';

/** An operand with the axes of each part, in the order they have in the result. */
interface Operand {
  readonly value: string;
  readonly shape: readonly number[];
  readonly batch: readonly number[];
  readonly free: readonly number[];
  readonly contract: readonly number[];
}

const sizes = (o: Operand, axes: readonly number[]): readonly number[] => axes.map(a => o.shape[a] ?? 1);

/** Whether axes in that order lie in memory as they are; axes of size 1 may stand anywhere. */
function inOrder(shape: readonly number[], order: readonly number[]): boolean {
  const real = order.filter(a => shape[a] !== 1);
  return real.every((a, i) => i === 0 || (real[i - 1] ?? 0) < a);
}

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

/** Pairs of contracted axes in the orders worth trying: as given, ascending on the left, ascending on the right. */
function contractOrders(a: Operand, b: Operand): readonly (readonly number[])[] {
  const given = a.contract.map((_, i) => i);
  const by = (axes: readonly number[]): readonly number[] =>
    [...given].sort((i, j) => (axes[i] ?? 0) - (axes[j] ?? 0));
  const orders = [given, by(a.contract), by(b.contract)];
  return orders.filter((o, i) => orders.findIndex(p => sameShape(o, p)) === i);
}

const lies = (o: Operand, one: readonly number[], other: readonly number[]): boolean =>
  inOrder(o.shape, [...o.batch, ...one, ...other]) || inOrder(o.shape, [...o.batch, ...other, ...one]);

const dotGeneral: Emit = (q: EmitQuery) => {
  const { w } = q;
  const operand = (i: number, batch: readonly number[], contract: readonly number[]): Operand => {
    const { shape } = inputType(q, i);
    const free = shape
      .map((_, axis) => axis)
      .filter(axis => !batch.includes(axis) && !contract.includes(axis));
    return { value: input(q, i), shape, batch, free, contract };
  };
  const a = operand(0, intsAttr(q, 'lhsBatch'), intsAttr(q, 'lhsContract'));
  const b = operand(1, intsAttr(q, 'rhsBatch'), intsAttr(q, 'rhsContract'));
  const pairs = contractOrders(a, b).map(order => {
    const left = { ...a, contract: order.map(i => a.contract[i] ?? 0) };
    const right = { ...b, contract: order.map(i => b.contract[i] ?? 0) };
    const cost =
      (lies(left, left.free, left.contract) ? 0 : product(left.shape)) +
      (lies(right, right.contract, right.free) ? 0 : product(right.shape));
    return { left, right, cost };
  });
  const [best] = pairs.sort((x, y) => x.cost - y.cost);
  if (best === undefined) throw new Error('a contraction has at least one order');
  const x = placed(w, best.left, best.left.free, best.left.contract);
  const y = placed(w, best.right, best.right.contract, best.right.free);
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
