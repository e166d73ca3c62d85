// A graph as an ONNX model: every node through its op's rule, then what nothing reads is dropped.

import type { DType } from '../../base/dtype.ts';
import type { Graph, Node, TensorType, ValueId } from '../../ir/graph.ts';
import type { StaticType } from '../node-query.ts';
import { product, sameShape } from '../node-query.ts';
import { compositeEmit } from './composites.ts';
import { coreEmit } from './core-table.ts';
import type { Emit } from './emit.ts';
import { castTo } from './emit-elementwise.ts';
import type { OnnxModel, OnnxNode } from './model-proto.ts';
import { createWriter } from './writer.ts';

export interface EmittedInput {
  /** The ONNX name. */
  readonly onnx: string;
  readonly name: string;
  readonly type: StaticType;
}

export interface EmittedGraph {
  readonly model: OnnxModel;
  /** In the order of the graph's inputs and outputs. */
  readonly inputs: readonly EmittedInput[];
  readonly outputs: readonly EmittedInput[];
}

const rules: Readonly<Record<string, Emit>> = { ...coreEmit, ...compositeEmit };

/** ONNX Runtime's CPU kernels compute in f32: narrower floats are widened around these ops. */
const anyFloat: ReadonlySet<string> = new Set([
  'cast',
  'constant',
  'literal',
  'reshape',
  'transpose',
  'stop_gradient',
]);

function staticType(type: TensorType, what: string): StaticType {
  const shape = type.shape.map(d => {
    if (typeof d !== 'number')
      throw new Error(`${what} has a symbolic dim; engines take instantiated graphs`);
    return d;
  });
  return { dtype: type.dtype, shape };
}

const narrow = (dtype: DType): boolean => dtype === 'f16' || dtype === 'bf16';
const widened = (type: StaticType): StaticType => (narrow(type.dtype) ? { ...type, dtype: 'f32' } : type);

/** Writes `graph`, whose dims are numbers and whose ops this engine has, as an ONNX model; `portable` as of a Writer. */
export function emitGraph(graph: Graph, portable = false): EmittedGraph {
  const w = createWriter(portable);
  const types = graph.types.map((t, i) => staticType(t, `value ${i}`));
  const names = new Map<ValueId, string>();
  const inputs = graph.inputs.map(i => ({ onnx: `in/${i.name}`, name: i.name, type: types[i.id]! }));
  for (const [i, entry] of graph.inputs.entries()) names.set(entry.id, inputs[i]!.onnx);
  const read = new Set<ValueId>([...graph.nodes.flatMap(n => n.inputs), ...graph.outputs.map(o => o.id)]);
  const graphOps = new Set(graph.nodes.map(n => n.op));
  const guarded: EmittedInput[] = [];
  const unexpanded = broadcastsToSkip(graph, types);

  for (const [index, node] of graph.nodes.entries()) {
    w.label = nodeLabel(index, node);
    const rule = rules[node.op];
    if (rule === undefined) throw new Error(`engine onnx has no op ${node.op}`);
    const results = unexpanded.has(index)
      ? [unexpandedValue(node, types, names, v => w.scalar(v, types[node.outputs[0]!]!.dtype))]
      : emitNode(rule, node);
    for (const [i, id] of node.outputs.entries()) names.set(id, results[i] ?? '');
    if (node.op === 'after') guarded.push({ onnx: results[0]!, name: '', type: types[node.outputs[0]!]! });
  }

  function emitNode(rule: Emit, node: Node): readonly string[] {
    const inputTypes = node.inputs.map(id => types[id]!);
    const outputTypes = node.outputs.map(id => types[id]!);
    const widen = !anyFloat.has(node.op) && [...inputTypes, ...outputTypes].some(t => narrow(t.dtype));
    const given = node.inputs.map(id => names.get(id)!);
    const results = rule({
      w,
      node,
      inputs: widen ? given.map((n, i) => (narrow(inputTypes[i]!.dtype) ? castTo(w, n, 'f32') : n)) : given,
      types: widen ? inputTypes.map(widened) : inputTypes,
      outputs: widen ? outputTypes.map(widened) : outputTypes,
      used: node.outputs.map(id => read.has(id)),
      graphOps,
    });
    if (!widen) return results;
    return results.map((n, i) => (narrow(outputTypes[i]!.dtype) ? castTo(w, n, outputTypes[i]!.dtype) : n));
  }

  w.label = 'outputs';
  const renamed = new Map<string, string>();
  const made = new Set(w.nodes.flatMap(n => n.outputs));
  const outputs = graph.outputs.map(o => {
    const onnx = `out/${o.role}/${o.name}`;
    const source = names.get(o.id)!;
    if (made.has(source) && !renamed.has(source)) renamed.set(source, onnx);
    else renamed.set(w.one('Identity', [source], {}, { unique: true }), onnx);
    return { onnx, name: o.name, type: types[o.id]! };
  });
  const nodes = live(
    w.nodes.map(n => ({
      ...n,
      inputs: n.inputs.map(name => renamed.get(name) ?? name),
      outputs: n.outputs.map(name => renamed.get(name) ?? name),
    })),
    outputs.map(o => o.onnx),
  );
  const needed = new Set(nodes.flatMap(n => n.inputs));
  const value = (v: EmittedInput) => ({ name: v.onnx, type: v.type.dtype, shape: v.type.shape });
  const model = {
    name: graph.name,
    nodes,
    initializers: w.initializers.filter(t => needed.has(t.name)),
    inputs: inputs.map(value),
    outputs: outputs.map(value),
    values: guarded.filter(v => !renamed.has(v.onnx) && needed.has(v.onnx)).map(value),
  };
  return { model, inputs, outputs };
}

