// conv2d on NHWC and its gradients. The image is unfolded into columns (one slice for each place of the kernel) and
// multiplied by the kernel as a matrix: the forward product and the weight's gradient read the same columns.

import type { Emit, EmitQuery } from './emit.ts';
import { input, inputType, intsAttr, outputType, product, reshaped, transposed } from './emit.ts';
import { matmul } from './matmul.ts';
import type { Writer } from './writer.ts';

interface Geometry {
  readonly strides: readonly number[];
  readonly low: readonly number[];
  readonly high: readonly number[];
  readonly kernel: readonly [number, number];
  readonly image: readonly number[];
  readonly out: readonly number[];
}

/** x [N, H, W, C] → columns [N·OH·OW, kh·kw·C]. */
function columns(w: Writer, x: string, g: Geometry): string {
  const [N = 0, H = 0, W = 0, C = 0] = g.image;
  const [, OH = 0, OW = 0] = g.out;
  const [kh, kw] = g.kernel;
  const [sh = 1, sw = 1] = g.strides;
  const [top = 0, left = 0] = g.low;
  const [bottom = 0, right = 0] = g.high;
  const rows = N * OH * OW;
  const padded = [...g.low, ...g.high].some(n => n !== 0);
  if (kh === 1 && kw === 1 && sh === 1 && sw === 1 && !padded) return reshaped(w, x, g.image, [rows, C]);
  if (sh === kh && sw === kw && !padded && OH * sh === H && OW * sw === W) {
    const parts = [N, OH, kh, OW, kw, C];
    const split = reshaped(w, x, g.image, parts);
    const moved = transposed(w, split, parts, [0, 1, 3, 2, 4, 5]);
    return reshaped(w, moved, [N, OH, OW, kh, kw, C], [rows, kh * kw * C]);
  }
  const framed = padded
    ? w.one('Pad', [x, w.ints([0, top, left, 0, 0, bottom, right, 0]), w.scalar(0)], { mode: 'constant' })
    : x;
  const places: string[] = [];
  for (let i = 0; i < kh; i++) {
    for (let j = 0; j < kw; j++) {
      places.push(
        w.one('Slice', [
          framed,
          w.ints([i, j]),
          w.ints([i + (OH - 1) * sh + 1, j + (OW - 1) * sw + 1]),
          w.ints([1, 2]),
          w.ints([sh, sw]),
        ]),
      );
    }
  }
  const all = w.one('Concat', places, { axis: 3 });
  return reshaped(w, all, [N, OH, OW, kh * kw * C], [rows, kh * kw * C]);
}

const windows = (q: EmitQuery): Pick<Geometry, 'strides' | 'low' | 'high'> => ({
  strides: intsAttr(q, 'strides'),
  low: intsAttr(q, 'low'),
  high: intsAttr(q, 'high'),
});

const conv2d: Emit = q => {
  const { w } = q;
  const kernel = inputType(q, 1).shape;
  const [kh = 1, kw = 1, C = 1, O = 1] = kernel;
  const out = outputType(q).shape;
  const g = { ...windows(q), kernel: [kh, kw] as const, image: inputType(q, 0).shape, out };
  const matrix = reshaped(w, input(q, 1), kernel, [kh * kw * C, O]);
  const y = matmul(w, columns(w, input(q, 0), g), matrix);
  return [reshaped(w, y, [product(out) / O, O], out)];
};

/** dw = columnsᵀ · dy. */
const weightGrad: Emit = q => {
  const { w } = q;
  const out = inputType(q, 1).shape;
  const kernel = outputType(q).shape;
  const [kh = 1, kw = 1, C = 1, O = 1] = kernel;
  const g = { ...windows(q), kernel: [kh, kw] as const, image: inputType(q, 0).shape, out };
  const rows = reshaped(w, input(q, 1), out, [product(out) / O, O]);
  const dw = matmul(w, columns(w, input(q, 0), g), rows, { transA: 1 });
  return [reshaped(w, dw, [kh * kw * C, O], kernel)];
};

/** dx = the transposed convolution of dy, on NCHW. */
const inputGrad: Emit = q => {
  const { w } = q;
  const { strides, low, high } = windows(q);
  const image = outputType(q).shape;
  const kernel = inputType(q, 1).shape;
  const [kh = 1, kw = 1] = kernel;
  const size = [kh, kw];
  const dy = transposed(w, input(q, 0), inputType(q, 0).shape, [0, 3, 1, 2]);
  const weight = transposed(w, input(q, 1), kernel, [3, 2, 0, 1]);
  const [, OH = 0, OW = 0] = inputType(q, 0).shape;
  // Rows and columns at the far edge that the strides never reached get no gradient: output_padding adds them.
  const left = [OH, OW].map(
    (n, i) => image[i + 1]! - ((n - 1) * strides[i]! + size[i]! - low[i]! - high[i]!),
  );
  const dx = w.one('ConvTranspose', [dy, weight], {
    strides,
    pads: [...low, ...high],
    output_padding: left,
    kernel_shape: size,
  });
  const [N = 0, H = 0, W = 0, C = 0] = image;
  return [transposed(w, dx, [N, C, H, W], [0, 2, 3, 1])];
};

export const convolutions = {
  conv2d,
  conv2d_input_grad: inputGrad,
  conv2d_weight_grad: weightGrad,
} as const satisfies Readonly<Record<string, Emit>>;
