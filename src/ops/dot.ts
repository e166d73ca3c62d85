// dot_general: matrix products over any axes, batched. The output has the batch axes in the left side's order, then
// the left side's free axes, then the right side's.

import type { Builder } from '../ir/builder.ts';
import { fault } from '../ir/builder.ts';
import type { Shape, ValueId } from '../ir/graph.ts';
import type { Fill, GradQuery, Keep, KeepFlow, KeepQuery, TypeQuery } from '../ir/op.ts';
import { defineOp } from './define.ts';
import { floats } from './dtype-rules.ts';
import { multiplyInto, permuted } from './host-matmul.ts';
import { distinctKeeps, renameAxes } from './keep-rules.ts';
import { f32 } from './sample-inputs.ts';
import { checkAxes, range, showShape, sizeOf, takes } from './shape-rules.ts';

export type DotAttrs = {
  readonly lhsBatch: readonly number[];
  readonly rhsBatch: readonly number[];
  readonly lhsContract: readonly number[];
  readonly rhsContract: readonly number[];
};

/** The axes that are neither batch nor contracted, ascending. */
const freeAxes = (rank: number, batch: readonly number[], contract: readonly number[]): readonly number[] =>
  range(rank).filter(axis => !batch.includes(axis) && !contract.includes(axis));

interface Layout {
  readonly lhsFree: readonly number[];
  readonly rhsFree: readonly number[];
  /** Where an axis of each side stands in the output; −1 for a contracted one. */
  readonly place: readonly [(axis: number) => number, (axis: number) => number];
}

function layout(attrs: DotAttrs, lhs: Shape, rhs: Shape): Layout {
  const lhsFree = freeAxes(lhs.length, attrs.lhsBatch, attrs.lhsContract);
  const rhsFree = freeAxes(rhs.length, attrs.rhsBatch, attrs.rhsContract);
  const left = [...attrs.lhsBatch, ...lhsFree];
  const right = [...attrs.rhsBatch, ...lhsFree.map(() => -1), ...rhsFree];
  return { lhsFree, rhsFree, place: [axis => left.indexOf(axis), axis => right.indexOf(axis)] };
}

function dotShape(q: TypeQuery<DotAttrs>): readonly Shape[] {
  const [lhs, rhs] = takes('dot_general', q, 2).map(t => t.shape) as [Shape, Shape];
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = q.attrs;
  checkAxes('dot_general', lhs, [...lhsBatch, ...lhsContract]);
  checkAxes('dot_general', rhs, [...rhsBatch, ...rhsContract]);
  if (lhsBatch.length !== rhsBatch.length || lhsContract.length !== rhsContract.length)
    fault('dot_general pairs the axes of both sides; one side names more of them');
  const pairs = [...range(lhsBatch.length).map(i => [lhsBatch[i]!, rhsBatch[i]!] as const)];
  pairs.push(...range(lhsContract.length).map(i => [lhsContract[i]!, rhsContract[i]!] as const));
  for (const [a, b] of pairs)
    if (!q.dims.same(lhs[a]!, rhs[b]!))
      fault(
        `dot_general wants paired axes of one size; axis ${a} of ${showShape(lhs)} meets axis ${b} of ${showShape(rhs)}`,
      );
  const { lhsFree, rhsFree } = layout(q.attrs, lhs, rhs);
  return [[...lhsBatch.map(a => lhs[a]!), ...lhsFree.map(a => lhs[a]!), ...rhsFree.map(a => rhs[a]!)]];
}

/** A contracted position is dropped by a 0 on one side; where both sides drop it alike, on the smaller one. */
function dotKeep(q: KeepQuery<DotAttrs>): KeepFlow {
  const [lhs, rhs] = q.types.map(t => t.shape) as [Shape, Shape];
  const contract = [q.attrs.lhsContract, q.attrs.rhsContract] as const;
  const { place } = layout(q.attrs, lhs, rhs);
  const consumed = [0, 1].map(side =>
    q.inputs[side]!.filter(k => k.axes.some(a => contract[side]!.includes(a))),
  );
  const kept = [0, 1].flatMap(side =>
    q.inputs[side]!.filter(k => !consumed[side]!.includes(k)).map(k =>
      renameAxes(q.builder, k, place[side]!),
    ),
  );
  const isLeft = q.steady === true ? lhs.length < rhs.length : isSmaller(lhs, rhs);
  const [small, large] = isLeft ? [0, 1] : [1, 0];
  const alike = (keep: Keep): boolean =>
    consumed[small!]!.some(
      other => other.mask === keep.mask && pairedAxes(q.attrs, large!, keep.axes, other.axes),
    );
  const fills: readonly Fill[] = [
    ...consumed[small!]!.map(keep => ({ input: small!, keep, value: 0 })),
    ...consumed[large!]!.filter(k => !alike(k)).map(keep => ({ input: large!, keep, value: 0 })),
  ];
  return { fills, outputs: [distinctKeeps(kept)] };
}

/** Whether `axes` of one side (0 left, 1 right) are paired, one by one, with `others` of the other side. */
function pairedAxes(
  attrs: DotAttrs,
  side: number,
  axes: readonly number[],
  others: readonly number[],
): boolean {
  const left = [...attrs.lhsBatch, ...attrs.lhsContract];
  const right = [...attrs.rhsBatch, ...attrs.rhsContract];
  const [own, other] = side === 0 ? [left, right] : [right, left];
  return axes.length === others.length && axes.every((a, i) => other[own.indexOf(a)] === others[i]);
}

