// An NHWC image unfolded into columns, one row for each place of the kernel, and the adjoint. The gradients of a
// convolution are matrix products around these. Attributes beside the convolution's own: `kernel` [kh, kw] and
// `positions` [OH, OW].

import { input, inputType, intsAttr, outputType } from '../node-query.ts';
import { type HostKernel, type HostQuery, result } from './host-kernel.ts';

/** For each run of channels in the columns, where it stands in the image; −1 where padding stands. */
function eachPlace(
  q: HostQuery,
  image: readonly number[],
  visit: (column: number, at: number) => void,
): void {
  const [N = 0, H = 0, W = 0, C = 0] = image;
  const [kh = 1, kw = 1] = intsAttr(q, 'kernel');
  const [OH = 0, OW = 0] = intsAttr(q, 'positions');
  const [sh = 1, sw = 1] = intsAttr(q, 'strides');
  const [top = 0, left = 0] = intsAttr(q, 'low');
  let column = 0;
  for (let n = 0; n < N; n++)
    for (let oh = 0; oh < OH; oh++)
      for (let ow = 0; ow < OW; ow++)
        for (let i = 0; i < kh; i++) {
          const h = oh * sh + i - top;
          for (let j = 0; j < kw; j++, column += C) {
            const w = ow * sw + j - left;
            const inside = h >= 0 && h < H && w >= 0 && w < W;
            visit(column, inside ? ((n * H + h) * W + w) * C : -1);
          }
        }
}

/** x [N, H, W, C] → columns [N·OH·OW, kh·kw·C]. */
const unfold: HostKernel = q => {
  const [x, y] = [input(q, 0), result(q)];
  const { shape } = inputType(q, 0);
  const C = shape[3] ?? 0;
  eachPlace(q, shape, (column, at) => {
    if (at < 0) y.fill(0, column, column + C);
    else for (let c = 0; c < C; c++) y[column + c] = x[at + c]!;
  });
};

/** Columns [N·OH·OW, kh·kw·C] → the image [N, H, W, C], each pixel the sum over the windows that hold it. */
const fold: HostKernel = q => {
  const [columns, y] = [input(q, 0), result(q)];
  const { shape } = outputType(q);
  const C = shape[3] ?? 0;
  y.fill(0);
  eachPlace(q, shape, (column, at) => {
    if (at >= 0) for (let c = 0; c < C; c++) y[at + c] = y[at + c]! + columns[column + c]!;
  });
};

export const hostUnfolding = { unfold, fold } as const satisfies Readonly<Record<string, HostKernel>>;
