// Tensors of the host as words of four bytes and back, and whether they are what an entry asks for.

import type { HostTensor } from '../../base/tensor.ts';
import { product, type StaticType, sameShape } from '../node-query.ts';

type Words = Float32Array<ArrayBuffer> | Int32Array<ArrayBuffer> | Uint32Array<ArrayBuffer>;

export function wordsOf({ dtype, data }: HostTensor): Words {
  switch (dtype) {
    case 'f32':
      return Float32Array.from(data);
    case 'i32':
      return Int32Array.from(data);
    case 'bool':
      return Uint32Array.from(data, v => (v === 0 ? 0 : 1));
    default:
      throw new Error(`engine webgpu holds f32, i32 and bool, not ${dtype}`);
  }
}

/** A tensor of its own memory. */
export function tensorOf({ dtype, shape }: StaticType, bytes: ArrayBuffer): HostTensor {
  switch (dtype) {
    case 'f32':
      return { dtype, shape, data: new Float32Array(bytes) };
    case 'i32':
      return { dtype, shape, data: new Int32Array(bytes) };
    case 'bool':
      return { dtype, shape, data: Uint8Array.from(new Uint32Array(bytes)) };
    default:
      throw new Error(`engine webgpu holds f32, i32 and bool, not ${dtype}`);
  }
}

const show = (t: StaticType): string => `${t.dtype}[${t.shape.join(', ')}]`;

export function checkType(name: string, type: StaticType, tensor: HostTensor): void {
  const fits = type.dtype === tensor.dtype && sameShape(type.shape, tensor.shape);
  if (!fits || tensor.data.length !== product(type.shape))
    throw new Error(
      `${name} is ${show(type)}; it was given ${show(tensor)} with ${tensor.data.length} elements`,
    );
}
