// Softmax and logsumexp along one axis.

import { defineOp } from '../define.ts';
import { distinctKeeps } from '../keep-rules.ts';
import {
  axisOf,
  count,
  eachRow,
  fillsAlong,
  flattenedAt,
  keepsWithout,
  masked,
  oneFloat,
  operand,
  rowDependence,
  sameShape,
  walk,
} from './rules.ts';

type Axis = { readonly axis: number };
type Reduced = { readonly axis: number; readonly keepdims: boolean };

export const softmax = defineOp<Axis>({
  name: 'softmax',
  kind: 'composite',
  doc: 'exp(x − max) / Σ exp(x − max) along an axis.',
  shape: q => {
    axisOf('softmax', q.attrs.axis, operand('softmax', q.inputs, 0));
    return [q.inputs[0]!.shape];
  },
  dtype: q => [oneFloat('softmax', q.inputs)],
  keep: q => ({
    fills: fillsAlong(0, q.inputs[0]!, q.attrs.axis, masked),
    outputs: [q.inputs[0]!],
  }),
  dependence: q => rowDependence(q, q.attrs.axis),
  grad: q => {
    const [dy] = q.grads;
    return [dy === undefined ? undefined : q.builder.one('softmax_grad', [q.outputs[0]!, dy], q.attrs)];
  },
  reference: q => {
    const x = q.inputs[0]!;
    const y = q.allocate(q.outputs[0]!);
    const size = walk(x.shape, q.attrs.axis);
    eachRow(size, (start, stride) => {
      let max = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < size.length; k++) {
        const v = x.data[start + k * stride]!;
        if (!(v <= max)) max = v;
      }
      let sum = 0;
      for (let k = 0; k < size.length; k++) sum += Math.exp(x.data[start + k * stride]! - max);
      for (let k = 0; k < size.length; k++)
        y.data[start + k * stride] = Math.exp(x.data[start + k * stride]! - max) / sum;
    });
    return [y];
  },
  samples: () => [
    {
      name: 'last axis',
      inputs: [{ type: { dtype: 'f32', shape: [3, 5] }, low: -3, high: 3 }],
      attrs: { axis: 1 },
    },
    { name: 'middle axis', inputs: [{ type: { dtype: 'f32', shape: [2, 4, 3] } }], attrs: { axis: 1 } },
    {
      name: 'masked rows',
      inputs: [{ type: { dtype: 'f32', shape: [2, 3] }, values: [1, -1e30, 0.5, -1e30, -1e30, -1e30] }],
      attrs: { axis: 1 },
    },
  ],
  flops: q => 5 * count(q.outputs[0]!),
  decompose: ({ builder: b, inputs: [x], attrs: { axis } }) => {
    const max = b.one('reduce_max', [x!], { axes: [axis], keepdims: true });
    const e = b.one('exp', [b.one('sub', [x!, max])]);
    return [b.one('div', [e, b.one('reduce_sum', [e], { axes: [axis], keepdims: true })])];
  },
});

export const softmaxGrad = defineOp<Axis>({
  name: 'softmax_grad',
  kind: 'composite',
  doc: '(y, dy) → y·(dy − Σ y·dy): the gradient of softmax from its result.',
  shape: q => {
    sameShape(
      'softmax_grad',
      q.dims,
      operand('softmax_grad', q.inputs, 0),
      operand('softmax_grad', q.inputs, 1),
    );
    axisOf('softmax_grad', q.attrs.axis, q.inputs[0]!);
    return [q.inputs[0]!.shape];
  },
  dtype: q => [oneFloat('softmax_grad', q.inputs)],
  keep: q => {
    const joined = distinctKeeps(q.inputs.flat());
    const { axis } = q.attrs;
    const fills = q.inputs.flatMap((_, i) => fillsAlong(i, joined, axis, 0));
    return { fills, outputs: [joined] };
  },
  dependence: q => rowDependence(q, q.attrs.axis),
  grad: { none: 'second derivatives of softmax are not defined' },
  reference: q => {
    const [y, dy] = q.inputs;
    const dx = q.allocate(q.outputs[0]!);
    const size = walk(y!.shape, q.attrs.axis);
    eachRow(size, (start, stride) => {
      let sum = 0;
      for (let k = 0; k < size.length; k++) {
        const at = start + k * stride;
        sum += y!.data[at]! * dy!.data[at]!;
      }
      for (let k = 0; k < size.length; k++) {
        const at = start + k * stride;
        dx.data[at] = y!.data[at]! * (dy!.data[at]! - sum);
      }
    });
    return [dx];
  },
  samples: () => [
    {
      name: 'last axis',
      inputs: [
        { type: { dtype: 'f32', shape: [3, 5] }, low: 0, high: 0.4 },
        { type: { dtype: 'f32', shape: [3, 5] } },
      ],
      attrs: { axis: 1 },
    },
  ],
  flops: q => 4 * count(q.outputs[0]!),
  decompose: ({ builder: b, inputs: [y, dy], attrs: { axis } }) => {
    const sum = b.one('reduce_sum', [b.one('mul', [y!, dy!])], { axes: [axis], keepdims: true });
    return [b.one('mul', [y!, b.one('sub', [dy!, sum])])];
  },
});

