// Where an engine doesn't tell what each node took: estimates from operations and bytes.

import type { Graph, ValueId } from '../ir/graph.ts';
import type { OpRegistry } from '../ir/op.ts';
import { nodeCost } from './cost.ts';

/** Operations in the time of moving one byte: the balance of usual machines in f32. */
const flopsPerByte = 8;

/** Ops that engines don't run together with what stands before and behind them. */
const alone: ReadonlySet<string> = new Set([
  'dot_general',
  'conv2d',
  'conv2d_input_grad',
  'conv2d_weight_grad',
  'gather',
  'scatter_add',
  'top_k',
]);

/**
 * The share of each node in a run: the longer of computing and moving. A value that all its readers can be run together
 * with isn't moved.
 */
export function estimatedShares(graph: Graph, registry: OpRegistry): readonly number[] {
  const isAlone = (op: string): boolean => alone.has(op) || registry.get(op)?.kind === 'composite';
  const moved = new Set<ValueId>([...graph.inputs.map(i => i.id), ...graph.outputs.map(o => o.id)]);
  for (const node of graph.nodes)
    if (isAlone(node.op)) for (const id of [...node.inputs, ...node.outputs]) moved.add(id);
  const costs = graph.nodes.map(node => {
    const { flops, bytes } = nodeCost(graph, node, registry);
    const values = [...node.inputs, ...node.outputs];
    const share = values.length === 0 ? 0 : values.filter(id => moved.has(id)).length / values.length;
    return Math.max(flops / flopsPerByte, bytes * share);
  });
  const sum = costs.reduce((a, b) => a + b, 0);
  return costs.map(c => (sum === 0 ? 0 : c / sum));
}
