// Numbers as the bytes of an element type, as files of models hold them.

export type ElementType = 'f32' | 'f64' | 'i32' | 'u32' | 'i64' | 'bool' | 'f16' | 'bf16';

/** Little-endian bytes of numbers as one element type. */
export function encodeValues(type: ElementType, values: readonly number[]): Uint8Array {
  switch (type) {
    case 'f32':
      return new Uint8Array(Float32Array.from(values).buffer);
    case 'f64':
      return new Uint8Array(Float64Array.from(values).buffer);
    case 'i32':
      return new Uint8Array(Int32Array.from(values).buffer);
    case 'u32':
      return new Uint8Array(Uint32Array.from(values, v => v >>> 0).buffer);
    case 'i64':
      return new Uint8Array(BigInt64Array.from(values, v => BigInt(v)).buffer);
    case 'bool':
      return Uint8Array.from(values, v => (v !== 0 ? 1 : 0));
    case 'f16':
      return new Uint8Array(Uint16Array.from(values, halfBits).buffer);
    case 'bf16':
      return new Uint8Array(Uint16Array.from(values, bfloatBits).buffer);
    default:
      return type satisfies never;
  }
}

const single = (value: number): number => {
  const f = new Float32Array([value]);
  return new Uint32Array(f.buffer)[0]!;
};

/** f32 → bf16, to nearest even. */
function bfloatBits(value: number): number {
  const bits = single(value);
  if (Number.isNaN(value)) return 0x7fc0;
  return ((bits + 0x7fff + ((bits >>> 16) & 1)) >>> 16) & 0xffff;
}

/** f32 → f16, to nearest even, with subnormals. */
function halfBits(value: number): number {
  const bits = single(value);
  const sign = (bits >>> 16) & 0x8000;
  const size = Math.abs(value);
  if (Number.isNaN(value)) return 0x7e00;
  if (size >= 65520) return sign | 0x7c00;
  if (size < 2 ** -14) return sign | roundEven(size * 2 ** 24);
  const exponent = Math.floor(Math.log2(size));
  const mantissa = roundEven((size / 2 ** exponent - 1) * 1024);
  return sign | (((exponent + 15) << 10) + mantissa);
}

function roundEven(value: number): number {
  const down = Math.floor(value);
  const rest = value - down;
  if (rest !== 0.5) return Math.round(value);
  return down % 2 === 0 ? down : down + 1;
}
