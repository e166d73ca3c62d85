// conv2d on NHWC and its gradients, as matrix products with the unfolded image: the forward product and the weight's
// gradient read the same columns. Faster in training than Conv and ConvTranspose, which want NCHW.

import { input, inputType, intsAttr, outputType, product } from '../node-query.ts';
import type { Emit, EmitQuery } from './emit.ts';
import { reshaped } from './emit.ts';
import { matmul } from './matmul.ts';
import type { Geometry } from './unfold.ts';
import { columnsOf, imageOf } from './unfold.ts';

function geometry(
  q: EmitQuery,
  image: readonly number[],
  kernel: readonly number[],
  out: readonly number[],
): Geometry {
  const pair = (values: readonly number[]): readonly [number, number] => [values[0] ?? 1, values[1] ?? 1];
  return {
    image,
    out,
    kernel: pair(kernel),
    strides: pair(intsAttr(q, 'strides')),
    low: pair(intsAttr(q, 'low')),
    high: pair(intsAttr(q, 'high')),
  };
}

/** The kernel [kh, kw, C, O] as a matrix. */
const matrix = ([kh = 1, kw = 1, C = 1, O = 1]: readonly number[]): readonly number[] => [kh * kw * C, O];

/** [N, OH, OW, O] as rows. */
const rows = (out: readonly number[]): readonly number[] => [product(out.slice(0, 3)), out[3] ?? 1];

/** By the runtime's own kernel, which wants NCHW: for files, where no gradient reads the columns. */
function convolved(q: EmitQuery): string {
  const { w } = q;
  const [low, high] = [intsAttr(q, 'low'), intsAttr(q, 'high')];
  const image = w.one('Transpose', [input(q, 0)], { perm: [0, 3, 1, 2] });
  const kernel = w.one('Transpose', [input(q, 1)], { perm: [3, 2, 0, 1] });
  const y = w.one('Conv', [image, kernel], {
    kernel_shape: inputType(q, 1).shape.slice(0, 2),
    strides: intsAttr(q, 'strides'),
    pads: [...low, ...high],
  });
  return w.one('Transpose', [y], { perm: [0, 2, 3, 1] });
}

const conv2d: Emit = q => {
  const { w } = q;
  if (w.portable) return [convolved(q)];
  const kernel = inputType(q, 1).shape;
  const out = outputType(q).shape;
  const columns = columnsOf(w, input(q, 0), geometry(q, inputType(q, 0).shape, kernel, out));
  const y = matmul(w, columns, reshaped(w, input(q, 1), kernel, matrix(kernel)));
  return [reshaped(w, y, rows(out), out)];
};

/** dw = columnsᵀ · dy. */
const weightGrad: Emit = q => {
  const { w } = q;
  const out = inputType(q, 1).shape;
  const kernel = outputType(q).shape;
  const columns = columnsOf(w, input(q, 0), geometry(q, inputType(q, 0).shape, kernel, out));
  const dw = matmul(w, columns, reshaped(w, input(q, 1), out, rows(out)), { transA: 1 });
  return [reshaped(w, dw, matrix(kernel), kernel)];
};

/** dx = the columns dy · wᵀ summed back into the image. */
const inputGrad: Emit = q => {
  const { w } = q;
  const out = inputType(q, 0).shape;
  const kernel = inputType(q, 1).shape;
  const dy = reshaped(w, input(q, 0), out, rows(out));
  const columns = matmul(w, dy, reshaped(w, input(q, 1), kernel, matrix(kernel)), { transB: 1 });
  return [imageOf(w, columns, geometry(q, outputType(q).shape, kernel, out))];
};

export const convolutions = {
  conv2d,
  conv2d_input_grad: inputGrad,
  conv2d_weight_grad: weightGrad,
} as const satisfies Readonly<Record<string, Emit>>;
