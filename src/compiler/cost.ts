// What a graph costs: floating point operations and bytes moved, in all and by line of the spec.

import { dtypeBytes } from '../base/dtype.ts';
import { userPlace } from '../base/span.ts';
import type { Graph, Node, TensorType } from '../ir/graph.ts';
import type { OpDef, OpRegistry } from '../ir/op.ts';

export interface Cost {
  readonly flops: number;
  /** Bytes read and written, where every node reads its inputs from memory and writes its outputs there. */
  readonly bytes: number;
  readonly kernels: number;
}

export interface LineCost extends Cost {
  readonly file: string;
  readonly line: number;
}

/** Bytes of one value; its shape is concrete. */
export function bytesOf(type: TensorType): number {
  let size = dtypeBytes[type.dtype];
  for (const dim of type.shape) {
    if (typeof dim !== 'number') throw new Error('a value without a concrete shape has no size');
    size *= dim;
  }
  return size;
}

/** Ops that give their input another type and move nothing, and constants. */
const free = new Set(['reshape', 'stop_gradient', 'after', 'constant', 'literal']);

export const isFree = (node: Node): boolean => free.has(node.op);

export function nodeCost(graph: Graph, node: Node, registry: OpRegistry): Cost {
  if (isFree(node)) return { flops: 0, bytes: 0, kernels: 0 };
  const def = registry.get(node.op) as unknown as OpDef | undefined;
  if (def === undefined) throw new Error(`no op named ${node.op}`);
  const types = node.inputs.map(id => graph.types[id]!);
  const outputs = node.outputs.map(id => graph.types[id]!);
  const bytes = [...types, ...outputs].reduce((sum, type) => sum + bytesOf(type), 0);
  return { flops: def.flops({ types, outputs, attrs: node.attrs }), bytes, kernels: 1 };
}

export function graphCost(graph: Graph, registry: OpRegistry): Cost {
  return graph.nodes.map(node => nodeCost(graph, node, registry)).reduce(plus, nothing);
}

/** By the user's own line, dearest in flops first; nodes without a place are left out. */
export function costByLine(graph: Graph, registry: OpRegistry): readonly LineCost[] {
  const lines = new Map<string, LineCost>();
  for (const node of graph.nodes) {
    if (node.span === undefined) continue;
    const { file, line } = userPlace(node.span);
    const key = `${file}:${line}`;
    const cost = plus(lines.get(key) ?? nothing, nodeCost(graph, node, registry));
    lines.set(key, { file, line, ...cost });
  }
  return [...lines.values()].sort((a, b) => b.flops - a.flops || a.line - b.line);
}

const nothing: Cost = { flops: 0, bytes: 0, kernels: 0 };

const plus = (a: Cost, b: Cost): Cost => ({
  flops: a.flops + b.flops,
  bytes: a.bytes + b.bytes,
  kernels: a.kernels + b.kernels,
});
