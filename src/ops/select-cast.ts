// Choosing between values, changing element types, and cutting the gradient.

import type { DType } from '../base/dtype.ts';
import { dtypeBytes, isFloat } from '../base/dtype.ts';
import { fault } from '../ir/builder.ts';
import { defineOp } from './define.ts';
import {
  elementwiseDependence,
  elementwiseFlops,
  elementwiseKeep,
  elementwiseShape,
  sourceIndex,
  unaryReference,
} from './elementwise-rules.ts';
import { notDifferentiable, unbroadcast } from './gradient-rules.ts';
import { bool, f32, i32 } from './sample-inputs.ts';
import { concreteShape } from './shape-rules.ts';

type NoAttrs = Readonly<Record<never, never>>;

type SelectAttrs = {
  /** Where the condition is false stands padding: any finite number would do as well as b. */
  readonly free?: true;
};

export const select = defineOp<SelectAttrs>({
  name: 'select',
  kind: 'core',
  doc: 'select(condition, a, b): a where the condition is true, else b; what isn’t chosen isn’t read, NaN or not. With `free`, any finite number would do for b',
  shape: elementwiseShape('select', 3),
  dtype: q => {
    const [condition, a, b] = q.inputs.map(t => t.dtype);
    if (condition !== 'bool' || a === undefined || a !== b)
      fault(`select takes a bool and two values of one dtype; got ${condition}, ${a} and ${b}`);
    return [a];
  },
  keep: elementwiseKeep,
  dependence: elementwiseDependence,
  grad: q => {
    const dy = q.grads[0];
    if (dy === undefined) return [undefined, undefined, undefined];
    const b = q.builder;
    const zero = b.constant(0, b.typeOf(dy).dtype);
    const condition = q.inputs[0]!;
    const side = (input: number, branches: readonly [number, number]) =>
      q.wanted[input] === true
        ? unbroadcast(b, b.one('select', [condition, branches[0], branches[1]]), b.shapeOf(q.inputs[input]!))
        : undefined;
    return [undefined, side(1, [dy, zero]), side(2, [zero, dy])];
  },
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    const shape = concreteShape(q.outputs[0]!.shape);
    const y = out.data;
    const [c, a, b] = q.inputs.map(t => t.data);
    const [ic, ia, ib] = q.inputs.map(t => sourceIndex(t.shape, shape));
    for (let i = 0; i < y.length; i++) y[i] = c![ic![i]!] === 0 ? b![ib![i]!]! : a![ia![i]!]!;
    return [out];
  },
  samples: () => [
    { name: 'equal shapes', inputs: [bool([3, 4]), f32([3, 4]), f32([3, 4])], attrs: {} },
    { name: 'a mask by rows and a scalar', inputs: [bool([3, 1]), f32([3, 4]), f32([])], attrs: {} },
    { name: 'all stretch', inputs: [bool([2, 1, 1]), f32([3, 1]), f32([4])], attrs: {} },
    { name: 'i32', inputs: [bool([5]), i32([5], { high: 9 }), i32([5], { high: 9 })], attrs: {} },
    {
      name: 'NaN that is not chosen',
      inputs: [
        bool([2], { values: [1, 1] }),
        f32([2], { values: [1, 2] }),
        f32([2], { values: [Number.NaN, Number.POSITIVE_INFINITY] }),
      ],
      attrs: {},
    },
  ],
  flops: elementwiseFlops,
});

/** The i32 that a float becomes. */
export const toWhole = (x: number): number =>
  Number.isNaN(x) ? 0 : Math.trunc(Math.max(-2147483648, Math.min(2147483647, x)));

type CastAttrs = { readonly to: DType };

export const cast = defineOp<CastAttrs>({
  name: 'cast',
  kind: 'core',
  doc: 'the same value in another dtype: float to i32 truncates towards 0, to the nearest i32 where it is outside and to 0 where it is NaN; bool to number is 0 or 1, number to bool is x ≠ 0',
  shape: elementwiseShape('cast', 1),
  dtype: q => {
    if (!Object.hasOwn(dtypeBytes, q.attrs.to)) fault(`cast wants a dtype; got ${q.attrs.to}`);
    return [q.attrs.to];
  },
  keep: elementwiseKeep,
  dependence: elementwiseDependence,
  grad: q => {
    const dy = q.grads[0];
    const from = q.builder.typeOf(q.inputs[0]!).dtype;
    if (dy === undefined || !isFloat(from) || !isFloat(q.attrs.to)) return [undefined];
    return [from === q.attrs.to ? dy : q.builder.one('cast', [dy], { to: from })];
  },
  reference: q => {
    const from = q.inputs[0]!.dtype;
    if (q.attrs.to === 'bool') return unaryReference(x => (x === 0 ? 0 : 1))(q);
    if (q.attrs.to === 'i32' && isFloat(from)) return unaryReference(toWhole)(q);
    return unaryReference(x => x)(q);
  },
  samples: () => [
    {
      name: 'f32 to i32',
      inputs: [f32([6], { values: [1.7, -1.7, 0, -0.2, 5, 100.9] })],
      attrs: { to: 'i32' },
    },
    { name: 'i32 to f32', inputs: [i32([2, 3], { high: 50 })], attrs: { to: 'f32' } },
    { name: 'bool to f32', inputs: [bool([2, 3])], attrs: { to: 'f32' } },
    { name: 'bool to i32', inputs: [bool([2, 3])], attrs: { to: 'i32' } },
    { name: 'i32 to bool', inputs: [i32([2, 3], { high: 2 })], attrs: { to: 'bool' } },
    { name: 'f32 to bool', inputs: [f32([3], { values: [0, -0.5, 2] })], attrs: { to: 'bool' } },
    { name: 'to itself', inputs: [f32([2, 1])], attrs: { to: 'f32' } },
  ],
  flops: () => 0,
});

export const stop_gradient = defineOp<NoAttrs>({
  name: 'stop_gradient',
  kind: 'core',
  doc: 'y = x, and no gradient flows to x',
  shape: elementwiseShape('stop_gradient', 1),
  dtype: q => q.inputs.map(t => t.dtype),
  keep: elementwiseKeep,
  dependence: elementwiseDependence,
  grad: notDifferentiable('the gradient stops here'),
  reference: q => unaryReference(x => x)(q),
  samples: () => [
    { name: 'f32', inputs: [f32([2, 3])], attrs: {} },
    { name: 'i32', inputs: [i32([3], { high: 9 })], attrs: {} },
  ],
  flops: () => 0,
});
