// Ops that move elements without changing them: reshape, transpose, broadcast.

import type { Dim } from '../base/dim.ts';
import { dimProduct, showDim } from '../base/dim.ts';
import { fault } from '../ir/builder.ts';
import type { Keep, KeepQuery } from '../ir/op.ts';
import { defineOp } from './define.ts';
import { elementwiseDependence, elementwiseKeep, sourceIndex } from './elementwise-rules.ts';
import { unbroadcast } from './gradient-rules.ts';
import { strideIndex, stridesOf } from './host-index.ts';
import { renameAxes, widenKeep } from './keep-rules.ts';
import { narrowKeep } from './mask-views.ts';
import { axisGroups } from './reshape-groups.ts';
import { bool, f32, i32 } from './sample-inputs.ts';
import { broadcastShapes, checkAxes, concreteShape, range, showShape, takes } from './shape-rules.ts';

type ShapeAttrs = { readonly shape: readonly Dim[] };

export const reshape = defineOp<ShapeAttrs>({
  name: 'reshape',
  kind: 'core',
  doc: 'the same elements in row-major order under another shape',
  shape: q => {
    const [x] = takes('reshape', q, 1);
    const [from, to] = [dimProduct(x!.shape), dimProduct(q.attrs.shape)];
    if (!q.dims.same(from, to))
      fault(
        `reshape keeps the number of elements; ${showShape(x!.shape)} has ${showDim(from)}, ${showShape(q.attrs.shape)} has ${showDim(to)}`,
      );
    return [q.attrs.shape];
  },
  dtype: q => q.inputs.map(t => t.dtype),
  keep: q => {
    const output = q.outputs[0]!.shape;
    if (output.length === 0)
      return {
        fills: q.inputs[0]!.map(keep => ({ input: 0, keep, value: 0 })),
        outputs: [[]],
      };
    return { fills: [], outputs: [q.inputs[0]!.map(keep => reshapedKeep(q, keep))] };
  },
  dependence: q => {
    const groups = axisGroups(q.types[0]!.shape, q.outputs[0]!.shape);
    const group = groups.find(g => g.to.includes(q.axis));
    if (group?.from.length === 1 && group.to.length === 1) return [{ kind: 'same', axis: group.from[0]! }];
    return [{ kind: 'all' }];
  },
  grad: q => [
    q.grads[0] === undefined
      ? undefined
      : q.builder.one('reshape', [q.grads[0]], { shape: q.builder.shapeOf(q.inputs[0]!) }),
  ],
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    out.data.set(q.inputs[0]!.data);
    return [out];
  },
  samples: () => [
    { name: 'merge', inputs: [f32([2, 3, 4])], attrs: { shape: [6, 4] } },
    { name: 'split', inputs: [f32([6, 4])], attrs: { shape: [6, 2, 2] } },
    { name: 'regroup', inputs: [f32([2, 6])], attrs: { shape: [4, 3] } },
    { name: 'add axes of 1', inputs: [f32([2, 3])], attrs: { shape: [1, 2, 1, 3] } },
    { name: 'drop axes of 1', inputs: [f32([1, 3, 1, 2])], attrs: { shape: [3, 2] } },
    { name: 'to a scalar', inputs: [f32([1, 1])], attrs: { shape: [] } },
    { name: 'i32', inputs: [i32([4], { high: 9 })], attrs: { shape: [2, 2] } },
    { name: 'bool', inputs: [bool([4])], attrs: { shape: [2, 2] } },
  ],
  flops: () => 0,
});

/** Axes that stay keep their mask; where axes merge, split or regroup, the mask is stretched over all of them and reshaped. */
function reshapedKeep(q: KeepQuery<ShapeAttrs>, keep: Keep): Keep {
  const [input, output] = [q.types[0]!.shape, q.outputs[0]!.shape];
  const touched = axisGroups(input, output).filter(g => g.from.some(axis => keep.axes.includes(axis)));
  const wide = widenKeep(
    q.builder,
    keep,
    touched.flatMap(g => g.from),
    input,
  );
  const axes = touched.flatMap(g => g.to);
  if (touched.every(g => g.from.length === 1 && g.to.length === 1)) return { mask: wide.mask, axes };
  const mask = q.builder.one('reshape', [wide.mask], { shape: axes.map(a => output[a]!) });
  return narrowKeep(q.builder, { mask, axes });
}

