// What an engine runs whole that was many ops: read off the final graph, so that it is true of what runs.

import { type Span, userPlace } from '../base/span.ts';
import { createBuilder } from '../ir/builder.ts';
import type { Graph, Node, ValueId } from '../ir/graph.ts';
import type { OpRegistry } from '../ir/op.ts';
import { graphCost, nodeCost } from './cost.ts';
import { decompose } from './passes/decompose.ts';
import type { Fusion, Target } from './plan.ts';

/** One entry for each kind of composite that the engine keeps whole, with the lines of the spec they come from. */
export function fusionsOf(graph: Graph, target: Target, registry: OpRegistry): readonly Fusion[] {
  const byKind = new Map<string, { readonly node: Node; readonly kernels: number }[]>();
  const kernels = target.kernels?.(graph);
  const read = new Set([...graph.nodes.flatMap(n => n.inputs), ...graph.outputs.map(o => o.id)]);
  for (const [i, node] of graph.nodes.entries()) {
    if (registry.get(node.op)?.kind !== 'composite' || !target.composites.has(node.op)) continue;
    byKind.set(node.op, [...(byKind.get(node.op) ?? []), { node, kernels: kernels?.[i] ?? 1 }]);
  }
  return [...byKind]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, nodes]) => {
      const saved = nodes.map(n => savings(graph, n.node, n.kernels, read, registry));
      return {
        kind,
        count: nodes.length,
        kernelsSaved: saved.reduce((n, s) => n + s.kernels, 0),
        bytesSaved: saved.reduce((n, s) => n + s.bytes, 0),
        from: linesOf(nodes.flatMap(n => n.node.span ?? [])),
      };
    })
    .filter(fusion => fusion.kernelsSaved > 0);
}

/** Against its decomposition run op by op; an engine that needs several kernels saves in proportion. */
function savings(
  graph: Graph,
  node: Node,
  needed: number,
  read: ReadonlySet<ValueId>,
  registry: OpRegistry,
): { readonly kernels: number; readonly bytes: number } {
  const whole = nodeCost(graph, node, registry);
  const apart = graphCost(alone(graph, node, read, registry), registry);
  const kernels = Math.max(0, apart.kernels - needed);
  const most = apart.kernels - 1;
  const bytes = most > 0 ? Math.round((Math.max(0, apart.bytes - whole.bytes) * kernels) / most) : 0;
  return { kernels, bytes };
}

/** The node's decomposition as a graph of its own, without what this graph doesn't read. */
function alone(graph: Graph, node: Node, read: ReadonlySet<ValueId>, registry: OpRegistry): Graph {
  const b = createBuilder(node.op, registry);
  const inputs = node.inputs.map((id, i) => b.input(String(i), 'feed', graph.types[id]!));
  const outputs = b.emit(node.op, inputs, node.attrs);
  for (const [i, id] of outputs.entries()) if (read.has(node.outputs[i]!)) b.output(String(i), 'fetch', id);
  return decompose(b.finish(), registry, new Set());
}

/** Own lines and the users' lines, each once, in order. */
function linesOf(spans: readonly Span[]): Fusion['from'] {
  const lines = new Map<string, { readonly file: string; readonly line: number }>();
  for (const span of spans.flatMap(s => [userPlace(s), s]))
    lines.set(`${span.file}:${span.line}`, { file: span.file, line: span.line });
  return [...lines.values()].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}
