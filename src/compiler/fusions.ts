// What an engine runs whole that was many ops: read off the final graph, so that it is true of what runs.

import { type Span, userPlace } from '../base/span.ts';
import { createBuilder } from '../ir/builder.ts';
import type { Graph, Node, ValueId } from '../ir/graph.ts';
import type { OpRegistry } from '../ir/op.ts';
import { bytesOf, graphCost, nodeCost } from './cost.ts';
import { kernelsOf } from './kernels.ts';
import { decompose } from './passes/decompose.ts';
import type { Fusion, RunUnit, Target } from './plan.ts';

/** One entry for each kind of composite that the engine keeps whole, or for the units that come from the same lines. */
export function fusionsOf(
  graph: Graph,
  target: Target,
  registry: OpRegistry,
  without: ReadonlySet<string> = new Set(),
): readonly Fusion[] {
  if (target.units !== undefined) return unitFusions(graph, target.units(graph, without), registry);
  const byKind = new Map<string, { readonly node: Node; readonly kernels: number }[]>();
  const kernels = kernelsOf(graph, target, without);
  const read = new Set([...graph.nodes.flatMap(n => n.inputs), ...graph.outputs.map(o => o.id)]);
  for (const [i, node] of graph.nodes.entries()) {
    if (registry.get(node.op)?.kind !== 'composite' || !target.composites.has(node.op)) continue;
    const one = { node, kernels: kernels[i] ?? 1 };
    const known = byKind.get(node.op);
    if (known === undefined) byKind.set(node.op, [one]);
    else known.push(one);
  }
  return [...byKind]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([kind, nodes]) => {
      const saved = nodes.map(n => savings(graph, n.node, n.kernels, read, registry));
      return {
        kind,
        count: nodes.length,
        operations: saved.reduce((n, s) => n + s.operations, 0),
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
): { readonly operations: number; readonly kernels: number; readonly bytes: number } {
  const whole = nodeCost(graph, node, registry);
  const apart = graphCost(alone(graph, node, read, registry), registry);
  const kernels = Math.max(0, apart.kernels - needed);
  const most = apart.kernels - 1;
  const bytes = most > 0 ? Math.round((Math.max(0, apart.bytes - whole.bytes) * kernels) / most) : 0;
  return { operations: apart.kernels, kernels, bytes };
}

/** The node's decomposition as a graph of its own, without what this graph doesn't read. */
function alone(graph: Graph, node: Node, read: ReadonlySet<ValueId>, registry: OpRegistry): Graph {
  const b = createBuilder(node.op, registry);
  const inputs = node.inputs.map((id, i) => b.input(String(i), 'feed', graph.types[id]!));
  const outputs = b.emit(node.op, inputs, node.attrs);
  for (const [i, id] of outputs.entries()) if (read.has(node.outputs[i]!)) b.output(String(i), 'fetch', id);
  return decompose(b.finish(), registry, new Set());
}

/** Units of several nodes, those of one kind and the same lines of the spec together, the largest first. */
function unitFusions(graph: Graph, units: readonly RunUnit[], registry: OpRegistry): readonly Fusion[] {
  const groups = new Map<string, Fusion>();
  const bytes = (ids: readonly ValueId[]): number => ids.reduce((n, id) => n + bytesOf(graph.types[id]!), 0);
  for (const { kind, nodes, reads, makes } of units) {
    const costs = nodes.map(i => nodeCost(graph, graph.nodes[i]!, registry));
    const operations = costs.reduce((n, c) => n + c.kernels, 0);
    if (operations < 2) continue;
    // By the user's own lines: a cluster reaches into many blocks of the library.
    const from = linesOf(
      nodes.flatMap(i => (graph.nodes[i]!.span === undefined ? [] : [userPlace(graph.nodes[i]!.span)])),
    );
    const apart = costs.reduce((n, c) => n + c.bytes, 0);
    const key = `${kind} ${JSON.stringify(from)}`;
    const known = groups.get(key);
    groups.set(key, {
      kind,
      count: (known?.count ?? 0) + 1,
      operations: (known?.operations ?? 0) + operations,
      kernelsSaved: (known?.kernelsSaved ?? 0) + operations - 1,
      bytesSaved: (known?.bytesSaved ?? 0) + Math.max(0, apart - bytes(reads) - bytes(makes)),
      from,
    });
  }
  return [...groups.values()].sort((a, b) => b.operations - a.operations);
}

/** Own lines and the users' lines, each once, in order. */
function linesOf(spans: readonly Span[]): Fusion['from'] {
  const lines = new Map<string, { readonly file: string; readonly line: number }>();
  for (const span of spans.flatMap(s => [userPlace(s), s]))
    lines.set(`${span.file}:${span.line}`, { file: span.file, line: span.line });
  return [...lines.values()].sort((a, b) => (a.file === b.file ? a.line - b.line : a.file < b.file ? -1 : 1));
}
