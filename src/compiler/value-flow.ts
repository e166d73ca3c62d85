// What flows between the parts of one traced body: a box for every call that is shown, a group for every one that is
// opened and for every repeat, an arrow wherever a value made in one box is read in another. Plain operations
// between boxes are passed through; where they bring several values together stands a join.

import { showDim } from '../base/dim.ts';
import type { PartCall, Trace } from '../dsl/semantics/trace.ts';
import type { Node, ValueId } from '../ir/graph.ts';
import type { DiagramGroup, DiagramNode } from './diagram-data.ts';
import { type BoxOptions, placeBoxes, showShape } from './place-boxes.ts';

export interface FlowOptions extends BoxOptions {
  /** The node of a feed, by its name. */
  readonly input: (feed: string) => string | undefined;
}

export interface FlowEdge {
  readonly from: string;
  readonly to: string;
  readonly value: ValueId;
  readonly label: string;
  readonly quiet: boolean;
  readonly tied: boolean;
}

export interface Flow {
  readonly nodes: readonly DiagramNode[];
  readonly groups: readonly DiagramGroup[];
  readonly edges: readonly FlowEdge[];
  /** Boxes of encoders, with their calls. */
  readonly encoders: ReadonlyMap<string, PartCall>;
  /** The path of the part behind each box. */
  readonly paths: ReadonlyMap<string, string>;
  readonly sourceOf: (value: ValueId) => string | undefined;
}

const symbols: Readonly<Record<string, string>> = {
  add: '+',
  sub: '−',
  mul: '×',
  div: '÷',
  dot_general: '@',
  concat: 'concat',
  select: 'where',
};

/** The flow of a body that was traced in `check` mode; `results` are the values that it returns. */
export function valueFlow(trace: Trace, results: readonly ValueId[], options: FlowOptions): Flow {
  const graph = trace.builder.finish();
  const boxes = placeBoxes(trace, graph.nodes.length, options);
  const { leaf, group, innermost, nodes, boxOf } = boxes;
  const weights = new Map([...trace.weights.values()].map(w => [w.value.id, w.path]));
  const called = new Set(trace.calls.map(c => c.path));
  const source = new Map<ValueId, string>();
  /** Values that are made of nothing but a shared weight. */
  const tied = new Set<ValueId>();
  const feeds = new Map<ValueId, string>();
  for (const { id, name, role } of graph.inputs) {
    const from = role === 'feed' ? options.input(name) : undefined;
    if (from === undefined) continue;
    source.set(id, from);
    if (name.includes('.')) feeds.set(id, name.slice(name.indexOf('.') + 1));
  }
  const edges = new Map<string, FlowEdge>();
  const joins = new Map<string, DiagramNode>();
  const shapeOf = (v: ValueId): string => showShape(graph.types[v]?.shape ?? []);
  /** Before the leading dims were folded into one, as they are where a block takes `N...`. */
  const unfolded = (v: ValueId): ValueId => {
    const node = trace.builder.producer(v);
    const [read] = node?.inputs ?? [];
    if (node?.op !== 'reshape' || read === undefined) return v;
    const [before, after] = [read, v].map(id => (graph.types[id]?.shape ?? []).map(showDim));
    const kept = (after ?? []).slice(1);
    const folds = before !== undefined && kept.length + 1 < before.length && before[0] !== after?.[0];
    return folds && kept.every((d, i) => d === before[before.length - kept.length + i]) ? read : v;
  };
  const connect = (from: string, to: string, value: ValueId, tied: boolean, quiet: boolean): void => {
    const feed = feeds.get(value);
    const shape = shapeOf(unfolded(value));
    const label = feed === undefined || tied ? shape : `${feed} ${shape}`;
    const key = JSON.stringify([from, to, label]);
    if (from !== to && !edges.has(key)) edges.set(key, { from, to, value, label, quiet, tied });
  };
  /** The box behind a weight that is read outside of its own part. */
  const tiedTo = (value: ValueId, at: number): string | undefined => {
    const path = weights.get(value);
    const owner = path?.slice(0, path.lastIndexOf('.')) ?? '';
    if (path === undefined || !called.has(owner)) return undefined;
    const around = [
      innermost[at] ?? options.path,
      leaf[at] === undefined ? '' : (boxes.paths.get(leaf[at]) ?? ''),
    ];
    if (around.some(p => p !== '' && path.startsWith(`${p}.`))) return undefined;
    const box = boxOf.get(owner);
    if (box !== undefined) return box;
    const id = `${options.root}/${path}`;
    joins.set(id, { id, kind: 'weight', name: path, notes: [], group: options.group });
    return id;
  };
  const come = (node: Node, at: number): readonly { from: string; value: ValueId; tied: boolean }[] =>
    node.inputs.flatMap(value => {
      const from = weights.has(value) ? tiedTo(value, at) : source.get(value);
      return from === undefined ? [] : [{ from, value, tied: weights.has(value) || tied.has(value) }];
    });
  for (const [at, node] of graph.nodes.entries()) {
    const box = leaf[at] ?? options.as;
    const read = come(node, at);
    let made = box ?? read[0]?.from;
    if (box !== undefined) for (const r of read) connect(r.from, box, r.value, r.tied, false);
    else if (new Set(read.map(r => `${r.tied} ${r.from}`)).size > 1) {
      made = `${options.root}/${node.op}.${at}`;
      const name = symbols[node.op] ?? node.op.replaceAll('_', ' ');
      joins.set(made, { id: made, kind: 'join', name, notes: [], group: group[at] ?? options.group });
      const own = shapeOf(node.outputs[0] ?? 0);
      for (const r of read) connect(r.from, made, r.value, r.tied, shapeOf(r.value) === own);
    } else if (read[0]?.tied === true) for (const id of node.outputs) tied.add(id);
    // A constant is one value for all that use it.
    if (made !== undefined && node.inputs.length > 0) for (const id of node.outputs) source.set(id, made);
  }
  const wanted = new Set(results.map(v => source.get(v)));
  const kept = withoutLooseJoins([...edges.values()], joins, wanted);
  return {
    nodes: [...nodes, ...joins.values()],
    groups: boxes.groups,
    edges: kept,
    encoders: boxes.encoders,
    paths: boxes.paths,
    sourceOf: v => source.get(v),
  };
}

/** Without joins whose value nothing reads; takes them from `joins`. */
function withoutLooseJoins(
  edges: readonly FlowEdge[],
  joins: Map<string, DiagramNode>,
  wanted: ReadonlySet<string | undefined>,
): readonly FlowEdge[] {
  const readers = new Map<string, Set<string>>();
  for (const { from, to } of edges) readers.set(from, (readers.get(from) ?? new Set()).add(to));
  const loose = new Set<string>();
  // Who reads a join comes after it.
  for (const [id, { kind }] of [...joins].reverse()) {
    if (kind !== 'join' || wanted.has(id)) continue;
    if ([...(readers.get(id) ?? [])].every(to => loose.has(to))) loose.add(id);
  }
  for (const id of loose) joins.delete(id);
  return edges.filter(e => !loose.has(e.to));
}
