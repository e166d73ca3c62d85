// Making and filling host tensors of any dtype.

import type { DType } from '../base/dtype.ts';
import type { HostTensor, TensorData } from '../base/tensor.ts';
import { elements } from '../base/tensor.ts';

/** Zeros. */
export function allocate(dtype: DType, shape: readonly number[]): HostTensor {
  return { dtype, shape: [...shape], data: zeros(dtype, elements(shape)) };
}

function zeros(dtype: DType, n: number): TensorData {
  switch (dtype) {
    case 'f32':
      return new Float32Array(n);
    case 'i32':
      return new Int32Array(n);
    case 'bool':
      return new Uint8Array(n);
    case 'f16':
    case 'bf16':
      return new Uint16Array(n);
    default:
      return dtype satisfies never;
  }
}

/** Writes a number, rounded to the tensor's dtype (to nearest, ties to even). */
export function setNumber(tensor: HostTensor, i: number, value: number): void {
  switch (tensor.dtype) {
    case 'f32':
    case 'i32':
      tensor.data[i] = value;
      return;
    case 'bool':
      tensor.data[i] = value === 0 ? 0 : 1;
      return;
    case 'bf16':
      tensor.data[i] = bf16Bits(value);
      return;
    case 'f16':
      tensor.data[i] = f16Bits(value);
      return;
    default:
      tensor.dtype satisfies never;
  }
}

const scratch = new Float32Array(1);
const scratchBits = new Uint32Array(scratch.buffer);

function bf16Bits(value: number): number {
  scratch[0] = value;
  const bits = scratchBits[0] ?? 0;
  if (Number.isNaN(value)) return 0x7fc0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

function f16Bits(value: number): number {
  if (Number.isNaN(value)) return 0x7e00;
  const sign = value < 0 || Object.is(value, -0) ? 0x8000 : 0;
  const size = Math.abs(value);
  if (size >= 65520) return sign | 0x7c00;
  // Subnormals count in units of 2⁻²⁴; a normal of exponent e in units of 2^(e − 10).
  const exponent = size < 2 ** -14 ? -14 : Math.floor(Math.log2(size));
  const units = roundEven(size / 2 ** (exponent - 10));
  const biased = size < 2 ** -14 ? 0 : (exponent + 14) << 10;
  return sign | (biased + units);
}

function roundEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  if (rest !== 0.5) return Math.round(x);
  return low % 2 === 0 ? low : low + 1;
}

/** The first element as a number: for fetched scalars. */
export function scalarOf(tensor: HostTensor | undefined, name: string): number {
  const value = tensor?.data[0];
  if (value === undefined) throw new Error(`the engine returned nothing for ${name}`);
  return value;
}
