// The canonical form of an evaluation graph: what it computes, and nothing of how it was written. Two specs whose
// exports have one canonical form compute the same bits from the same weights. Names of locals, the order of
// declarations, what is said twice and what stands in blocks of its own are gone; every op, attribute and mask stays.

import type { Graph, GraphInput, Node, ValueId } from '../ir/graph.ts';
import type { OpRegistry } from '../ir/op.ts';
import { attributesText } from './attributes-text.ts';
import { unfoldComposites, unfoldCore } from './unfold-rules.ts';
import { unfolded } from './unfolded.ts';

/**
 * The graph in canonical form: nodes and inputs in the order in which its outputs, by name, first read them. Where no
 * gradients are taken of it, what would stop them is nothing.
 */
export function canonical(
  graph: Graph,
  registry: OpRegistry,
  { gradients }: { readonly gradients: boolean } = { gradients: false },
): Graph {
  const rules = new Map([...Object.entries(unfoldCore), ...Object.entries(unfoldComposites)]);
  if (!gradients) rules.set('stop_gradient', (_, __, [x]) => [x!]);
  return inReadingOrder(unfolded(graph, rules, registry));
}

/** A text that is equal for graphs that compute the same; weights and states count by their place, not their name. */
export function meaningText(graph: Graph): string {
  const type = (id: ValueId): string => `${graph.types[id]!.dtype}[${graph.types[id]!.shape.join()}]`;
  const input = ({ id, name, role }: GraphInput): string =>
    `${role === 'weight' || role === 'state' ? role : `${role} ${name}`}:${type(id)}`;
  const node = ({ op, inputs, outputs, attrs }: Node): string =>
    `${outputs.map(type).join()}=${op}(${inputs.join()})${attributesText(attrs)}`;
  return [
    ...graph.inputs.map(input),
    ...graph.nodes.map(node),
    ...graph.outputs.map(o => `${o.role} ${o.name}=${o.id}`),
  ].join('\n');
}

/** Inputs that nothing reads are left out. */
function inReadingOrder(graph: Graph): Graph {
  const outputs = [...graph.outputs].sort((a, b) => (a.name < b.name ? -1 : 1));
  const producer: (Node | undefined)[] = [];
  for (const node of graph.nodes) for (const id of node.outputs) producer[id] = node;
  const inputs: GraphInput[] = [];
  const nodes: Node[] = [];
  const seen = new Set<Node | ValueId>();
  const byId = new Map(graph.inputs.map(i => [i.id, i] as const));
  // Depth first with a stack of its own: a model of a hundred layers is thousands of nodes deep.
  const open: { readonly id: ValueId; readonly entered: boolean }[] = outputs
    .map(o => ({ id: o.id, entered: false }))
    .reverse();
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    const node = producer[next.id];
    if (node === undefined) {
      if (!seen.has(next.id)) inputs.push(byId.get(next.id)!);
      seen.add(next.id);
    } else if (next.entered) {
      if (!seen.has(node)) nodes.push(node);
      seen.add(node);
    } else if (!seen.has(node)) {
      open.push({ id: next.id, entered: true });
      for (const id of node.inputs.toReversed()) open.push({ id, entered: false });
    }
  }
  return numbered(graph, inputs, nodes, outputs);
}

function numbered(
  graph: Graph,
  inputs: readonly GraphInput[],
  nodes: readonly Node[],
  outputs: Graph['outputs'],
): Graph {
  const ids = new Map<ValueId, ValueId>();
  const types: Graph['types'][number][] = [];
  const define = (old: ValueId): ValueId => {
    ids.set(old, types.length);
    return types.push(graph.types[old]!) - 1;
  };
  return {
    name: graph.name,
    inputs: inputs.map(i => ({ ...i, id: define(i.id) })),
    nodes: nodes.map(n => ({
      ...n,
      inputs: n.inputs.map(id => ids.get(id)!),
      outputs: n.outputs.map(define),
      span: undefined,
    })),
    outputs: outputs.map(o => ({ ...o, id: ids.get(o.id)! })),
    types,
  };
}
