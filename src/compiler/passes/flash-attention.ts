// Attention whose probabilities nobody needs becomes the form that keeps none, forward and backward, so that memory
// grows with the lengths and not with their product (arXiv:2205.14135). Keys and values that were stretched over heads
// are read by all heads of a group (grouped queries, arXiv:2305.13245).

import { createBuilder } from '../../ir/builder.ts';
import type { Graph, Node, ValueId } from '../../ir/graph.ts';
import { readersOf, withoutDead } from '../../ir/traverse.ts';
import type { Pass } from './pass.ts';
import { type GroupSum, gathered, groupSum, type Shared, scattered, sharedHeads } from './shared-heads.ts';

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
    const skipped = new Set<Node>();
    const size = (id: ValueId): readonly number[] => graph.types[id]!.shape.map(Number);
    /** q, k, v and the bias, as the flash forms read them. */
    const operands = ({ node, groups }: Site): readonly ValueId[] =>
      node.inputs.map((id, i) => {
        const shared = groups?.from[i - 1];
        return shared === undefined ? now(id) : gathered(b, now(shared.value), shared, size(id));
      });
    for (const node of graph.nodes) {
      if (skipped.has(node)) continue;
      b.span = node.span;
      const site = sites.get(node);
      if (site === undefined) {
        const types = node.outputs.map(id => graph.types[id]!);
        const again = b.again(node, node.inputs.map(now), types);
        for (const [i, old] of node.outputs.entries()) renamed.set(old, again[i]!);
      } else if (site.node === node) {
        const [out, max, sum] = b.emit('flash_attention', operands(site), node.attrs);
        made.set(node, [out!, max!, sum!]);
        renamed.set(node.outputs[0]!, out!);
      } else {
        const [q, k, v, ...bias] = operands(site);
        const inputs = [q!, k!, v!, ...made.get(site.node)!, now(node.inputs[4]!), ...bias];
        const [dq, ...rest] = b.emit('flash_attention_grad', inputs, site.node.attrs);
        renamed.set(node.outputs[0]!, dq!);
        for (const [i, id] of rest.entries()) {
          const sum = site.groups?.sums.get(node.outputs[i + 1]!);
          if (sum === undefined) renamed.set(node.outputs[i + 1]!, id);
          else renamed.set(sum.output, scattered(b, id, sum, size(sum.output)));
          for (const gone of sum?.nodes ?? []) skipped.add(gone);
        }
      }
    }
    for (const output of graph.outputs) b.output(output.name, output.role, now(output.id));
    return withoutDead(b.finish());
  },
};

interface Site {
  readonly node: Node;
  /** Where heads share keys and values: those by group, and the sums of their gradients that are needless then. */
  readonly groups:
    | {
        readonly from: readonly [Shared, Shared];
        readonly sums: ReadonlyMap<ValueId, GroupSum>;
      }
    | undefined;
}

/** Each attention that keeps no probabilities, and each of its gradients, with that attention. */
function sitesOf(graph: Graph): ReadonlyMap<Node, Site> {
  if (!graph.nodes.some(node => node.op === 'attention')) return new Map();
  const readers = readersOf(graph);
  const fetched = new Set(graph.outputs.map(o => o.id));
  const isRead = (id: ValueId): boolean => fetched.has(id) || readers.has(id);
  const producers = new Map(graph.nodes.flatMap(n => n.outputs.map(id => [id, n] as const)));
  const sites = new Map<Node, Site>();
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
    const site = { node, groups: groupsOf(node, gradients) };
    for (const of of [node, ...gradients]) sites.set(of, site);
  }
  return sites;

  function groupsOf(node: Node, gradients: readonly Node[]): Site['groups'] {
    const [k, v] = [1, 2].map(i => sharedHeads(graph, producers, node.inputs[i]!));
    if (k === undefined || v === undefined || k.groups !== v.groups) return undefined;
    const sums = new Map<ValueId, GroupSum>();
    for (const id of gradients.flatMap(g => g.outputs.slice(1, 3)).filter(isRead)) {
      const sum = groupSum(graph, readers, fetched, id, k.groups);
      if (sum === undefined) return undefined;
      sums.set(id, sum);
    }
    return { from: [k, v], sums };
  }
}
