// conv2d on NHWC by TensorFlow.js's kernel; its gradients as matrix products around unfolded images, since the
// backends lack one of them or run it place by place.
//   dw = columns(x)ᵀ · dy      dx = image(dy · wᵀ)

import type { Tensor } from '@tensorflow/tfjs-core';
import { input, inputType, intsAttr, outputType, product, type StaticType } from '../node-query.ts';
import { type Run, type RunQuery, reshaped } from './run.ts';
import { matmul } from './run-dot.ts';
import type { OwnKernel } from './start.ts';

const conv2d: Run = q => {
  const [low, high] = [intsAttr(q, 'low'), intsAttr(q, 'high')];
  const pad = [[0, 0], ...[0, 1].map(i => [low[i] ?? 0, high[i] ?? 0]), [0, 0]];
  return [
    q.k.stock(
      'Conv2D',
      { x: input(q, 0), filter: input(q, 1) },
      {
        strides: intsAttr(q, 'strides'),
        pad,
        dataFormat: 'NHWC',
        dilations: [1, 1],
        dimRoundingMode: 'floor',
      },
    ),
  ];
};

/** `unfold` or `fold` of a convolution whose kernel and places have these sizes. */
function moved(
  q: RunQuery,
  kernel: OwnKernel,
  from: { readonly tensor: Tensor; readonly type: StaticType },
  to: StaticType,
  sizes: { readonly kernel: readonly number[]; readonly positions: readonly number[] },
): Tensor {
  const [out] = q.k.own(kernel, {
    ...q,
    node: { ...q.node, attrs: { ...q.node.attrs, ...sizes } },
    inputs: [from.tensor],
    types: [from.type],
    outputs: [to],
  });
  if (out === undefined) throw new Error(`${kernel} gave nothing`);
  return out;
}

const weightGrad: Run = q => {
  const { k } = q;
  const [x, dy, w] = [inputType(q, 0), inputType(q, 1), outputType(q)];
  const [kh = 1, kw = 1, C = 1, O = 1] = w.shape;
  const places = product(dy.shape.slice(0, 3));
  const columns: StaticType = { dtype: 'f32', shape: [places, kh * kw * C] };
  const sizes = { kernel: [kh, kw], positions: dy.shape.slice(1, 3) };
  const unfolded = moved(q, 'unfold', { tensor: input(q, 0), type: x }, columns, sizes);
  const product3 = matmul(
    k,
    { tensor: reshaped(k, unfolded, [1, places, kh * kw * C]), isSwapped: true },
    { tensor: reshaped(k, input(q, 1), [1, places, O]), isSwapped: false },
  );
  return [reshaped(k, product3, w.shape)];
};

const inputGrad: Run = q => {
  const { k } = q;
  const [dy, w, x] = [inputType(q, 0), inputType(q, 1), outputType(q)];
  const [kh = 1, kw = 1, C = 1, O = 1] = w.shape;
  const places = product(dy.shape.slice(0, 3));
  const columns = matmul(
    k,
    { tensor: reshaped(k, input(q, 0), [1, places, O]), isSwapped: false },
    { tensor: reshaped(k, input(q, 1), [1, kh * kw * C, O]), isSwapped: true },
  );
  const type: StaticType = { dtype: 'f32', shape: [places, kh * kw * C] };
  const sizes = { kernel: [kh, kw], positions: dy.shape.slice(1, 3) };
  return [moved(q, 'fold', { tensor: columns, type }, x, sizes)];
};

export const convolutions = {
  conv2d,
  conv2d_input_grad: inputGrad,
  conv2d_weight_grad: weightGrad,
} as const satisfies Readonly<Record<string, Run>>;
