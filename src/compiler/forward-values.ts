// A train step in two: the nodes up to the loss, and those behind it. What the first make and the second read is kept in
// between, or is computed again.

import type { Graph, Node, ValueId } from '../ir/graph.ts';
import { isFree } from './cost.ts';

export interface ForwardValues {
  readonly nodes: ReadonlySet<Node>;
  readonly producers: ReadonlyMap<ValueId, Node>;
  /** What a reshape of it, and so on, stands for. */
  readonly owner: (id: ValueId) => ValueId;
  /** Values of the forward pass that the backward pass reads, in order: without inputs and constants. */
  readonly saved: readonly ValueId[];
}

export function forwardValues(graph: Graph): ForwardValues {
  const producers = new Map<ValueId, Node>();
  for (const node of graph.nodes) for (const id of node.outputs) producers.set(id, node);
  const isLoss = (name: string): boolean => name === 'loss' || name.startsWith('loss/');
  const losses = new Set(graph.outputs.filter(o => o.role === 'fetch' && isLoss(o.name)).map(o => o.id));
  // Gradients are made behind the loss, and passes keep that order.
  const last = graph.nodes.findLastIndex(n => n.outputs.some(id => losses.has(id)));
  const nodes = new Set(graph.nodes.slice(0, last + 1));
  const owners = new Map<ValueId, ValueId>();
  const owner = (id: ValueId): ValueId => owners.get(id) ?? id;
  for (const node of graph.nodes) {
    const [from] = node.inputs;
    if (isFree(node) && from !== undefined) owners.set(node.outputs[0]!, owner(from));
  }
  const fetched = new Set(graph.outputs.map(o => owner(o.id)));
  const saved = new Set<ValueId>();
  for (const node of graph.nodes) {
    if (nodes.has(node)) continue;
    for (const id of node.inputs) {
      const root = owner(id);
      const maker = producers.get(root);
      if (maker === undefined || !nodes.has(maker) || maker.inputs.length === 0 || fetched.has(root))
        continue;
      saved.add(root);
    }
  }
  return { nodes, producers, owner, saved: [...saved].sort((a, b) => a - b) };
}
