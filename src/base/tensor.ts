// A tensor on the host: row-major data with its shape. Engines read and write these.

import type { DType } from './dtype.ts';

export interface HostTensor {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** f32: Float32Array (Float64Array inside the reference's f64 mode); f16 and bf16: Uint16Array of bits; i32: Int32Array; bool: Uint8Array of 0 and 1. */
  readonly data: TensorData;
}

export type TensorData = Float32Array | Float64Array | Int32Array | Uint8Array | Uint16Array;

export function elements(shape: readonly number[]): number {
  return shape.reduce((n, d) => n * d, 1);
}
