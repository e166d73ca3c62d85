// Shared by the dtype rules.

import type { DType } from '../base/dtype.ts';
import { isFloat } from '../base/dtype.ts';
import { fault } from '../ir/builder.ts';
import type { TensorType } from '../ir/graph.ts';

/** The one dtype that all of these have, one of `allowed`. */
export function oneDtype(
  op: string,
  inputs: readonly TensorType[],
  allowed: (dtype: DType) => boolean,
  wanted: string,
): DType {
  const dtype = inputs[0]?.dtype;
  if (dtype === undefined || !inputs.every(t => t.dtype === dtype) || !allowed(dtype))
    fault(`${op} takes ${wanted} of one dtype; got ${inputs.map(t => t.dtype).join(' and ')}`);
  return dtype;
}

export const floats = (op: string, inputs: readonly TensorType[]): DType =>
  oneDtype(op, inputs, isFloat, 'floats');

export const numbers = (op: string, inputs: readonly TensorType[]): DType =>
  oneDtype(op, inputs, d => d !== 'bool', 'numbers');

export const integers = (op: string, inputs: readonly TensorType[]): DType =>
  oneDtype(op, inputs, d => d === 'i32', 'i32');

export const booleans = (op: string, inputs: readonly TensorType[]): DType =>
  oneDtype(op, inputs, d => d === 'bool', 'bool');
