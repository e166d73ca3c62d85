// Matrix product with bias and activation in one: what a pass makes of the three where nobody reads in between.

import type { Builder } from '../../ir/builder.ts';
import { fault } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/graph.ts';
import { defineOp } from '../define.ts';
import { distinctKeeps } from '../keep-rules.ts';
import { showType } from '../shape-rules.ts';
import { gelu, quickGelu, relu, silu } from './activations.ts';
import { concrete, count, fillsAlong, keepsWithout, oneFloat, operand } from './rules.ts';

export const linearActivations = ['none', 'relu', 'gelu', 'gelu_tanh', 'quick_gelu', 'silu'] as const;
export type LinearActivation = (typeof linearActivations)[number];
type Linear = { readonly activation: LinearActivation };

function activate(b: Builder, x: ValueId, activation: LinearActivation): ValueId {
  switch (activation) {
    case 'none':
      return x;
    case 'gelu':
      return b.one('gelu', [x], { approximate: false });
    case 'gelu_tanh':
      return b.one('gelu', [x], { approximate: true });
    case 'relu':
    case 'quick_gelu':
    case 'silu':
      return b.one(activation, [x]);
    default:
      return activation satisfies never;
  }
}

const samples = (activation: LinearActivation, bias: boolean) => ({
  name: `${activation}${bias ? '' : ' without bias'}`,
  inputs: [
    { type: { dtype: 'f32' as const, shape: [3, 4] } },
    { type: { dtype: 'f32' as const, shape: [4, 2] } },
    ...(bias ? [{ type: { dtype: 'f32' as const, shape: [2] } }] : []),
  ],
  attrs: { activation },
});

export const linear = defineOp<Linear>({
  name: 'linear',
  kind: 'composite',
  doc: '(x[M, K], w[K, N], b[N]?) → activation(x·w + b).',
  shape: q => {
    const x = operand('linear', q.inputs, 0);
    const w = operand('linear', q.inputs, 1);
    const bias = q.inputs[2];
    const fits =
      x.shape.length === 2 &&
      w.shape.length === 2 &&
      q.dims.same(x.shape[1]!, w.shape[0]!) &&
      (bias === undefined || (bias.shape.length === 1 && q.dims.same(bias.shape[0]!, w.shape[1]!)));
    if (!fits)
      fault(`linear takes x[M, K], w[K, N] and b[N]; these are ${q.inputs.map(showType).join(', ')}`);
    return [[x.shape[0]!, w.shape[1]!]];
  },
  dtype: q => {
    if (!linearActivations.includes(q.attrs.activation))
      fault(`linear has no activation ${q.attrs.activation}`);
    return [oneFloat('linear', q.inputs)];
  },
  keep: q => {
    const [ofX, ofW, ofBias = []] = q.inputs;
    const columns = [...keepsWithout(ofW!, 0, true), ...ofBias.map(k => ({ mask: k.mask, axes: [1] }))];
    return {
      fills: [...fillsAlong(0, ofX!, 1, 0), ...fillsAlong(1, ofW!, 0, 0)],
      outputs: [distinctKeeps([...keepsWithout(ofX!, 1, true), ...columns])],
    };
  },
  dependence: q =>
    q.axis === 0
      ? q.types.map((_, i) => (i === 0 ? { kind: 'same', axis: 0 } : { kind: 'all' }))
      : q.types.map((_, i) => (i === 0 ? { kind: 'all' } : { kind: 'same', axis: i === 1 ? 1 : 0 })),
  grad: { none: 'linear is made after differentiation' },
  reference: q => {
    const [x, w, bias] = q.inputs;
    const y = q.allocate(q.outputs[0]!);
    const [rows, width] = x!.shape as [number, number];
    const columns = w!.shape[1]!;
    for (let i = 0; i < rows; i++) {
      for (let j = 0; j < columns; j++) {
        let dot = bias?.data[j] ?? 0;
        for (let k = 0; k < width; k++) dot += x!.data[i * width + k]! * w!.data[k * columns + j]!;
        y.data[i * columns + j] = dot;
      }
    }
    const after = { inputs: [y], outputs: q.outputs, allocate: q.allocate };
    switch (q.attrs.activation) {
      case 'none':
        return [y];
      case 'relu':
        return relu.reference({ ...after, attrs: {} });
      case 'gelu':
        return gelu.reference({ ...after, attrs: { approximate: false } });
      case 'gelu_tanh':
        return gelu.reference({ ...after, attrs: { approximate: true } });
      case 'quick_gelu':
        return quickGelu.reference({ ...after, attrs: {} });
      case 'silu':
        return silu.reference({ ...after, attrs: {} });
      default:
        return q.attrs.activation satisfies never;
    }
  },
  samples: () => [...linearActivations.map(a => samples(a, true)), samples('none', false)],
  flops: q => count(q.outputs[0]!) * (2 * concrete(q.types[0]!)[1]! + 8),
  decompose: ({ builder: b, inputs: [x, w, bias], attrs }) => {
    const product = b.one('dot_general', [x!, w!], {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [1],
      rhsContract: [0],
    });
    return [activate(b, bias === undefined ? product : b.one('add', [product, bias]), attrs.activation)];
  },
});
