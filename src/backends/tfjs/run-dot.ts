// dot_general as one batched matrix product. An operand that lies with its axes swapped is read so, without a
// Transpose.

import type { Tensor } from '@tensorflow/tfjs-core';
import { input, inputType, intsAttr, outputType, product } from '../node-query.ts';
import { type Kernels, type Run, reshaped, transposed } from './run.ts';

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
  return k.stock(
    'BatchMatMul',
    { a: a.tensor, b: b.tensor },
    { transposeA: a.isSwapped, transposeB: b.isSwapped },
  );
}

export const products = { dot_general: dotGeneral } as const satisfies Readonly<Record<string, Run>>;
