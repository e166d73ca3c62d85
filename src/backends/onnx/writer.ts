// Collects the nodes and constants of one ONNX graph under construction: fresh names, shared constants.

import type { DType } from '../../base/dtype.ts';
import { encodeValues } from '../element-bytes.ts';
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
  /**
   * Only ops of the ONNX standard, each in a form that doesn't depend on how many rows there are: for files that others
   * load.
   */
  readonly portable: boolean;
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

export function createWriter(portable = false): Writer {
  const nodes: OnnxNode[] = [];
  const initializers: OnnxTensor[] = [];
  const shared = new Map<string, string>();
  const written = new Map<string, readonly string[]>();
  let fresh = 0;

  const writer: Writer = {
    portable,
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
