// Batched matrix products on the host, for the reference implementations.

import type { HostTensor, TensorData } from '../base/tensor.ts';
import { strideIndex, stridesOf } from './host-index.ts';

/** The data of a tensor with its axes in another order; the data itself where the order is as it was. */
export function permuted(x: HostTensor, order: readonly number[]): TensorData {
  if (order.every((axis, i) => axis === i)) return x.data;
  const strides = stridesOf(x.shape);
  const index = strideIndex(
    order.map(axis => x.shape[axis]!),
    order.map(axis => strides[axis]!),
  );
  const y = x.data.slice();
  for (let i = 0; i < index.length; i++) y[i] = x.data[index[i]!]!;
  return y;
}

export interface MatmulSize {
  readonly batch: number;
  readonly rows: number;
  readonly inner: number;
  readonly columns: number;
}

/** out[b, i, j] = Σₖ lhs[b, i, k] · rhs[b, k, j], summed in double precision. */
export function multiplyInto(out: TensorData, lhs: TensorData, rhs: TensorData, size: MatmulSize): void {
  const { batch, rows, inner, columns } = size;
  const sums = new Float64Array(columns);
  for (let b = 0; b < batch; b++) {
    for (let i = 0; i < rows; i++) {
      sums.fill(0);
      const left = (b * rows + i) * inner;
      for (let k = 0; k < inner; k++) addScaled(sums, rhs, (b * inner + k) * columns, lhs[left + k]!);
      out.set(sums, (b * rows + i) * columns);
    }
  }
}

/** sums[j] += x[from + j] · by */
export function addScaled(sums: Float64Array, x: TensorData, from: number, by: number): void {
  for (let j = 0; j < sums.length; j++) sums[j]! += by * x[from + j]!;
}
