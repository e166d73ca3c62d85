// Runs a graph node by node from each op's reference: the oracle for everything else.

import type { DType } from '../../base/dtype.ts';
import type { HostTensor, TensorData } from '../../base/tensor.ts';
import { elements } from '../../base/tensor.ts';
import type { Graph, Node, TensorType, ValueId } from '../../ir/graph.ts';
import type { OpDef } from '../../ir/op.ts';
import { ops } from '../../ops/registry.ts';
import { concreteShape, showShape } from '../../ops/shape-rules.ts';
import { fromHalf, toHalf } from './half.ts';

/** f32 rounds each op's result to its dtype; f64 computes all floats in double precision. */
export type Precision = 'f32' | 'f64';

export interface EvaluateOptions {
  readonly precision: Precision;
  /** Hears what each node took. */
  readonly onNode?: ((node: number, seconds: number) => void) | undefined;
}

/**
 * The outputs of an instantiated graph by name (fetches and next values alike).
 * In f64 floats come back as Float64Array under their own dtype. Throws where an input is missing or of another type.
 */
export function evaluate(
  graph: Graph,
  inputs: ReadonlyMap<string, HostTensor>,
  options: EvaluateOptions,
): Map<string, HostTensor> {
  const results = evaluateOutputs(graph, inputs, options);
  return new Map(graph.outputs.map(({ name }, i) => [name, results[i]!] as const));
}

/** The same, in the order of the graph's outputs: a fetch and a next value may have one name. */
export function evaluateOutputs(
  graph: Graph,
  inputs: ReadonlyMap<string, HostTensor>,
  options: EvaluateOptions,
): readonly HostTensor[] {
  const values = inputValues(graph, inputs, options);
  const lastReads = lastReadsOf(graph);
  for (const [at, node] of graph.nodes.entries()) {
    const started = options.onNode === undefined ? 0 : performance.now();
    runNode(graph, node, values, options.precision);
    options.onNode?.(at, (performance.now() - started) / 1000);
    for (const id of lastReads.get(at) ?? []) values.delete(id);
  }
  return graph.outputs.map(({ id }) => narrowed(values.get(id)!, options.precision));
}

/** The values of the graph's inputs. */
function inputValues(
  graph: Graph,
  inputs: ReadonlyMap<string, HostTensor>,
  { precision }: EvaluateOptions,
): Map<ValueId, HostTensor> {
  const values = new Map<ValueId, HostTensor>();
  for (const { id, name } of graph.inputs) {
    const given = inputs.get(name);
    if (given === undefined) throw new Error(`the graph ${graph.name} wants an input named ${name}`);
    checkType(name, given, graph.types[id]!);
    values.set(id, widened(given, precision));
  }
  return values;
}

export interface TracedNode {
  readonly node: Node;
  readonly inputs: readonly HostTensor[];
  readonly outputs: readonly HostTensor[];
}

/** Every node as it is run, with what it read and gave: to find where something goes wrong. */
export function* traced(
  graph: Graph,
  inputs: ReadonlyMap<string, HostTensor>,
  options: EvaluateOptions,
): Generator<TracedNode> {
  const values = inputValues(graph, inputs, options);
  const lastReads = lastReadsOf(graph);
  const of = (ids: readonly ValueId[]): readonly HostTensor[] => ids.map(id => values.get(id)!);
  for (const [at, node] of graph.nodes.entries()) {
    runNode(graph, node, values, options.precision);
    yield { node, inputs: of(node.inputs), outputs: of(node.outputs) };
    for (const id of lastReads.get(at) ?? []) values.delete(id);
  }
}

function runNode(graph: Graph, node: Node, values: Map<ValueId, HostTensor>, precision: Precision): void {
  const def = ops.get(node.op) as OpDef | undefined;
  if (def === undefined) throw new Error(`the reference engine has no op named ${node.op}`);
  const results = def.reference({
    inputs: node.inputs.map(id => values.get(id)!),
    attrs: node.attrs,
    outputs: node.outputs.map(id => graph.types[id]!),
    allocate: type => allocate(type, precision),
  });
  for (const [i, id] of node.outputs.entries()) values.set(id, rounded(results[i]!, precision));
}

/** For each node, the values that nothing reads after it and that aren't outputs. */
function lastReadsOf(graph: Graph): ReadonlyMap<number, readonly ValueId[]> {
  const last = new Map<ValueId, number>();
  for (const [at, node] of graph.nodes.entries())
    for (const id of [...node.inputs, ...node.outputs]) last.set(id, at);
  for (const { id } of graph.outputs) last.delete(id);
  const byNode = new Map<number, ValueId[]>();
  for (const [id, at] of last) byNode.set(at, [...(byNode.get(at) ?? []), id]);
  return byNode;
}

export function checkType(name: string, given: HostTensor, wanted: TensorType): void {
  const shape = concreteShape(wanted.shape);
  const fits =
    given.dtype === wanted.dtype &&
    given.shape.length === shape.length &&
    given.shape.every((d, i) => d === shape[i]) &&
    given.data.length === elements(shape);
  if (!fits)
    throw new Error(
      `${name} is ${wanted.dtype}${showShape(shape)}; it was given ${given.dtype}${showShape(given.shape)} with ${given.data.length} elements`,
    );
}

function wideData(dtype: DType, size: number, precision: Precision): TensorData {
  switch (dtype) {
    case 'f32':
    case 'f16':
    case 'bf16':
      return precision === 'f64' ? new Float64Array(size) : new Float32Array(size);
    case 'i32':
      return new Int32Array(size);
    case 'bool':
      return new Uint8Array(size);
    default:
      return dtype satisfies never;
  }
}

function allocate(type: TensorType, precision: Precision): HostTensor {
  const shape = concreteShape(type.shape);
  return { dtype: type.dtype, shape, data: wideData(type.dtype, elements(shape), precision) };
}

/** A tensor from outside in the form that the ops compute on. */
function widened(tensor: HostTensor, precision: Precision): HostTensor {
  const { dtype, data } = tensor;
  const values =
    (dtype === 'f16' || dtype === 'bf16') && data instanceof Uint16Array ? fromHalf(dtype, data) : data;
  const isFloating = values instanceof Float32Array || values instanceof Float64Array;
  if (!isFloating) return tensor;
  const wide = precision === 'f64' ? Float64Array : Float32Array;
  return values instanceof wide ? { ...tensor, data: values } : { ...tensor, data: new wide(values) };
}

/** The values that the dtype can hold, still in wide form. */
function rounded(tensor: HostTensor, precision: Precision): HostTensor {
  const { dtype, data } = tensor;
  if (precision === 'f64' || (dtype !== 'f16' && dtype !== 'bf16')) return tensor;
  return { ...tensor, data: fromHalf(dtype, toHalf(dtype, data)) };
}

/** A copy in the form that callers see. */
function narrowed(tensor: HostTensor, precision: Precision): HostTensor {
  const { dtype, data } = tensor;
  if (precision === 'f32' && (dtype === 'f16' || dtype === 'bf16'))
    return { ...tensor, data: toHalf(dtype, data) };
  return { ...tensor, data: data.slice() };
}
