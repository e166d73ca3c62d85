// A train step in which chosen values of the forward pass aren't kept for the backward pass but made again there, by
// the same ops of the same inputs: arXiv:1604.06174 (Chen et al.).

import type { Graph, Node, TensorType, ValueId } from '../ir/graph.ts';
import { isFree } from './cost.ts';
import type { ForwardValues } from './forward-values.ts';

export interface Rematerialized {
  readonly graph: Graph;
  /** The nodes that run again. */
  readonly again: readonly Node[];
}

/**
 * The graph that keeps `kept` alone, of the values that the backward pass reads. What else it reads is made again
 * before its first reader there, and lives to its last one. A value made again reads what is kept through `after`, so
 * that no engine merges it with the first, nor makes it before the backward pass has come so far.
 */
export function rematerialize(
  graph: Graph,
  forward: ForwardValues,
  kept: ReadonlySet<ValueId>,
): Rematerialized {
  const types: TensorType[] = [...graph.types];
  const nodes: Node[] = [];
  const again: Node[] = [];
  const copies = new Map<ValueId, ValueId>();
  const made = new Set<ValueId>();
  let token: ValueId | undefined;

  const define = (like: ValueId): ValueId => types.push(types[like]!) - 1;
  const stays = (id: ValueId): boolean => {
    const maker = forward.producers.get(id);
    if (maker === undefined || !forward.nodes.has(maker)) return true;
    const root = forward.owner(id);
    const first = forward.producers.get(root);
    // Constants and numbers of positions cost nothing to keep.
    return first === undefined || first.inputs.length === 0 || kept.has(root);
  };
  const copyOf = (id: ValueId, after: ValueId): ValueId => {
    const known = copies.get(id);
    if (known !== undefined) return known;
    if (stays(id)) return id;
    const node = forward.producers.get(id)!;
    const inputs = node.inputs.map(input => copyOf(input, after));
    const isFirst = !isFree(node) && inputs.every((input, i) => input === node.inputs[i]);
    if (isFirst) {
      const [guarded] = node.inputs;
      const later = define(guarded!);
      nodes.push({
        op: 'after',
        inputs: [guarded!, after],
        outputs: [later],
        attrs: {},
        regions: [],
        span: node.span,
      });
      for (const [i, input] of inputs.entries()) if (input === guarded) inputs[i] = later;
    }
    const outputs = node.outputs.map(define);
    const copy = { ...node, inputs, outputs };
    nodes.push(copy);
    again.push(copy);
    for (const [i, output] of node.outputs.entries()) copies.set(output, outputs[i]!);
    return copies.get(id)!;
  };

  for (const node of graph.nodes) {
    if (forward.nodes.has(node)) {
      nodes.push(node);
      continue;
    }
    const own = node.inputs.filter(id => made.has(id));
    const before = own.length === 0 ? token : Math.max(...own);
    const inputs = before === undefined ? node.inputs : node.inputs.map(id => copyOf(id, before));
    nodes.push({ ...node, inputs });
    if (isFree(node) && node.inputs.length === 0) continue;
    for (const id of node.outputs) made.add(id);
    if (!isFree(node)) token = node.outputs[0];
  }
  return { graph: { ...graph, nodes, types }, again };
}
