// f16 and bf16 as bits. The reference computes in wider floats and rounds what an op gives to its dtype.

import type { FloatDType } from '../../base/dtype.ts';

const single = new Float32Array(1);
const word = new Uint32Array(single.buffer);

function wordOf(value: number): number {
  single[0] = value;
  return word[0]!;
}

function floatOf(bits: number): number {
  word[0] = bits;
  return single[0]!;
}

/** The nearest bf16, ties to even; NaN stays NaN. */
function bf16Bits(value: number): number {
  const bits = wordOf(value);
  if (Number.isNaN(value)) return (bits >>> 16) | 0x40;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** The nearest IEEE 754 binary16, ties to even; what is too large becomes infinite. */
function f16Bits(value: number): number {
  const bits = wordOf(value);
  const sign = (bits >>> 16) & 0x8000;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return sign | 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | halfEven(size * 2 ** 24);
  const exponent = ((bits >>> 23) & 0xff) - 127;
  // A mantissa that rounds up to 1024 carries into the exponent by itself.
  return sign | (((exponent + 15) << 10) + halfEven((size / 2 ** exponent - 1) * 1024));
}

function halfEven(x: number): number {
  const low = Math.floor(x);
  const rest = x - low;
  return rest > 0.5 || (rest === 0.5 && low % 2 === 1) ? low + 1 : low;
}

function f16Value(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >>> 10) & 0x1f;
  const mantissa = bits & 0x3ff;
  if (exponent === 0x1f) return mantissa === 0 ? sign * Number.POSITIVE_INFINITY : Number.NaN;
  if (exponent === 0) return sign * mantissa * 2 ** -24;
  return sign * (1 + mantissa / 1024) * 2 ** (exponent - 15);
}

/** Bits of f16 or bf16 as numbers. */
export function fromHalf(dtype: Exclude<FloatDType, 'f32'>, bits: ArrayLike<number>): Float32Array {
  return Float32Array.from(bits, b => (dtype === 'f16' ? f16Value(b) : floatOf((b << 16) >>> 0)));
}

/** Numbers as bits of f16 or bf16. */
export function toHalf(dtype: Exclude<FloatDType, 'f32'>, values: ArrayLike<number>): Uint16Array {
  return Uint16Array.from(values, v => (dtype === 'f16' ? f16Bits(v) : bf16Bits(v)));
}
