// dot_general as one batched matrix product. An operand that lies with its axes swapped is read so, without a
// Transpose.

import type { Tensor } from '@tensorflow/tfjs-core';
import type { Attrs } from '../../ir/graph.ts';
import { input, inputType, intsAttr, outputType, product } from '../node-query.ts';
import { type Kernels, type Run, reshaped, transposed } from './run.ts';
import type { OwnKernel } from './start.ts';

interface Operand {
  readonly tensor: Tensor;
  readonly isSwapped: boolean;
}

/** Whether axes in that order lie in memory as they are; axes of size 1 may stand anywhere. */
function inOrder(shape: readonly number[], order: readonly number[]): boolean {
  const real = order.filter(a => shape[a] !== 1);
  return real.every((a, i) => i === 0 || (real[i - 1] ?? 0) < a);
}

/** The operand as [batch, rows, columns], or as [batch, columns, rows] where it lies so. */
function placed(
  k: Kernels,
  x: Tensor,
  batch: readonly number[],
  rows: readonly number[],
  columns: readonly number[],
): Operand {
  const size = (axes: readonly number[]): number => product(axes.map(a => x.shape[a] ?? 1));
  const [B, R, C] = [size(batch), size(rows), size(columns)];
  const [plain, swapped] = [
    [...batch, ...rows, ...columns],
    [...batch, ...columns, ...rows],
  ];
  if (!inOrder(x.shape, plain) && inOrder(x.shape, swapped))
    return { tensor: reshaped(k, x, [B, C, R]), isSwapped: true };
  return { tensor: reshaped(k, transposed(k, x, plain), [B, R, C]), isSwapped: false };
}

const dotGeneral: Run = q => {
  const { k } = q;
  const free = (i: number, ...used: (readonly number[])[]): readonly number[] =>
    inputType(q, i)
      .shape.map((_, axis) => axis)
      .filter(axis => !used.some(axes => axes.includes(axis)));
  const [lhsBatch, lhsContract] = [intsAttr(q, 'lhsBatch'), intsAttr(q, 'lhsContract')];
  const [rhsBatch, rhsContract] = [intsAttr(q, 'rhsBatch'), intsAttr(q, 'rhsContract')];
  const a = placed(k, input(q, 0), lhsBatch, free(0, lhsBatch, lhsContract), lhsContract);
  const b = placed(k, input(q, 1), rhsBatch, rhsContract, free(1, rhsBatch, rhsContract));
  return [reshaped(k, matmul(k, a, b), outputType(q).shape)];
};

/** [B, M, K] · [B, K, N] */
export function matmul(k: Kernels, a: Operand, b: Operand): Tensor {
  switch (k.backend) {
    case 'cpu':
      return plainProduct(k, unswapped(k, a), unswapped(k, b));
    case 'wasm':
      return fastProduct(k, a, b);
    default:
      return k.backend satisfies never;
  }
}

const unswapped = (k: Kernels, { tensor, isSwapped }: Operand): Tensor =>
  isSwapped ? transposed(k, tensor, [0, 2, 1]) : tensor;

const stockProduct = (k: Kernels, a: Operand, b: Operand): Tensor =>
  k.stock('BatchMatMul', { a: a.tensor, b: b.tensor }, { transposeA: a.isSwapped, transposeB: b.isSwapped });

/** A kernel of ours apart from any node of the graph. */
function ownOne(
  k: Kernels,
  name: OwnKernel,
  inputs: readonly Tensor[],
  shape: readonly number[],
  attrs: Attrs = {},
): Tensor {
  const [made] = k.own(name, {
    node: { op: name, inputs: [], outputs: [], attrs, regions: [], span: undefined },
    inputs,
    types: inputs.map(x => ({ dtype: 'f32', shape: x.shape }) as const),
    outputs: [{ dtype: 'f32', shape }],
    used: [true],
  });
  if (made === undefined) throw new Error(`${name} gave nothing`);
  return made;
}

/** By our kernel, which takes less time than the stock one. */
const plainProduct = (k: Kernels, a: Tensor, b: Tensor): Tensor =>
  ownOne(k, 'matmul', [a, b], [a.shape[0] ?? 1, a.shape[1] ?? 1, b.shape[2] ?? 1]);

/** From so many multiplications on the fast path is worth its way. */
const worthwhile = 16 ** 3;

/**
 * WebAssembly has a vectorized product for two matrices that lie as they are read; what is transposed or in batches
 * runs number by number. So matrices are laid so and taken one by one, where they aren't tiny.
 */
function fastProduct(k: Kernels, a: Operand, b: Operand): Tensor {
  const [B = 1, rows = 1, columns = 1] = a.tensor.shape;
  const outer = b.tensor.shape[b.isSwapped ? 1 : 2] ?? 1;
  if (rows * columns * outer < worthwhile) return stockProduct(k, a, b);
  const [x, y] = [unswapped(k, a), unswapped(k, b)];
  const plain = (tensor: Tensor): Operand => ({ tensor, isSwapped: false });
  if (B === 1) return stockProduct(k, plain(x), plain(y));
  const at = (tensor: Tensor, i: number): Operand => {
    const [, R = 1, C = 1] = tensor.shape;
    const attrs = { starts: [i, 0, 0], limits: [i + 1, R, C], strides: [1, 1, 1] };
    return plain(ownOne(k, 'slice', [tensor], [1, R, C], attrs));
  };
  const products = Array.from({ length: B }, (_, i) => stockProduct(k, at(x, i), at(y, i)));
  return k.stock('Concat', products, { axis: 0 });
}

export const products = { dot_general: dotGeneral } as const satisfies Readonly<Record<string, Run>>;