/** `12:softmax@spec.mm:7`: what an error of the engine is traced back by. */
function nodeLabel(index: number, node: Node): string {
  const at = node.span === undefined ? '' : `@${node.span.file}:${node.span.line}`;
  return `${index}:${node.op}${at}`;
}

function live(nodes: readonly OnnxNode[], outputs: readonly string[]): readonly OnnxNode[] {
  const read = new Set(outputs);
  const kept: OnnxNode[] = [];
  for (const node of [...nodes].reverse()) {
    if (!node.outputs.some(o => o !== '' && read.has(o))) continue;
    kept.push(node);
    for (const name of node.inputs) read.add(name);
  }
  return kept.reverse();
}

/** Ops whose ONNX forms broadcast their operands by themselves. */
const broadcasting: ReadonlySet<string> = new Set([
  'add',
  'sub',
  'mul',
  'div',
  'max',
  'min',
  'pow',
  'equal',
  'less',
  'less_equal',
  'and',
  'or',
  'select',
]);

/**
 * Indices of broadcast and constant nodes that needn't be written out in full: everything that reads them
 * broadcasts, and has another operand of the full shape.
 */
function broadcastsToSkip(graph: Graph, types: readonly StaticType[]): ReadonlySet<number> {
  const readers = new Map<ValueId, Node[]>();
  for (const node of graph.nodes) {
    for (const id of node.inputs) readers.set(id, [...(readers.get(id) ?? []), node]);
  }
  const fetched = new Set(graph.outputs.map(o => o.id));
  const skipped = new Set<number>();
  const skippedValues = new Set<ValueId>();
  for (const [index, node] of graph.nodes.entries()) {
    const [out] = node.outputs;
    if ((node.op !== 'broadcast' && node.op !== 'constant') || out === undefined) continue;
    const { shape } = types[out]!;
    if (fetched.has(out) || product(shape) === 1) continue;
    const fits = (readers.get(out) ?? []).every(
      reader =>
        broadcasting.has(reader.op) &&
        reader.inputs.some(id => id !== out && !skippedValues.has(id) && sameShape(types[id]!.shape, shape)),
    );
    if (!fits) continue;
    skipped.add(index);
    skippedValues.add(out);
  }
  return skipped;
}

function unexpandedValue(
  node: Node,
  types: readonly StaticType[],
  names: ReadonlyMap<ValueId, string>,
  scalar: (value: number) => string,
): string {
  const [source] = node.inputs;
  if (source !== undefined && types[source] !== undefined) return names.get(source)!;
  const { value } = node.attrs;
  if (typeof value !== 'number') throw new Error('constant: attribute value is missing');
  return scalar(value);
}
