// What a graph's nodes took, by the line of the spec that they come from, and by part of the step: forward, backward,
// optimizer.

import { type Span, userPlace } from '../base/span.ts';
import type { Graph, Node, ValueId } from '../ir/graph.ts';
import type { OpRegistry } from '../ir/op.ts';
import { nodeCost } from './cost.ts';

export type Phase = 'forward' | 'backward' | 'optimizer';

export interface LineTime {
  readonly file: string;
  readonly line: number;
  readonly seconds: Readonly<Record<Phase, number>>;
  /** Of the seconds of all nodes. */
  readonly share: number;
  readonly flops: number;
  readonly bytes: number;
  /** Dearest first. */
  readonly ops: readonly { readonly op: string; readonly seconds: number }[];
}

export interface LineProfile {
  /** Dearest first. */
  readonly lines: readonly LineTime[];
  /** Seconds of nodes that come from no line. */
  readonly elsewhere: number;
  readonly seconds: Readonly<Record<Phase, number>>;
}

export const total = (seconds: Readonly<Record<Phase, number>>): number =>
  seconds.forward + seconds.backward + seconds.optimizer;

/** `seconds` by node; `optimizer` is where a train step's optimizer is asked for. */
export function lineProfile(
  graph: Graph,
  seconds: readonly number[],
  registry: OpRegistry,
  optimizer?: Span,
): LineProfile {
  const phases = phasesOf(graph, optimizer);
  const all = { forward: 0, backward: 0, optimizer: 0 };
  const lines = new Map<string, Gathered>();
  let elsewhere = 0;
  for (const [i, node] of graph.nodes.entries()) {
    const took = seconds[i] ?? 0;
    const phase = phases[i] ?? 'forward';
    all[phase] += took;
    if (node.span === undefined) {
      elsewhere += took;
      continue;
    }
    const { file, line } = userPlace(node.span);
    const key = `${file}:${line}`;
    const known = lines.get(key) ?? gather(file, line);
    lines.set(key, known);
    const { flops, bytes } = nodeCost(graph, node, registry);
    known.seconds[phase] += took;
    known.flops += flops;
    known.bytes += bytes;
    known.ops.set(node.op, (known.ops.get(node.op) ?? 0) + took);
  }
  const sum = total(all);
  const made = [...lines.values()].map(({ ops, ...line }) => ({
    ...line,
    share: sum === 0 ? 0 : total(line.seconds) / sum,
    ops: [...ops].map(([op, took]) => ({ op, seconds: took })).sort((a, b) => b.seconds - a.seconds),
  }));
  const order = (a: LineTime, b: LineTime): number =>
    b.share - a.share || (a.file < b.file ? -1 : a.file > b.file ? 1 : a.line - b.line);
  return { lines: made.sort(order), elsewhere, seconds: all };
}

interface Gathered {
  readonly file: string;
  readonly line: number;
  readonly seconds: Record<Phase, number>;
  flops: number;
  bytes: number;
  readonly ops: Map<string, number>;
}

const gather = (file: string, line: number): Gathered => ({
  file,
  line,
  seconds: { forward: 0, backward: 0, optimizer: 0 },
  flops: 0,
  bytes: 0,
  ops: new Map(),
});

/**
 * What a fetched loss needs is forward; what the optimizer's line asks for is the optimizer; what else the optimizer
 * needs is backward. The rest renews states in the forward pass.
 */
function phasesOf(graph: Graph, optimizer: Span | undefined): readonly Phase[] {
  if (optimizer === undefined) return graph.nodes.map(() => 'forward');
  const isUpdate = ({ span }: Node): boolean =>
    span !== undefined && span.file === optimizer.file && span.start === optimizer.start;
  const losses = graph.outputs.filter(o => o.role === 'fetch' && o.name !== 'gradient_norm').map(o => o.id);
  const forward = ancestors(graph, losses);
  const updates = graph.nodes.flatMap((node, i) => (isUpdate(node) && !forward.has(i) ? [i] : []));
  const behind = ancestors(
    graph,
    updates.flatMap(i => graph.nodes[i]?.inputs ?? []),
  );
  return graph.nodes.map((node, i) => {
    if (forward.has(i)) return 'forward';
    if (isUpdate(node)) return 'optimizer';
    return behind.has(i) ? 'backward' : 'forward';
  });
}

/** Places of the nodes that these values need. */
function ancestors(graph: Graph, of: readonly ValueId[]): ReadonlySet<number> {
  const needed = new Set(of);
  const found = new Set<number>();
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i];
    if (node === undefined || !node.outputs.some(id => needed.has(id))) continue;
    found.add(i);
    for (const id of node.inputs) needed.add(id);
  }
  return found;
}
