// Sums and maxima over axes.

import { isFloat } from '../base/dtype.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { TensorType } from '../ir/graph.ts';
import type {
  Dependence,
  DependenceQuery,
  KeepFlow,
  KeepQuery,
  ReferenceQuery,
  TypeQuery,
} from '../ir/op.ts';
import { defineOp } from './define.ts';
import { numbers } from './dtype-rules.ts';
import { withReducedAxes } from './gradient-rules.ts';
import { strideIndex, stridesOf } from './host-index.ts';
import { consumeKeeps, lowest } from './keep-rules.ts';
import { f32, i32 } from './sample-inputs.ts';
import { checkAxes, range, reducedAxis, reducedShape, sizeOf, takes } from './shape-rules.ts';

export type ReduceAttrs = { readonly axes: readonly number[]; readonly keepdims: boolean };

const reduceShape = (op: string) => (q: TypeQuery<ReduceAttrs>) => {
  const [x] = takes(op, q, 1);
  checkAxes(op, x!.shape, q.attrs.axes);
  return [reducedShape(x!.shape, q.attrs.axes, q.attrs.keepdims)];
};

function reduceKeep(q: KeepQuery<ReduceAttrs>, identity: number): KeepFlow {
  const { axes, keepdims } = q.attrs;
  const place = (axis: number): number => reducedAxis(axis, axes, keepdims)!;
  const { fills, kept } = consumeKeeps(q.builder, 0, q.inputs[0]!, axes, identity, place);
  return { fills, outputs: [kept] };
}

function reduceDependence(q: DependenceQuery<ReduceAttrs>): readonly Dependence[] {
  const from = range(q.types[0]!.shape.length).find(
    axis => reducedAxis(axis, q.attrs.axes, q.attrs.keepdims) === q.axis,
  );
  return [from === undefined ? { kind: 'all' } : { kind: 'same', axis: from }];
}

/** Folds in double precision, then rounds once. */
const reduceReference =
  (start: (type: TensorType) => number, fold: (a: number, b: number) => number) =>
  (q: ReferenceQuery<ReduceAttrs>): readonly HostTensor[] => {
    const out = q.allocate(q.outputs[0]!);
    const x = q.inputs[0]!;
    const strides = stridesOf(reducedShape(x.shape, q.attrs.axes, true) as readonly number[]);
    const target = strideIndex(
      x.shape,
      strides.map((s, axis) => (q.attrs.axes.includes(axis) ? 0 : s)),
    );
    const sums = new Float64Array(out.data.length).fill(start(q.outputs[0]!));
    for (let i = 0; i < target.length; i++) sums[target[i]!] = fold(sums[target[i]!]!, x.data[i]!);
    for (let i = 0; i < sums.length; i++) out.data[i] = sums[i]!;
    return [out];
  };

const samples = () => [
  { name: 'last axis', inputs: [f32([3, 4])], attrs: { axes: [1], keepdims: true } },
  { name: 'first axis', inputs: [f32([3, 4])], attrs: { axes: [0], keepdims: false } },
  { name: 'two of three', inputs: [f32([2, 3, 4])], attrs: { axes: [0, 2], keepdims: false } },
  { name: 'all, kept', inputs: [f32([2, 3])], attrs: { axes: [0, 1], keepdims: true } },
  { name: 'all', inputs: [f32([2, 3])], attrs: { axes: [0, 1], keepdims: false } },
  { name: 'an axis of 1', inputs: [f32([2, 1, 3])], attrs: { axes: [1], keepdims: false } },
  { name: 'none', inputs: [f32([2, 2])], attrs: { axes: [], keepdims: false } },
  { name: 'i32', inputs: [i32([2, 3], { high: 9 })], attrs: { axes: [1], keepdims: false } },
];

export const reduce_sum = defineOp<ReduceAttrs>({
  name: 'reduce_sum',
  kind: 'core',
  doc: 'the sum over `axes`; dropped positions add nothing',
  shape: reduceShape('reduce_sum'),
  dtype: q => [numbers('reduce_sum', q.inputs)],
  keep: q => reduceKeep(q, 0),
  dependence: reduceDependence,
  grad: q => {
    if (q.grads[0] === undefined) return [undefined];
    const shape = q.builder.shapeOf(q.inputs[0]!);
    const { axes, keepdims } = q.attrs;
    return [
      q.builder.one('broadcast', [withReducedAxes(q.builder, q.grads[0], shape, axes, keepdims)], { shape }),
    ];
  },
  reference: reduceReference(
    () => 0,
    (a, b) => a + b,
  ),
  samples,
  flops: q => sizeOf(q.types[0]!),
});

export const reduce_max = defineOp<ReduceAttrs>({
  name: 'reduce_max',
  kind: 'core',
  doc: 'the largest over `axes`; equal maxima share the gradient',
  shape: reduceShape('reduce_max'),
  dtype: q => [numbers('reduce_max', q.inputs)],
  keep: q => reduceKeep(q, lowest(q.types[0]!.dtype)),
  dependence: reduceDependence,
  // dx = dy · [x = y] / (number of maxima)
  grad: q => {
    if (q.grads[0] === undefined) return [undefined];
    const b = q.builder;
    const x = q.inputs[0]!;
    const { shape, dtype } = b.typeOf(x);
    const { axes, keepdims } = q.attrs;
    const wide = (value: number) => withReducedAxes(b, value, shape, axes, keepdims);
    const isMax = b.one('cast', [b.one('equal', [x, wide(q.outputs[0]!)])], { to: dtype });
    const count = b.one('reduce_sum', [isMax], { axes, keepdims: true });
    return [b.one('mul', [isMax, b.one('div', [wide(q.grads[0]), count])])];
  },
  reference: reduceReference(
    type => (isFloat(type.dtype) ? Number.NEGATIVE_INFINITY : lowest(type.dtype)),
    (a, b) => (Number.isNaN(b) || b > a ? b : a),
  ),
  samples,
  flops: q => sizeOf(q.types[0]!),
});
