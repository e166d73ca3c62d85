// Walks over graphs: copying with a change here and there, and dropping what nothing reads.

import type { Graph, Node, TensorType, ValueId } from './graph.ts';

/** The graph without nodes that no output needs; values are numbered anew from 0, inputs stay. */
export function withoutDead(graph: Graph): Graph {
  const live = new Set(graph.outputs.map(o => o.id));
  const kept: Node[] = [];
  for (const node of graph.nodes.toReversed()) {
    if (!node.outputs.some(id => live.has(id))) continue;
    kept.push(node);
    for (const id of node.inputs) live.add(id);
  }
  return renumber(graph, kept.reverse());
}

/** The graph with these of its nodes, its values numbered in the order of inputs and nodes. */
function renumber(graph: Graph, nodes: readonly Node[]): Graph {
  const ids: ValueId[] = [];
  const types: TensorType[] = [];
  const define = (old: ValueId): ValueId => {
    const id = types.push(graph.types[old]!) - 1;
    ids[old] = id;
    return id;
  };
  const inputs = graph.inputs.map(input => ({ ...input, id: define(input.id) }));
  // Written out: this runs over every node after every round of rules, and a spread costs several times as much.
  const renamed = nodes.map(({ op, inputs: read, outputs: made, attrs, regions, span }) => ({
    op,
    inputs: read.map(id => ids[id]!),
    outputs: made.map(define),
    attrs,
    regions,
    span,
  }));
  const outputs = graph.outputs.map(output => ({ ...output, id: ids[output.id]! }));
  return { name: graph.name, inputs, nodes: renamed, outputs, types };
}
