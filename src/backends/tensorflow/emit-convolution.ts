// conv2d on NHWC and its gradients, by TensorFlow's own kernels with explicit padding.

import { input, intsAttr, outputType } from '../node-query.ts';
import type { Emit, EmitQuery } from './emit.ts';
import { intsAttr as listed } from './kernels.ts';
import type { Attributes } from './writer.ts';

function windowOf(q: EmitQuery): Attributes {
  const [strides, low, high] = [intsAttr(q, 'strides'), intsAttr(q, 'low'), intsAttr(q, 'high')];
  return {
    strides: listed([1, ...strides, 1]),
    explicit_paddings: listed([0, 0, ...[0, 1].flatMap(i => [low[i] ?? 0, high[i] ?? 0]), 0, 0]),
  };
}

export const convolutions = {
  conv2d: q => [q.w.one('Conv2D', [input(q, 0), input(q, 1)], windowOf(q))],
  conv2d_input_grad: q => {
    const { w } = q;
    return [
      w.one('Conv2DBackpropInput', [w.ints(outputType(q).shape), input(q, 1), input(q, 0)], windowOf(q)),
    ];
  },
  conv2d_weight_grad: q => {
    const { w } = q;
    return [
      w.one('Conv2DBackpropFilter', [input(q, 0), w.ints(outputType(q).shape), input(q, 1)], windowOf(q)),
    ];
  },
} as const satisfies Readonly<Record<string, Emit>>;
