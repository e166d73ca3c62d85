// Collects the nodes and constants of one ONNX graph under construction: fresh names, shared constants.

import type { DType } from '../../base/dtype.ts';
import type { OnnxAttribute, OnnxNode, OnnxTensor, OnnxType } from './model-proto.ts';

export interface NodeOptions {
  readonly domain?: 'com.microsoft';
  /** How many outputs to name; an entry that isn't wanted is false. */
  readonly outputs?: readonly boolean[];
  /** Write it even where an equal node stands already. */
  readonly unique?: boolean;
}

export type Attributes = Readonly<Record<string, OnnxAttribute>>;

export interface Writer {
  /** Names begin with this: which node of our graph is being written, and where it comes from. */
  label: string;
  /**
   * One ONNX node; the names of its outputs ('' for one that isn't wanted). Every op used here is a function of its
   * inputs, so a node equal to an earlier one isn't written again: what a gradient recomputes of its forward op is
   * shared with it.
   */
  node(
    op: string,
    inputs: readonly string[],
    attributes?: Attributes,
    options?: NodeOptions,
  ): readonly string[];
  /** `node` for one output. */
  one(op: string, inputs: readonly string[], attributes?: Attributes, options?: NodeOptions): string;
  /** A com.microsoft node with one output. */
  contrib(op: string, inputs: readonly string[], attributes?: Attributes): string;
  /** A constant; equal ones are shared. */
  tensor(type: OnnxType, shape: readonly number[], values: readonly number[]): string;
  scalar(value: number, dtype?: DType): string;
  /** A one-dimensional int64 constant: shapes, axes, starts. */
  ints(values: readonly number[]): string;
  readonly nodes: readonly OnnxNode[];
  readonly initializers: readonly OnnxTensor[];
}

/** Little-endian bytes of numbers as one element type. */
export function encodeValues(type: OnnxType, values: readonly number[]): Uint8Array {
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

export function createWriter(): Writer {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const shared = new Map<string, string>();
  const written = new Map<string, readonly string[]>();
  let fresh = 0;

  const writer: Writer = {
    label: '',
    nodes,
    initializers,
    node(op, inputs, attributes = {}, options = {}) {
      const wanted = options.outputs ?? [true];
      const key = JSON.stringify([
        op,
        options.domain ?? '',
        inputs,
        Object.entries(attributes).sort(),
        wanted,
      ]);
      const known = options.unique === true ? undefined : written.get(key);
      if (known !== undefined) return known;
      const outputs = wanted.map(w => (w ? `t${fresh++}` : ''));
      written.set(key, outputs);
      nodes.push({
        name: `${writer.label}/${op}_${nodes.length}`,
        op,
        domain: options.domain ?? '',
        inputs,
        outputs,
        attributes,
      });
      return outputs;
    },
    one: (op, inputs, attributes, options) => writer.node(op, inputs, attributes, options)[0]!,
    contrib: (op, inputs, attributes) => writer.one(op, inputs, attributes, { domain: 'com.microsoft' }),
    tensor(type, shape, values) {
      const bytes = encodeValues(type, values);
      const key = `${type} [${shape.join()}] ${Buffer.from(bytes).toString('base64')}`;
      const known = shared.get(key);
      if (known !== undefined) return known;
      const name = `c${initializers.length}`;
      initializers.push({ name, type, shape, bytes });
      shared.set(key, name);
      return name;
    },
    scalar: (value, dtype = 'f32') => writer.tensor(dtype, [], [value]),
    ints: values => writer.tensor('i64', [values.length], values),
  };
  return writer;
}