type TransposeAttrs = { readonly perm: readonly number[] };

export const transpose = defineOp<TransposeAttrs>({
  name: 'transpose',
  kind: 'core',
  doc: 'axis i of the output is axis perm[i] of the input',
  shape: q => {
    const [x] = takes('transpose', q, 1);
    checkAxes('transpose', x!.shape, q.attrs.perm);
    if (q.attrs.perm.length !== x!.shape.length)
      fault(`transpose orders every axis; ${showShape(x!.shape)} was given ${q.attrs.perm.length} axes`);
    return [q.attrs.perm.map(axis => x!.shape[axis]!)];
  },
  dtype: q => q.inputs.map(t => t.dtype),
  keep: q => ({
    fills: [],
    outputs: [q.inputs[0]!.map(keep => renameAxes(q.builder, keep, axis => q.attrs.perm.indexOf(axis)))],
  }),
  dependence: q => [{ kind: 'same', axis: q.attrs.perm[q.axis]! }],
  grad: q => [
    q.grads[0] === undefined
      ? undefined
      : q.builder.one('transpose', [q.grads[0]], { perm: inversePerm(q.attrs.perm) }),
  ],
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    const [x, y] = [q.inputs[0]!, out.data];
    const strides = stridesOf(x.shape);
    const index = strideIndex(
      out.shape,
      q.attrs.perm.map(axis => strides[axis]!),
    );
    for (let i = 0; i < y.length; i++) y[i] = x.data[index[i]!]!;
    return [out];
  },
  samples: () => [
    { name: 'matrix', inputs: [f32([3, 4])], attrs: { perm: [1, 0] } },
    { name: 'heads', inputs: [f32([2, 3, 4, 5])], attrs: { perm: [0, 2, 1, 3] } },
    { name: 'cycle', inputs: [f32([2, 3, 4])], attrs: { perm: [2, 0, 1] } },
    { name: 'i32 with a dim of 1', inputs: [i32([1, 3], { high: 9 })], attrs: { perm: [1, 0] } },
  ],
  flops: () => 0,
});

/** The order that undoes `perm`. */
export const inversePerm = (perm: readonly number[]): readonly number[] =>
  range(perm.length).map(axis => perm.indexOf(axis));

export const broadcast = defineOp<ShapeAttrs>({
  name: 'broadcast',
  kind: 'core',
  doc: 'stretches axes of 1 and missing leading axes to a full shape',
  shape: q => {
    const [x] = takes('broadcast', q, 1);
    const out = broadcastShapes('broadcast', [x!.shape, q.attrs.shape], q.dims);
    if (out.length !== q.attrs.shape.length || out.some((d, i) => d !== 1 && q.attrs.shape[i] === 1))
      fault(`broadcast only stretches; ${showShape(x!.shape)} is larger than ${showShape(q.attrs.shape)}`);
    return [q.attrs.shape];
  },
  dtype: q => q.inputs.map(t => t.dtype),
  keep: elementwiseKeep,
  dependence: elementwiseDependence,
  grad: q => [
    q.grads[0] === undefined
      ? undefined
      : unbroadcast(q.builder, q.grads[0], q.builder.shapeOf(q.inputs[0]!)),
  ],
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    const [x, y] = [q.inputs[0]!, out.data];
    const index = sourceIndex(x.shape, concreteShape(q.attrs.shape));
    for (let i = 0; i < y.length; i++) y[i] = x.data[index[i]!]!;
    return [out];
  },
  samples: () => [
    { name: 'row', inputs: [f32([4])], attrs: { shape: [3, 4] } },
    { name: 'column', inputs: [f32([3, 1])], attrs: { shape: [3, 4] } },
    { name: 'middle', inputs: [f32([2, 1, 3])], attrs: { shape: [5, 2, 4, 3] } },
    { name: 'scalar', inputs: [f32([])], attrs: { shape: [2, 2] } },
    { name: 'nothing to stretch', inputs: [f32([1, 2])], attrs: { shape: [1, 2] } },
    { name: 'bool', inputs: [bool([2, 1])], attrs: { shape: [2, 3] } },
  ],
  flops: () => 0,
});
