// Tensors to and from the native binding of TensorFlow, and one call of a loaded model.

import type { HostTensor, TensorData } from '../../base/tensor.ts';
import type { NativeBinding } from './binding.ts';

export interface NativeInput {
  /** `node:index`. */
  readonly at: string;
  readonly tensor: HostTensor;
}

export interface NativeResult {
  readonly shape: readonly number[];
  readonly data: TensorData;
}

export function callNative(
  binding: NativeBinding,
  model: number,
  inputs: readonly NativeInput[],
  outputs: readonly string[],
): readonly NativeResult[] {
  const given = inputs.map(i => toNative(binding, i.tensor));
  try {
    const results = binding.runSavedModel(model, given, inputs.map(i => i.at).join(), outputs.join());
    return results.map(({ id, shape }) => {
      // The binding's memory ends with the tensor.
      const data = binding.tensorDataSync(id).slice();
      binding.deleteTensor(id);
      return { shape, data };
    });
  } finally {
    for (const id of given) binding.deleteTensor(id);
  }
}

function toNative(binding: NativeBinding, tensor: HostTensor): number {
  const { data, dtype, shape } = tensor;
  if (dtype === 'f32' && data instanceof Float32Array)
    return binding.createTensor(shape, binding.TF_FLOAT, data);
  if (dtype === 'i32' && data instanceof Int32Array)
    return binding.createTensor(shape, binding.TF_INT32, data);
  if (dtype === 'bool' && data instanceof Uint8Array)
    return binding.createTensor(shape, binding.TF_BOOL, data);
  throw new Error(`tensorflow is fed f32, i32 and bool, not ${dtype}`);
}
