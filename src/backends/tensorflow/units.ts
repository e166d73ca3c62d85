// A graph cut into what TensorFlow's own kernels run (products, convolutions, gathers) and clusters of everything
// between them, which XLA compiles. A cluster is convex: no way from one of its nodes to another leads through a kernel.

import type { RunUnit } from '../../compiler/plan.ts';
import type { Graph, Node, ValueId } from '../../ir/graph.ts';
import { everyUnit, type UnitOptions } from './passes.ts';

/** A kernel of TensorFlow's runs one node; the update is the last unit. */
type Unit = Pick<RunUnit, 'kind' | 'nodes'>;

/** Ops that TensorFlow's kernels run better than XLA does on a CPU, and `after`, which XLA has no order for. */
const kernels: ReadonlySet<string> = new Set([
  'dot_general',
  'conv2d',
  'conv2d_input_grad',
  'conv2d_weight_grad',
  'gather',
  'scatter_add',
  'top_k',
  'after',
]);

/** Ops that move nothing or make what is cheap: they are written again wherever their value is read. */
const free: ReadonlySet<string> = new Set([
  'constant',
  'literal',
  'iota',
  'reshape',
  'broadcast',
  'stop_gradient',
]);

/** Alone or among themselves, these are left to TensorFlow: a copy is a copy. */
const moving: ReadonlySet<string> = new Set(['transpose', 'slice', 'pad', 'concat']);

/** A sum over the leading axes is a product with a row of ones: the gradient of a bias. */
function isColumnSum(graph: Graph, node: Node): boolean {
  const { axes } = node.attrs;
  const type = graph.types[node.inputs[0] ?? -1];
  if (node.op !== 'reduce_sum' || !Array.isArray(axes) || type?.dtype !== 'f32') return false;
  return axes.length > 0 && axes.length < type.shape.length && axes.every(a => Number(a) < axes.length);
}

/** A cast to f32 widens: what is narrow is what is kept for others to read. */
export const isFree = (node: Node): boolean =>
  free.has(node.op) || (node.op === 'cast' && node.attrs.to === 'f32');

/** The values that must be there before this one can be read: itself, or what its free node reads. */
export function rootsOf(
  producers: ReadonlyMap<ValueId, number>,
  graph: Graph,
): (id: ValueId) => readonly ValueId[] {
  const known = new Map<ValueId, readonly ValueId[]>();
  const roots = (id: ValueId): readonly ValueId[] => {
    const found = known.get(id);
    if (found !== undefined) return found;
    const node = graph.nodes[producers.get(id) ?? -1];
    const made = node === undefined || !isFree(node) ? [id] : [...new Set(node.inputs.flatMap(roots))];
    known.set(id, made);
    return made;
  };
  return roots;
}

export function producersOf(graph: Graph): ReadonlyMap<ValueId, number> {
  return new Map(graph.nodes.flatMap((n, i) => n.outputs.map(id => [id, i] as const)));
}

/** The units in an order in which they can run, with what they read and leave. With clusters, free nodes are in none. */
export function unitsOf(graph: Graph, options: UnitOptions = everyUnit): readonly RunUnit[] {
  const known = cutBefore.get(graph)?.find(c => sameOptions(c.options, options));
  if (known !== undefined) return known.units;
  const reading = readingOf(graph);
  const units = withValues(graph, cut(graph, options, reading), reading);
  cutBefore.set(graph, [...(cutBefore.get(graph) ?? []), { options, units }]);
  return units;
}

/** A plan asks for the units of its graph when memory is planned, and the engine when it writes them. */
const cutBefore = new WeakMap<
  Graph,
  readonly { readonly options: UnitOptions; readonly units: readonly RunUnit[] }[]
>();

const sameOptions = (a: UnitOptions, b: UnitOptions): boolean =>
  a.clusters === b.clusters && a.oneUpdate === b.oneUpdate;

interface Reading {
  readonly roots: (id: ValueId) => readonly ValueId[];
  /** The node that makes a value; undefined for inputs. */
  readonly made: (id: ValueId) => number | undefined;
  /** By node: the roots of what it reads, each once, and the nodes that make those. */
  readonly reads: readonly (readonly ValueId[])[];
  readonly sources: readonly (readonly number[])[];
}

function readingOf(graph: Graph): Reading {
  const producers = producersOf(graph);
  const roots = rootsOf(producers, graph);
  const reads = graph.nodes.map(({ inputs: [only, ...more] }) => {
    if (only === undefined) return [];
    return more.length === 0 ? roots(only) : [...new Set([...roots(only), ...more.flatMap(roots)])];
  });
  const sources = reads.map(ids => ids.flatMap(id => producers.get(id) ?? []));
  return { roots, made: id => producers.get(id), reads, sources };
}

function withValues(
  graph: Graph,
  units: readonly Unit[],
  { roots, made, reads: readBy }: Reading,
): readonly RunUnit[] {
  const unitOf = new Map<number, number>();
  for (const [u, { nodes }] of units.entries()) for (const i of nodes) unitOf.set(i, u);
  const readOutside = new Set<ValueId>(graph.outputs.flatMap(o => roots(o.id)));
  const read = units.map(({ nodes }, u) => {
    const reads = new Set(nodes.flatMap(i => readBy[i] ?? []));
    for (const id of reads) {
      const from = unitOf.get(made(id) ?? -1);
      if (from === u) reads.delete(id);
      else readOutside.add(id);
    }
    return [...reads];
  });
  return units.map(({ kind, nodes }, u) => ({
    kind,
    nodes,
    reads: read[u] ?? [],
    makes: nodes.flatMap(i => graph.nodes[i]?.outputs ?? []).filter(id => readOutside.has(id)),
  }));
}

