// Ops that order values along an axis: argmax and top_k. Ties go to the lower index.

import { showDim } from '../base/dim.ts';
import { fault } from '../ir/builder.ts';
import { defineOp } from './define.ts';
import { numbers } from './dtype-rules.ts';
import { notDifferentiable } from './gradient-rules.ts';
import { strideIndex, stridesOf } from './host-index.ts';
import { consumeKeeps, lowest } from './keep-rules.ts';
import { f32, i32 } from './sample-inputs.ts';
import { dimAt, range, reducedAxis, reducedShape, sizeOf, takes } from './shape-rules.ts';
import { takeAlongAdjoint } from './take-along.ts';

type ArgmaxAttrs = { readonly axis: number };

export const argmax = defineOp<ArgmaxAttrs>({
  name: 'argmax',
  kind: 'core',
  doc: 'the index of the first maximum along an axis, as i32; the axis goes',
  shape: q => {
    const [x] = takes('argmax', q, 1);
    dimAt('argmax', x!.shape, q.attrs.axis);
    return [reducedShape(x!.shape, [q.attrs.axis], false)];
  },
  dtype: q => {
    numbers('argmax', q.inputs);
    return ['i32'];
  },
  keep: q => {
    const axes = [q.attrs.axis];
    const place = (axis: number): number => reducedAxis(axis, axes, false)!;
    const identity = lowest(q.types[0]!.dtype);
    const { fills, kept } = consumeKeeps(q.builder, 0, q.inputs[0]!, axes, identity, place);
    return { fills, outputs: [kept] };
  },
  dependence: q => [{ kind: 'same', axis: q.axis < q.attrs.axis ? q.axis : q.axis + 1 }],
  grad: notDifferentiable('an index has no gradient'),
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    const x = q.inputs[0]!;
    const strides = stridesOf(x.shape);
    const first = strideIndex(
      out.shape,
      strides.filter((_, axis) => axis !== q.attrs.axis),
    );
    const [n, step] = [x.shape[q.attrs.axis]!, strides[q.attrs.axis]!];
    for (let i = 0; i < first.length; i++) {
      let best = 0;
      for (let k = 1; k < n; k++)
        if (x.data[first[i]! + k * step]! > x.data[first[i]! + best * step]!) best = k;
      out.data[i] = best;
    }
    return [out];
  },
  samples: () => [
    { name: 'last axis', inputs: [f32([3, 5])], attrs: { axis: 1 } },
    { name: 'first axis', inputs: [f32([4, 2])], attrs: { axis: 0 } },
    { name: 'ties', inputs: [f32([4], { values: [1, 3, 3, 2] })], attrs: { axis: 0 } },
    { name: 'i32, middle', inputs: [i32([2, 4, 3], { high: 5 })], attrs: { axis: 1 } },
    { name: 'an axis of 1', inputs: [f32([2, 1])], attrs: { axis: 1 } },
  ],
  flops: q => sizeOf(q.types[0]!),
});

type TopKAttrs = { readonly k: number };

export const top_k = defineOp<TopKAttrs>({
  name: 'top_k',
  kind: 'core',
  doc: 'the k largest along the last axis in falling order, and their indices as i32',
  shape: q => {
    const [x] = takes('top_k', q, 1);
    const last = dimAt('top_k', x!.shape, x!.shape.length - 1);
    const { k } = q.attrs;
    if (!Number.isInteger(k) || k < 1 || (typeof last === 'number' && k > last))
      fault(`top_k takes 1 to ${showDim(last)} values; k is ${k}`);
    const shape = x!.shape.map((dim, axis) => (axis === x!.shape.length - 1 ? k : dim));
    return [shape, shape];
  },
  dtype: q => [numbers('top_k', q.inputs), 'i32'],
  keep: q => {
    const last = q.types[0]!.shape.length - 1;
    const identity = lowest(q.types[0]!.dtype);
    const { fills, kept } = consumeKeeps(q.builder, 0, q.inputs[0]!, [last], identity, axis => axis);
    return { fills, outputs: [kept, kept] };
  },
  dependence: q =>
    q.axis === q.types[0]!.shape.length - 1 ? [{ kind: 'all' }] : [{ kind: 'same', axis: q.axis }],
  grad: q => {
    if (q.grads[0] === undefined) return [undefined];
    const shape = q.builder.shapeOf(q.inputs[0]!);
    return [takeAlongAdjoint(q.builder, q.grads[0], q.outputs[1]!, shape, shape.length - 1)];
  },
  reference: q => {
    const [values, indices] = [q.allocate(q.outputs[0]!), q.allocate(q.outputs[1]!)];
    const x = q.inputs[0]!;
    const n = x.shape.at(-1)!;
    const { k } = q.attrs;
    for (let row = 0; row * n < x.data.length; row++) {
      const at = (i: number): number => x.data[row * n + i]!;
      const order = range(n).toSorted((a, b) => at(b) - at(a) || a - b);
      for (let j = 0; j < k; j++) {
        values.data[row * k + j] = at(order[j]!);
        indices.data[row * k + j] = order[j]!;
      }
    }
    return [values, indices];
  },
  samples: () => [
    { name: 'two of five', inputs: [f32([3, 5])], attrs: { k: 2 } },
    { name: 'all', inputs: [f32([4])], attrs: { k: 4 } },
    { name: 'ties', inputs: [i32([5], { values: [2, 7, 7, 1, 7] })], attrs: { k: 2 } },
    { name: 'one, rank 3', inputs: [f32([2, 1, 3])], attrs: { k: 1 } },
  ],
  flops: q => sizeOf(q.types[0]!),
});