export const logsumexp = defineOp<Reduced>({
  name: 'logsumexp',
  kind: 'composite',
  doc: 'max + log Σ exp(x − max) along an axis.',
  shape: q => {
    const x = operand('logsumexp', q.inputs, 0);
    axisOf('logsumexp', q.attrs.axis, x);
    return [
      q.attrs.keepdims ? flattenedAt(x.shape, q.attrs.axis) : x.shape.filter((_, i) => i !== q.attrs.axis),
    ];
  },
  dtype: q => [oneFloat('logsumexp', q.inputs)],
  keep: q => ({
    fills: fillsAlong(0, q.inputs[0]!, q.attrs.axis, masked),
    outputs: [keepsWithout(q.inputs[0]!, q.attrs.axis, q.attrs.keepdims)],
  }),
  dependence: q => {
    if (!q.attrs.keepdims) return [{ kind: 'same', axis: q.axis >= q.attrs.axis ? q.axis + 1 : q.axis }];
    return [q.axis === q.attrs.axis ? { kind: 'all' } : { kind: 'same', axis: q.axis }];
  },
  grad: q => {
    const [dy] = q.grads;
    if (dy === undefined) return [undefined];
    const { builder: b, attrs } = q;
    const x = q.inputs[0]!;
    const rows = flattenedAt(b.shapeOf(x), attrs.axis);
    const wide = attrs.keepdims ? dy : b.one('reshape', [dy], { shape: rows });
    return [b.one('mul', [b.one('softmax', [x], { axis: attrs.axis }), wide])];
  },
  reference: q => {
    const x = q.inputs[0]!;
    const y = q.allocate(q.outputs[0]!);
    const size = walk(x.shape, q.attrs.axis);
    let row = 0;
    eachRow(size, (start, stride) => {
      let max = Number.NEGATIVE_INFINITY;
      for (let k = 0; k < size.length; k++) {
        const v = x.data[start + k * stride]!;
        if (!(v <= max)) max = v;
      }
      let sum = 0;
      for (let k = 0; k < size.length; k++) sum += Math.exp(x.data[start + k * stride]! - max);
      y.data[row++] = max + Math.log(sum);
    });
    return [y];
  },
  samples: () => [
    {
      name: 'kept',
      inputs: [{ type: { dtype: 'f32', shape: [3, 5] }, low: -3, high: 3 }],
      attrs: { axis: 1, keepdims: true },
    },
    {
      name: 'removed',
      inputs: [{ type: { dtype: 'f32', shape: [2, 4, 3] } }],
      attrs: { axis: 1, keepdims: false },
    },
  ],
  flops: q => 4 * count(q.types[0]!),
  decompose: ({ builder: b, inputs: [x], attrs: { axis, keepdims } }) => {
    const max = b.one('reduce_max', [x!], { axes: [axis], keepdims: true });
    const e = b.one('exp', [b.one('sub', [x!, max])]);
    const sum = b.one('reduce_sum', [e], { axes: [axis], keepdims: true });
    const wide = b.one('add', [b.one('log', [sum]), max]);
    if (keepdims) return [wide];
    return [b.one('reshape', [wide], { shape: b.shapeOf(x!).filter((_, i) => i !== axis) })];
  },
});
