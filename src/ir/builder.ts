// Makes graphs node by node, typing each by its op's rules.

import type { Dim } from '../base/dim.ts';
import { dimEqual } from '../base/dim.ts';
import type { DType } from '../base/dtype.ts';
import type { Span } from '../base/span.ts';
import type {
  Attrs,
  Graph,
  GraphInput,
  GraphOutput,
  InputRole,
  Node,
  OutputRole,
  TensorType,
  ValueId,
} from './graph.ts';
import type { DimCheck, OpDef, OpRegistry } from './op.ts';
import { OpFault } from './op.ts';

const strictDims: DimCheck = { same: (a, b) => dimEqual(a, b) === 'equal' };

export interface Builder {
  readonly registry: OpRegistry;
  /** The span given to nodes emitted from here on. */
  span: Span | undefined;
  input(name: string, role: InputRole, type: TensorType): ValueId;
  /** Emits one op; throws OpFault where its rules say no. */
  emit(op: string, inputs: readonly ValueId[], attrs?: Attrs, regions?: readonly Graph[]): readonly ValueId[];
  /** A node again, in its own span, on inputs of the same types: its outputs have the types that they had. */
  again(node: Node, inputs: readonly ValueId[], types: readonly TensorType[]): readonly ValueId[];
  /** `emit` for an op with one output. */
  one(op: string, inputs: readonly ValueId[], attrs?: Attrs): ValueId;
  /** A scalar or filled constant. */
  constant(value: number, dtype?: DType, shape?: readonly Dim[]): ValueId;
  typeOf(id: ValueId): TensorType;
  shapeOf(id: ValueId): readonly Dim[];
  /** The node that made a value; undefined for inputs. */
  producer(id: ValueId): Node | undefined;
  output(name: string, role: OutputRole, id: ValueId): void;
  finish(): Graph;
}

export interface BuilderOptions {
  readonly dims?: DimCheck;
  /** Continue from this graph: its inputs, nodes and value ids are kept, its outputs only with `keepOutputs`. */
  readonly from?: Graph;
  readonly keepOutputs?: boolean;
}

export function createBuilder(name: string, registry: OpRegistry, options: BuilderOptions = {}): Builder {
  const dims = options.dims ?? strictDims;
  const inputs: GraphInput[] = [...(options.from?.inputs ?? [])];
  const nodes: Node[] = [...(options.from?.nodes ?? [])];
  const outputs: GraphOutput[] = options.keepOutputs === true ? [...(options.from?.outputs ?? [])] : [];
  const types: TensorType[] = [...(options.from?.types ?? [])];
  const producers: (Node | undefined)[] = [];
  for (const node of nodes) for (const id of node.outputs) producers[id] = node;
  const constants = new Map<string, ValueId>();

  const typeOf = (id: ValueId): TensorType => {
    const type = types[id];
    if (type === undefined) throw new Error(`no value %${id} in graph ${name}`);
    return type;
  };

  const builder: Builder = {
    registry,
    span: undefined,
    input(inputName, role, type) {
      const id = types.push(type) - 1;
      inputs.push({ id, name: inputName, role });
      return id;
    },
    emit(op, ins, attrs = {}, regions = []) {
      const def = registry.get(op) as OpDef | undefined;
      if (def === undefined) throw new Error(`no op named ${op}`);
      const query = { inputs: ins.map(typeOf), attrs, regions, dims };
      const dtypes = def.dtype(query);
      const shapes = def.shape(query);
      const ids = shapes.map((shape, i) => {
        const dtype = dtypes[i];
        if (dtype === undefined) throw new Error(`${op} has more shapes than dtypes`);
        return types.push({ dtype, shape }) - 1;
      });
      const node: Node = { op, inputs: [...ins], outputs: ids, attrs, regions, span: builder.span };
      nodes.push(node);
      for (const id of ids) producers[id] = node;
      return ids;
    },
    again({ op, attrs, regions, span }, ins, outputTypes) {
      const ids = outputTypes.map(type => types.push(type) - 1);
      const node: Node = { op, inputs: ins, outputs: ids, attrs, regions, span };
      nodes.push(node);
      for (const id of ids) producers[id] = node;
      return ids;
    },
    one(op, ins, attrs = {}) {
      const [id, more] = builder.emit(op, ins, attrs);
      if (id === undefined || more !== undefined) throw new Error(`${op} has not one output`);
      return id;
    },
    constant(value, dtype = 'f32', shape = []) {
      const key = shape.length === 0 ? `${dtype} ${Object.is(value, -0) ? '-0' : value}` : undefined;
      const known = key === undefined ? undefined : constants.get(key);
      if (known !== undefined) return known;
      const id = builder.one('constant', [], { value, dtype, shape });
      if (key !== undefined) constants.set(key, id);
      return id;
    },
    typeOf,
    shapeOf: id => typeOf(id).shape,
    producer: id => producers[id],
    output(outputName, role, id) {
      typeOf(id);
      outputs.push({ id, name: outputName, role });
    },
    finish: () => ({ name, inputs, nodes, outputs, types }),
  };
  return builder;
}

/** Says no from inside a shape or dtype rule. */
export function fault(message: string): never {
  throw new OpFault(message);
}
