// Collects the nodes of one graph, or of one function: fresh names, shared constants, types of everything. A value is
// written `node:index` until the end; what a function calls its outputs is put in then.

import type { DType } from '../../base/dtype.ts';
import { encodeValues } from '../element-bytes.ts';
import { intAttr, type KernelName, type KernelOp, kernelOps, typeAttr } from './kernels.ts';
import type { Attribute, NodeRecord, TensorflowType } from './saved-model-proto.ts';

export type Attributes = Readonly<Record<string, Attribute>>;

export interface NodeOptions {
  /** Write it even where an equal node stands already. */
  readonly unique?: boolean;
  /** A name of its own, instead of a fresh one. */
  readonly name?: string;
  /** Nodes that run before it. */
  readonly after?: readonly string[];
}

export interface Writer {
  /** Names begin with this: which node of our graph is being written, and where it comes from. */
  label: string;
  /**
   * One node; the values that it gives. Equal nodes are written once, since every op used here without `unique` is a
   * function of its inputs.
   */
  node(
    op: KernelName,
    inputs: readonly string[],
    attributes?: Attributes,
    options?: NodeOptions,
  ): readonly string[];
  /** `node` for one output. */
  one(op: KernelName, inputs: readonly string[], attributes?: Attributes, options?: NodeOptions): string;
  /** A call of a function. */
  call(
    functionName: string,
    inputs: readonly string[],
    gives: readonly TensorflowType[],
    options: { readonly stateful: boolean; readonly after: readonly string[] },
  ): readonly string[];
  /** A constant; equal ones are shared. */
  tensor(type: TensorflowType, shape: readonly number[], values: readonly number[]): string;
  scalar(value: number, dtype?: DType): string;
  /** A one-dimensional i32 constant: shapes, axes, starts. */
  ints(values: readonly number[]): string;
  /** A value from outside, an argument of a function. */
  argument(name: string, type: TensorflowType): string;
  typeOf(value: string): TensorflowType;
  readonly nodes: readonly NodeRecord[];
}

/** The node that gives a value. */
export const nodeOf = (value: string): string => value.slice(0, value.lastIndexOf(':'));

export function createWriter(prefix = ''): Writer {
  const nodes: NodeRecord[] = [];
  const types = new Map<string, TensorflowType>();
  const shared = new Map<string, readonly string[]>();

  const typeOf = (value: string): TensorflowType => {
    const type = types.get(value);
    if (type === undefined) throw new Error(`no value ${value}`);
    return type;
  };
  const push = (
    op: string,
    inputs: readonly string[],
    attributes: Attributes,
    gives: readonly TensorflowType[],
    options: NodeOptions,
  ): readonly string[] => {
    const name = options.name ?? `${prefix}${writer.label}${op}_${nodes.length}`;
    nodes.push({ name, op, inputs: [...inputs, ...(options.after ?? []).map(n => `^${n}`)], attributes });
    return gives.map((type, i) => {
      const value = `${name}:${i}`;
      types.set(value, type);
      return value;
    });
  };

  const writer: Writer = {
    label: '',
    nodes,
    typeOf,
    node(op, inputs, attributes = {}, options = {}) {
      // What else a node has follows from its inputs.
      const key =
        options.unique === true ? undefined : `${op} ${inputs.join()} ${JSON.stringify(attributes)}`;
      const known = key === undefined ? undefined : shared.get(key);
      if (known !== undefined) return known;
      const kernel: KernelOp = kernelOps[op];
      const all: Record<string, Attribute> = { ...kernel.defaults };
      for (const name in kernel.types) all[name] = typeAttr(typeOf(inputs[kernel.types[name] ?? 0] ?? ''));
      Object.assign(all, attributes);
      const gives = kernel.outputs.map((_, i): TensorflowType => {
        const said = kernel.gives?.[i] ?? 0;
        if (typeof said === 'string') return said;
        if (typeof said === 'number') return typeOf(inputs[said] ?? '');
        const attribute = all[said.attribute];
        if (attribute?.kind !== 'type') throw new Error(`${op}: attribute ${said.attribute} is missing`);
        return attribute.type;
      });
      const values = push(op, inputs, all, gives, options);
      if (key !== undefined) shared.set(key, values);
      return values;
    },
    one(op, inputs, attributes, options) {
      const [value] = writer.node(op, inputs, attributes, options);
      if (value === undefined) throw new Error(`${op} gives nothing`);
      return value;
    },
    call(functionName, inputs, gives, { stateful, after }) {
      const attributes: Attributes = {
        f: { kind: 'function', name: functionName },
        Tin: { kind: 'types', types: inputs.map(typeOf) },
        Tout: { kind: 'types', types: gives },
        _XlaMustCompile: { kind: 'bool', value: true },
      };
      const op = stateful ? 'StatefulPartitionedCall' : 'PartitionedCall';
      return push(op, inputs, attributes, gives, { after });
    },
    tensor(type, shape, values) {
      if (type === 'resource' || type === 'u16') throw new Error(`no constants of ${type}`);
      const bytes = encodeValues(type, values);
      const key = `${type} [${shape.join()}] ${Buffer.from(bytes).toString('base64')}`;
      const known = shared.get(key)?.[0];
      if (known !== undefined) return known;
      const attributes: Attributes = {
        dtype: typeAttr(type),
        value: { kind: 'tensor', tensor: { type, shape, bytes } },
      };
      const value = writer.one('Const', [], attributes, { unique: true });
      shared.set(key, [value]);
      return value;
    },
    scalar: (value, dtype = 'f32') => writer.tensor(dtype, [], [value]),
    ints: values => writer.tensor('i32', [values.length], values),
    argument(name, type) {
      types.set(name, type);
      return name;
    },
  };
  return writer;
}

/** The same nodes with values named as functions name them: `node:output:index`. */
export function asFunctionNodes(nodes: readonly NodeRecord[]): readonly NodeRecord[] {
  const byName = new Map(nodes.map(n => [n.name, n]));
  return nodes.map(n => ({ ...n, inputs: n.inputs.map(value => functionValue(byName, value)) }));
}

export function functionValue(byName: ReadonlyMap<string, NodeRecord>, value: string): string {
  if (value.startsWith('^')) return value;
  const node = byName.get(nodeOf(value));
  if (node === undefined) return value;
  const kernel: KernelOp | undefined = Object.hasOwn(kernelOps, node.op)
    ? kernelOps[node.op as KernelName]
    : undefined;
  const output = kernel?.outputs[Number(value.slice(value.lastIndexOf(':') + 1))];
  if (output === undefined) throw new Error(`${node.op} has no output for ${value}`);
  return `${node.name}:${output}:0`;
}

/** `N` of an op that takes any number of values of one type. */
export const countAttr = (values: readonly string[]) => intAttr(values.length);
