// What must hold of every graph; run after each pass in tests, and before an engine gets a plan.

import { type Dim, dimEqual, showDim } from '../base/dim.ts';
import type { Graph, Node, TensorType, ValueId } from './graph.ts';
import type { DimCheck, OpDef, OpRegistry } from './op.ts';
import { OpFault } from './op.ts';

/**
 * Faults of a graph, none where it is sound: every value has one maker, stands in the graph's types, is made before
 * it is read and has the type that its op's rules infer; names of inputs and of outputs in one role are unique; a
 * `next` output has the type of the input it renews.
 */
export function verify(graph: Graph, registry: OpRegistry): readonly string[] {
  const faults: string[] = [];
  const known = new Set<ValueId>();
  const define = (id: ValueId, where: string): void => {
    if (known.has(id)) faults.push(`${where}: %${id} is made twice`);
    else if (graph.types[id] === undefined) faults.push(`${where}: %${id} has no type`);
    known.add(id);
  };
  const names = new Set<string>();
  for (const input of graph.inputs) {
    define(input.id, `input ${input.name}`);
    if (names.has(input.name)) faults.push(`two inputs are named ${input.name}`);
    names.add(input.name);
  }
  for (const node of graph.nodes) {
    const where = place(node);
    const unread = node.inputs.filter(id => !known.has(id));
    for (const id of unread) faults.push(`${where}: reads %${id} before it is made`);
    for (const region of node.regions)
      faults.push(...verify(region, registry).map(f => `${where}: in region ${region.name}: ${f}`));
    if (unread.length === 0) faults.push(...wrongTypes(graph, node, registry).map(f => `${where}: ${f}`));
    for (const id of node.outputs) define(id, where);
  }
  faults.push(...wrongOutputs(graph, known));
  return faults;
}

const place = (node: Node): string => `${node.outputs.map(id => `%${id}`).join(', ')} = ${node.op}`;

const strict: DimCheck = { same: (a, b) => dimEqual(a, b) === 'equal' };

function wrongTypes(graph: Graph, node: Node, registry: OpRegistry): readonly string[] {
  const def = registry.get(node.op) as unknown as OpDef | undefined;
  if (def === undefined) return ['there is no such op'];
  const query = {
    inputs: node.inputs.map(id => graph.types[id]!),
    attrs: node.attrs,
    regions: node.regions,
    dims: strict,
  };
  try {
    const dtypes = def.dtype(query);
    const inferred = def.shape(query).map((shape, i): TensorType => ({ shape, dtype: dtypes[i] ?? 'f32' }));
    if (inferred.length !== node.outputs.length)
      return [`has ${node.outputs.length} outputs where its rules give ${inferred.length}`];
    return inferred.flatMap((type, i) => {
      const stated = graph.types[node.outputs[i]!];
      if (stated === undefined || sameType(stated, type)) return [];
      return [`output ${i} is ${show(stated)} where its rules give ${show(type)}`];
    });
  } catch (error) {
    if (error instanceof OpFault) return [error.message];
    throw error;
  }
}

function wrongOutputs(graph: Graph, known: ReadonlySet<ValueId>): readonly string[] {
  const faults: string[] = [];
  const seen = new Set<string>();
  for (const output of graph.outputs) {
    const where = `output ${output.name}`;
    if (!known.has(output.id)) faults.push(`${where}: %${output.id} is never made`);
    const key = `${output.role} ${output.name}`;
    if (seen.has(key)) faults.push(`two ${output.role} outputs are named ${output.name}`);
    seen.add(key);
    if (output.role !== 'next') continue;
    const input = graph.inputs.find(i => i.name === output.name);
    const [from, to] = [graph.types[input?.id ?? -1], graph.types[output.id]];
    if (from === undefined) faults.push(`${where}: renews no input`);
    else if (to !== undefined && !sameType(from, to))
      faults.push(`${where}: is ${show(to)} where its input is ${show(from)}`);
  }
  return faults;
}

const sameDims = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a.length === b.length && a.every((d, i) => dimEqual(d, b[i]!) === 'equal');

const sameType = (a: TensorType, b: TensorType): boolean => a.dtype === b.dtype && sameDims(a.shape, b.shape);

const show = (type: TensorType): string => `${type.dtype}[${type.shape.map(showDim).join(', ')}]`;
