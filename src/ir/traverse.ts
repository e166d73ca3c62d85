// Walks over graphs: copying with a change here and there, and dropping what nothing reads.

import type { Graph, Node, TensorType, ValueId } from './graph.ts';

/** The graph without nodes that no output needs; values are numbered anew from 0, inputs stay. */
export function withoutDead(graph: Graph): Graph {
  const live: boolean[] = graph.types.map(() => false);
  for (const { id } of graph.outputs) live[id] = true;
  const kept: Node[] = [];
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i]!;
    if (!node.outputs.some(id => live[id])) continue;
    kept.push(node);
    for (const id of node.inputs) live[id] = true;
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

/** By value: the nodes that read it, each once, in their order. */
export function readersOf(graph: Graph): ReadonlyMap<ValueId, readonly Node[]> {
  const readers = new Map<ValueId, Node[]>();
  for (const node of graph.nodes)
    for (const id of node.inputs) {
      const known = readers.get(id);
      if (known === undefined) readers.set(id, [node]);
      else if (known.at(-1) !== node) known.push(node);
    }
  return readers;
}
