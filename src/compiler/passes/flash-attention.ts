// Attention whose probabilities nobody needs becomes the form that keeps none, forward and backward, so that memory
// grows with the lengths and not with their product (arXiv:2205.14135).

import { createBuilder } from '../../ir/builder.ts';
import type { Graph, Node, ValueId } from '../../ir/graph.ts';
import { withoutDead } from '../../ir/traverse.ts';
import type { Pass } from './pass.ts';

export const flashAttention: Pass = {
  name: 'flash-attention',
  because: 'p = exp(scores − max)/Σ exp(scores − max) can be made again from scores, max and the sum',
  run: (graph, { registry, target, precision = 'f32' }) => {
    const runs = target?.composites.has('flash_attention') && target.composites.has('flash_attention_grad');
    if (runs !== true || precision !== 'f32') return graph;
    const sites = sitesOf(graph);
    if (sites.size === 0) return graph;
    const b = createBuilder(graph.name, registry);
    const renamed = new Map<ValueId, ValueId>();
    const now = (id: ValueId): ValueId => renamed.get(id)!;
    for (const input of graph.inputs)
      renamed.set(input.id, b.input(input.name, input.role, graph.types[input.id]!));
    const made = new Map<Node, readonly ValueId[]>();
    for (const node of graph.nodes) {
      b.span = node.span;
      const forward = sites.get(node);
      if (forward === undefined) {
        const types = node.outputs.map(id => graph.types[id]!);
        const again = b.again(node, node.inputs.map(now), types);
        for (const [i, old] of node.outputs.entries()) renamed.set(old, again[i]!);
      } else if (forward === node) {
        const [out, max, sum] = b.emit('flash_attention', node.inputs.map(now), node.attrs);
        made.set(node, [out!, max!, sum!]);
        renamed.set(node.outputs[0]!, out!);
      } else {
        const [q, k, v, bias] = forward.inputs.map(now);
        const dout = now(node.inputs[4]!);
        const inputs = [q!, k!, v!, ...made.get(forward)!, dout, ...(bias === undefined ? [] : [bias])];
        for (const [i, id] of b.emit('flash_attention_grad', inputs, forward.attrs).entries())
          renamed.set(node.outputs[i]!, id);
      }
    }
    for (const output of graph.outputs) b.output(output.name, output.role, now(output.id));
    return withoutDead(b.finish());
  },
};

/** Each attention that keeps no probabilities, and each of its gradients, with that attention. */
function sitesOf(graph: Graph): ReadonlyMap<Node, Node> {
  const readers = new Map<ValueId, Node[]>();
  for (const node of graph.nodes)
    for (const id of new Set(node.inputs)) readers.set(id, [...(readers.get(id) ?? []), node]);
  const fetched = new Set(graph.outputs.map(o => o.id));
  const isRead = (id: ValueId): boolean => fetched.has(id) || readers.has(id);
  const sites = new Map<Node, Node>();
  for (const node of graph.nodes) {
    if (node.op !== 'attention') continue;
    const probabilities = node.outputs[1]!;
    const gradients = readers.get(probabilities) ?? [];
    const isGradient = (reader: Node): boolean =>
      reader.op === 'attention_grad' &&
      reader.attrs.scale === node.attrs.scale &&
      [0, 1, 2].every(i => reader.inputs[i] === node.inputs[i]) &&
      reader.inputs.every((id, i) => (id === probabilities) === (i === 3)) &&
      !isRead(reader.outputs[3]!);
    if (fetched.has(probabilities) || !gradients.every(isGradient)) continue;
    for (const of of [node, ...gradients]) sites.set(of, node);
  }
  return sites;
}