/** Which nodes are run at once. */
function cut(graph: Graph, options: UnitOptions, reading: Reading): readonly Unit[] {
  if (!options.clusters) return graph.nodes.map((_, i) => ({ kind: 'kernel', nodes: [i] }));
  const readByKernel = new Set<ValueId>();
  for (const [i, node] of graph.nodes.entries())
    if (kernels.has(node.op)) for (const id of reading.reads[i] ?? []) readByKernel.add(id);
  // What a product reads is written out anyway; sums of what only they read stay in its cluster.
  const isKernel = graph.nodes.map(
    (node, i) =>
      kernels.has(node.op) ||
      (isColumnSum(graph, node) && (reading.reads[i] ?? []).some(id => readByKernel.has(id))),
  );
  const updating = options.oneUpdate ? updateNodes(graph, reading, isKernel) : new Set<number>();

  const depth: (number | undefined)[] = graph.nodes.map(() => undefined);
  const leader = graph.nodes.map((_, i) => i);
  const find = (i: number): number => {
    let at = i;
    while (leader[at] !== at) at = leader[at] ?? at;
    leader[i] = at;
    return at;
  };
  for (const [i, node] of graph.nodes.entries()) {
    if (isFree(node) || updating.has(i)) continue;
    const before = reading.sources[i] ?? [];
    let own = 0;
    for (const s of before) own = Math.max(own, (depth[s] ?? 0) + (!isKernel[i] && isKernel[s] ? 1 : 0));
    depth[i] = own;
    if (isKernel[i]) continue;
    for (const s of before) if (depth[s] === own && !isKernel[s]) leader[find(s)] = find(i);
  }
  const clusters = new Map<number, number[]>();
  const units: { readonly depth: number; readonly first: number; readonly unit: Unit }[] = [];
  for (const [i, own] of depth.entries()) {
    if (own === undefined) continue;
    if (isKernel[i]) {
      units.push({ depth: own, first: i, unit: { kind: 'kernel', nodes: [i] } });
      continue;
    }
    const at = find(i);
    const known = clusters.get(at);
    if (known !== undefined) known.push(i);
    else {
      const nodes = [i];
      clusters.set(at, nodes);
      units.push({ depth: own, first: -1, unit: { kind: 'cluster', nodes } });
    }
  }
  const ordered = units
    .sort((a, b) => a.depth - b.depth || a.first - b.first)
    .flatMap(({ unit }): readonly Unit[] =>
      unit.kind === 'kernel' || isWorthCompiling(graph, unit.nodes)
        ? [unit]
        : unit.nodes.map(i => ({ kind: 'kernel', nodes: [i] })),
    );
  return updating.size === 0 ? ordered : [...ordered, { kind: 'update', nodes: [...updating] }];
}

/** TensorFlow's own kernels pad and broadcast at most so many axes; XLA has no limit. */
const mostAxes = 6;

/** Whether a cluster is worth a call of what XLA compiled: more than one operation, and not moves alone. */
function isWorthCompiling(graph: Graph, nodes: readonly number[]): boolean {
  const values = nodes.flatMap(i => [...(graph.nodes[i]?.inputs ?? []), ...(graph.nodes[i]?.outputs ?? [])]);
  if (values.some(id => (graph.types[id]?.shape.length ?? 0) > mostAxes)) return true;
  return nodes.length > 1 && nodes.some(i => !moving.has(graph.nodes[i]?.op ?? ''));
}

/** Nodes that nothing needs but the next values of weights, states and moments. */
function updateNodes(
  graph: Graph,
  { roots, made, sources }: Reading,
  isKernel: readonly boolean[],
): ReadonlySet<number> {
  const needed = new Set<number>();
  const rootNodes = (ids: readonly ValueId[]): readonly number[] =>
    ids.flatMap(roots).flatMap(id => made(id) ?? []);
  const nexts = graph.outputs.filter(o => o.role === 'next').map(o => o.id);
  const fetched = graph.outputs.filter(o => o.role !== 'next').map(o => o.id);
  for (const i of rootNodes(fetched)) needed.add(i);
  const updating = new Set<number>();
  const wanted = new Set(rootNodes(nexts));
  for (let i = graph.nodes.length - 1; i >= 0; i--) {
    const node = graph.nodes[i];
    if (node === undefined || isFree(node)) continue;
    const before = sources[i] ?? [];
    if (wanted.has(i) && !needed.has(i) && isKernel[i] !== true && !heavy.has(node.op)) {
      updating.add(i);
      for (const s of before) wanted.add(s);
    } else for (const s of before) needed.add(s);
  }
  return new Set([...updating].sort((a, b) => a - b));
}

/** Sums over a batch are work of the backward pass, and run as soon as they can. */
const heavy: ReadonlySet<string> = new Set([
  'reduce_sum',
  'reduce_max',
  'transpose',
  'concat',
  'random_bits',
]);
