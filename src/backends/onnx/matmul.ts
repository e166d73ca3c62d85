// One matrix product from a general contraction: which flags of FusedMatMul say how the operands lie in memory, so
// that a Transpose stays only where no flag can say it.

import { product, sameShape } from '../node-query.ts';
import { reshaped, transposed } from './emit.ts';
import type { Writer } from './writer.ts';

/** An operand with the axes of each part, in the order they have in the result. */
export interface Operand {
  readonly name: string;
  readonly shape: readonly number[];
  readonly batch: readonly number[];
  readonly free: readonly number[];
  readonly contract: readonly number[];
}

interface Layout {
  /** The order of axes that the operand must have. */
  readonly order: readonly number[];
  readonly trans: boolean;
  /** The batch stands between the two other parts instead of before them. */
  readonly transBatch: boolean;
}

/** Whether axes in that order lie in memory as they are; axes of size 1 may stand anywhere. */
function inOrder(shape: readonly number[], order: readonly number[]): boolean {
  const real = order.filter(a => shape[a] !== 1);
  return real.every((a, i) => i === 0 || real[i - 1]! < a);
}

/** `rows` and `columns` are the operand's parts when no flag is set. */
function layoutOf(
  operand: Operand,
  rows: readonly number[],
  columns: readonly number[],
  allowTransBatch: boolean,
): Layout | undefined {
  const { batch } = operand;
  const layouts: readonly Layout[] = [
    { order: [...batch, ...rows, ...columns], trans: false, transBatch: false },
    { order: [...batch, ...columns, ...rows], trans: true, transBatch: false },
    { order: [...rows, ...batch, ...columns], trans: false, transBatch: true },
    { order: [...columns, ...batch, ...rows], trans: true, transBatch: true },
  ];
  return layouts.find(l => (allowTransBatch || !l.transBatch) && inOrder(operand.shape, l.order));
}

/** Pairs of contracted axes in the orders worth trying: as given, ascending on the left, ascending on the right. */
function contractOrders(a: Operand, b: Operand): readonly (readonly number[])[] {
  const given = a.contract.map((_, i) => i);
  const by = (axes: readonly number[]): readonly number[] => [...given].sort((i, j) => axes[i]! - axes[j]!);
  const orders = [given, by(a.contract), by(b.contract)];
  return orders.filter((o, i) => orders.findIndex(p => sameShape(o, p)) === i);
}

const pick = (values: readonly number[], at: readonly number[]): readonly number[] => at.map(i => values[i]!);

/** How many elements must be moved by a Transpose for these layouts. */
const movedElements = (operand: Operand, layout: Layout | undefined): number =>
  layout === undefined ? product(operand.shape) : 0;

/**
 * alpha · (a contracted with b), shaped batch ++ a's free ++ b's free.
 */
export function contraction(w: Writer, a: Operand, b: Operand, alpha = 1): string {
  const batchSize = product(pick(a.shape, a.batch));
  const batched = batchSize !== 1;
  const between = batched && !w.portable;
  let best:
    | { cost: number; a: Operand; b: Operand; la: Layout | undefined; lb: Layout | undefined }
    | undefined;
  for (const order of contractOrders(a, b)) {
    const left = { ...a, contract: pick(a.contract, order) };
    const right = { ...b, contract: pick(b.contract, order) };
    const la = layoutOf(left, left.free, left.contract, between);
    const lb = layoutOf(right, right.contract, right.free, between);
    const cost = movedElements(left, la) + movedElements(right, lb);
    if (best === undefined || cost < best.cost) best = { cost, a: left, b: right, la, lb };
  }
  if (best === undefined) throw new Error('a contraction has at least one order');
  const M = product(pick(a.shape, a.free));
  const N = product(pick(b.shape, b.free));
  const K = product(pick(a.shape, a.contract));
  const left = placed(w, best.a, best.la, best.a.free, best.a.contract, [batchSize, M, K]);
  const right = placed(w, best.b, best.lb, best.b.contract, best.b.free, [batchSize, K, N]);
  const flags: Record<string, number> = {};
  if (left.trans) flags.transA = 1;
  if (right.trans) flags.transB = 1;
  if (left.transBatch) flags.transBatchA = 1;
  if (right.transBatch) flags.transBatchB = 1;
  const out = matmul(w, left.name, right.name, flags, alpha, batched ? 3 : 2);
  const shape = [...pick(a.shape, a.batch), ...pick(a.shape, a.free), ...pick(b.shape, b.free)];
  return reshaped(w, out, batched ? [batchSize, M, N] : [M, N], shape);
}

/** MatMul, or FusedMatMul where a flag or a factor is needed; portable, both have `rank` axes. */
export function matmul(
  w: Writer,
  a: string,
  b: string,
  flags: Readonly<Record<string, number>> = {},
  alpha = 1,
  rank = 2,
): string {
  if (w.portable) {
    const perm = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
    const turned = (name: string, flag: string): string =>
      flags[flag] === 1 ? w.one('Transpose', [name], { perm }) : name;
    const out = w.one('MatMul', [turned(a, 'transA'), turned(b, 'transB')]);
    return alpha === 1 ? out : w.one('Mul', [out, w.scalar(alpha)]);
  }
  if (alpha === 1 && Object.keys(flags).length === 0) return w.one('MatMul', [a, b]);
  return w.contrib('FusedMatMul', [a, b], alpha === 1 ? flags : { ...flags, alpha: { float: alpha } });
}

function placed(
  w: Writer,
  operand: Operand,
  layout: Layout | undefined,
  rows: readonly number[],
  columns: readonly number[],
  [batch, R, C]: readonly [number, number, number],
): { readonly name: string; readonly trans: boolean; readonly transBatch: boolean } {
  const order = [...operand.batch, ...rows, ...columns];
  const name = layout === undefined ? transposed(w, operand.name, operand.shape, order) : operand.name;
  const from = layout === undefined ? order.map(i => operand.shape[i]!) : operand.shape;
  const { trans, transBatch } = layout ?? { trans: false, transBatch: false };
  const [first, last] = trans ? [C, R] : [R, C];
  const to = batch === 1 ? [first, last] : transBatch ? [first, batch, last] : [batch, first, last];
  return { name: reshaped(w, name, from, to), trans, transBatch };
}
