// Tensors of the host and of ONNX Runtime: the same memory under two descriptions.

import type * as Ort from 'onnxruntime-node';
import type { DType } from '../../base/dtype.ts';
import type { HostTensor, TensorData } from '../../base/tensor.ts';
import { elements } from '../../base/tensor.ts';
import type { StaticType } from '../node-query.ts';

const ortTypes = { f32: 'float32', i32: 'int32', bool: 'bool', f16: 'float16', bf16: undefined } as const;

export function toOrt(ort: typeof Ort, tensor: HostTensor): Ort.Tensor {
  const type = ortTypes[tensor.dtype];
  if (type === undefined) throw new Error(`onnxruntime-node has no tensors of ${tensor.dtype}`);
  if (tensor.data instanceof Float64Array) throw new Error('onnx takes f32 data, not f64');
  return new ort.Tensor(type, tensor.data as Float32Array, tensor.shape as number[]);
}

/** The tensor's own memory, not a copy. */
export function fromOrt(tensor: Ort.Tensor, type: StaticType): HostTensor {
  return { dtype: type.dtype, shape: type.shape, data: hostData(tensor.data) };
}

function hostData(data: unknown): TensorData {
  if (
    data instanceof Float32Array ||
    data instanceof Int32Array ||
    data instanceof Uint8Array ||
    data instanceof Uint16Array
  )
    return data;
  throw new Error('ONNX Runtime gave data of an unexpected type');
}

export function emptyData(dtype: DType, shape: readonly number[]): TensorData {
  const count = elements(shape);
  switch (dtype) {
    case 'f32':
      return new Float32Array(count);
    case 'i32':
      return new Int32Array(count);
    case 'bool':
      return new Uint8Array(count);
    case 'f16':
    case 'bf16':
      return new Uint16Array(count);
    default:
      return dtype satisfies never;
  }
}
