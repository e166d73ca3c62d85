// take_along: picks along one axis by an index for every other position (numpy's take_along_axis).

import type { Builder } from '../ir/builder.ts';
import { fault } from '../ir/builder.ts';
import type { Shape, ValueId } from '../ir/graph.ts';
import { defineOp } from './define.ts';
import { strideIndex, stridesOf } from './host-index.ts';
import { consumeKeeps, distinctKeeps } from './keep-rules.ts';
import { bool, f32, i32 } from './sample-inputs.ts';
import { dimAt, showShape, showType, takes } from './shape-rules.ts';

type TakeAlongAttrs = { readonly axis: number };

export const take_along = defineOp<TakeAlongAttrs>({
  name: 'take_along',
  kind: 'core',
  doc: 'y[…, j, …] = x[…, index[…, j, …], …]; x and index agree on every other axis',
  shape: q => {
    const [x, index] = takes('take_along', q, 2);
    dimAt('take_along', x!.shape, q.attrs.axis);
    if (
      x!.shape.length !== index!.shape.length ||
      x!.shape.some((dim, axis) => axis !== q.attrs.axis && !q.dims.same(dim, index!.shape[axis]!))
    )
      fault(
        `take_along wants shapes that differ on axis ${q.attrs.axis} only; got ${showShape(x!.shape)} and ${showShape(index!.shape)}`,
      );
    return [index!.shape];
  },
  dtype: q => {
    const [x, index] = q.inputs;
    if (index?.dtype !== 'i32') fault(`take_along wants i32 indices; got ${index && showType(index)}`);
    return [x!.dtype];
  },
  // A dropped index picks position 0; a dropped position of the axis, if picked, is 0.
  keep: q => {
    const ofX = consumeKeeps(q.builder, 0, q.inputs[0]!, [q.attrs.axis], 0, axis => axis);
    const ofIndex = q.inputs[1]!.map(keep => ({ input: 1, keep, value: 0 }));
    return {
      fills: [...ofX.fills, ...ofIndex],
      outputs: [distinctKeeps([...ofX.kept, ...q.inputs[1]!])],
    };
  },
  dependence: q =>
    q.axis === q.attrs.axis
      ? [{ kind: 'all' }, { kind: 'same', axis: q.axis }]
      : [
          { kind: 'same', axis: q.axis },
          { kind: 'same', axis: q.axis },
        ],
  grad: q => {
    if (q.grads[0] === undefined) return [undefined, undefined];
    const shape = q.builder.shapeOf(q.inputs[0]!);
    return [takeAlongAdjoint(q.builder, q.grads[0], q.inputs[1]!, shape, q.attrs.axis), undefined];
  },
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    const [x, index] = [q.inputs[0]!, q.inputs[1]!];
    const strides = stridesOf(x.shape);
    const [n, step] = [x.shape[q.attrs.axis]!, strides[q.attrs.axis]!];
    const base = strideIndex(
      out.shape,
      strides.map((s, axis) => (axis === q.attrs.axis ? 0 : s)),
    );
    for (let i = 0; i < base.length; i++) {
      const pick = index.data[i]!;
      if (pick < 0 || pick >= n) throw new RangeError(`take_along: index ${pick} of an axis of ${n}`);
      out.data[i] = x.data[base[i]! + pick * step]!;
    }
    return [out];
  },
  samples: () => [
    { name: 'one of each row', inputs: [f32([3, 5]), i32([3, 1], { high: 5 })], attrs: { axis: 1 } },
    { name: 'several', inputs: [f32([2, 4]), i32([2, 3], { high: 4 })], attrs: { axis: 1 } },
    { name: 'middle axis', inputs: [f32([2, 3, 2]), i32([2, 4, 2], { high: 3 })], attrs: { axis: 1 } },
    { name: 'bool', inputs: [bool([4]), i32([2], { high: 4 })], attrs: { axis: 0 } },
  ],
  flops: () => 0,
});

/**
 * The gradient of x in y = take_along(x, index): what each position was picked for, summed.
 * dx[…, i, …] = Σⱼ dy[…, j, …] · [index[…, j, …] = i]
 */
export function takeAlongAdjoint(
  b: Builder,
  dy: ValueId,
  index: ValueId,
  shape: Shape,
  axis: number,
): ValueId {
  const picks = b.shapeOf(index);
  const zero = b.constant(0, b.typeOf(dy).dtype);
  const positions = (rank: number, at: number): ValueId => {
    const counted = b.one('iota', [], { dtype: 'i32', shape: [shape[axis]!], axis: 0 });
    const spread = Array.from({ length: rank }, (_, i) => (i === at ? shape[axis]! : 1));
    return b.one('reshape', [counted], { shape: spread });
  };
  if (picks[axis] === 1)
    return b.one('select', [b.one('equal', [index, positions(shape.length, axis)]), dy, zero]);
  const apart = [...picks.slice(0, axis + 1), 1, ...picks.slice(axis + 1)];
  const [indexes, grads] = [index, dy].map(x => b.one('reshape', [x], { shape: apart }));
  const hit = b.one('equal', [indexes!, positions(shape.length + 1, axis + 1)]);
  const each = b.one('select', [hit, grads!, zero]);
  return b.one('reduce_sum', [each], { axes: [axis], keepdims: false });
}