/** Symbolic sizes can't be compared; then the side with fewer axes counts as smaller. */
function isSmaller(a: Shape, b: Shape): boolean {
  const size = (shape: Shape): number | undefined =>
    shape.reduce<number | undefined>(
      (n, d) => (n === undefined || typeof d !== 'number' ? undefined : n * d),
      1,
    );
  const [sa, sb] = [size(a), size(b)];
  return sa === undefined || sb === undefined ? a.length < b.length : sa < sb;
}

function dotGrad(q: GradQuery<DotAttrs>): readonly (ValueId | undefined)[] {
  const dy = q.grads[0];
  if (dy === undefined) return [undefined, undefined];
  const b = q.builder;
  const [lhs, rhs] = [q.inputs[0]!, q.inputs[1]!];
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = q.attrs;
  const { lhsFree, rhsFree } = layout(q.attrs, b.shapeOf(lhs), b.shapeOf(rhs));
  const batch = range(lhsBatch.length);
  const left = range(lhsFree.length).map(i => batch.length + i);
  const right = range(rhsFree.length).map(i => batch.length + lhsFree.length + i);
  const along = (by: readonly number[]) => range(by.length).toSorted((i, j) => by[i]! - by[j]!);
  return [
    q.wanted[0] !== true
      ? undefined
      : // dA = dY · Bᵗ
        arranged(
          b,
          b.one('dot_general', [dy, rhs], {
            lhsBatch: batch,
            rhsBatch,
            lhsContract: right,
            rhsContract: rhsFree,
          }),
          [...lhsBatch, ...lhsFree, ...along(rhsContract).map(i => lhsContract[i]!)],
        ),
    q.wanted[1] !== true
      ? undefined
      : // dB = Aᵗ · dY
        arranged(
          b,
          b.one('dot_general', [lhs, dy], {
            lhsBatch,
            rhsBatch: batch,
            lhsContract: lhsFree,
            rhsContract: left,
          }),
          [...rhsBatch, ...along(lhsContract).map(i => rhsContract[i]!), ...rhsFree],
        ),
  ];
}

/** A value whose axes are the axes `order` of another, put in that other's order. */
function arranged(b: Builder, value: ValueId, order: readonly number[]): ValueId {
  if (order.every((axis, i) => axis === i)) return value;
  return b.one('transpose', [value], { perm: range(order.length).map(axis => order.indexOf(axis)) });
}

const dims = (
  lhsBatch: readonly number[],
  rhsBatch: readonly number[],
  lhsContract: readonly number[],
  rhsContract: readonly number[],
): DotAttrs => ({ lhsBatch, rhsBatch, lhsContract, rhsContract });

export const dot_general = defineOp<DotAttrs>({
  name: 'dot_general',
  kind: 'core',
  doc: 'Σ over the contracted axes of lhs · rhs, for each position of the batch axes and of the free axes of both sides',
  shape: dotShape,
  dtype: q => [floats('dot_general', q.inputs)],
  keep: dotKeep,
  dependence: q => {
    const { place } = layout(q.attrs, q.types[0]!.shape, q.types[1]!.shape);
    return q.types.map((type, side) => {
      const axis = range(type.shape.length).find(a => place[side]!(a) === q.axis);
      return axis === undefined ? { kind: 'all' } : { kind: 'same', axis };
    });
  },
  grad: dotGrad,
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    const [lhs, rhs] = [q.inputs[0]!, q.inputs[1]!];
    const { lhsFree, rhsFree } = layout(q.attrs, lhs.shape, rhs.shape);
    const { lhsBatch, rhsBatch, lhsContract, rhsContract } = q.attrs;
    const product = (axes: readonly number[], shape: readonly number[]): number =>
      axes.reduce((n, a) => n * shape[a]!, 1);
    multiplyInto(
      out.data,
      permuted(lhs, [...lhsBatch, ...lhsFree, ...lhsContract]),
      permuted(rhs, [...rhsBatch, ...rhsContract, ...rhsFree]),
      {
        batch: product(lhsBatch, lhs.shape),
        rows: product(lhsFree, lhs.shape),
        inner: product(lhsContract, lhs.shape),
        columns: product(rhsFree, rhs.shape),
      },
    );
    return [out];
  },
  samples: () => [
    { name: 'matrices', inputs: [f32([3, 4]), f32([4, 2])], attrs: dims([], [], [1], [0]) },
    { name: 'tokens by weights', inputs: [f32([2, 3, 4]), f32([4, 5])], attrs: dims([], [], [2], [0]) },
    { name: 'scores', inputs: [f32([2, 2, 3, 4]), f32([2, 2, 5, 4])], attrs: dims([0, 1], [0, 1], [3], [3]) },
    { name: 'left transposed', inputs: [f32([4, 3]), f32([4, 2])], attrs: dims([], [], [0], [0]) },
    {
      name: 'two contracted, crossed',
      inputs: [f32([2, 3, 4]), f32([4, 5, 2])],
      attrs: dims([], [], [0, 2], [2, 0]),
    },
    {
      name: 'batch in other places',
      inputs: [f32([3, 2, 4]), f32([4, 5, 2])],
      attrs: dims([1], [2], [2], [0]),
    },
    { name: 'vectors', inputs: [f32([4]), f32([4])], attrs: dims([], [], [0], [0]) },
    { name: 'outer product', inputs: [f32([3]), f32([2])], attrs: dims([], [], [], []) },
    { name: 'dims of 1', inputs: [f32([1, 1]), f32([1, 3])], attrs: dims([], [], [1], [0]) },
  ],
  flops: q => {
    const inner = q.attrs.lhsContract.reduce((n, a) => n * (q.types[0]!.shape[a] as number), 1);
    return 2 * inner * sizeOf(q.outputs[0]!);
  },
});
