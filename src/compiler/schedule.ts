// From a graph to a plan: when each value dies, and which piece of memory it shares with values that died before.

import type { Graph, Node, ValueId } from '../ir/graph.ts';
import { bytesOf, isFree } from './cost.ts';
import type { Buffer, Fusion, PassName, Plan, Target } from './plan.ts';

/** Sizes are rounded up to whole cache lines, so that values of nearly one size share buffers. */
const alignment = 64;

export const bufferReuse: PassName = {
  name: 'reuse-buffers',
  because: 'what nothing reads any more may be written over',
};

const nothing: ReadonlySet<string> = new Set();

/** Lays the values of a graph with concrete shapes into buffers; the order of nodes stays. */
export function schedule(
  graph: Graph,
  target: Target,
  fusions: readonly Fusion[],
  without: ReadonlySet<string> = nothing,
): Plan {
  const lives = lifetimes(graph, target, without);
  const { releases } = lives;
  const { buffers, bufferOf } = assign(graph, lives);
  return { graph, buffers, bufferOf, releases, peakBytes: peakOf(graph, lives, target), fusions, without };
}

/** The `peakBytes` of a plan, without the plan. */
export const peakBytes = (graph: Graph, target: Target, without: ReadonlySet<string> = nothing): number =>
  peakOf(graph, lifetimes(graph, target, without), target);

interface Lifetimes {
  /** The value in whose memory this one lives. */
  readonly owner: (id: ValueId) => ValueId;
  /** For each node, the values made by nodes that die after it. */
  readonly releases: readonly (readonly ValueId[])[];
  /** Written straight into the engine's other set. */
  readonly renewed: ReadonlySet<ValueId>;
}

function lifetimes(graph: Graph, target: Target, without: ReadonlySet<string>): Lifetimes {
  const owner = aliases(graph);
  const nexts = target.alternates ? graph.outputs.filter(o => o.role === 'next') : [];
  const releases = without.has(bufferReuse.name) ? atTheEnd(graph, owner) : lastUses(graph, owner);
  return { owner, releases, renewed: new Set(nexts.map(o => owner(o.id))) };
}

/** A reshape is its input under another type: it lives in the same memory. */
function aliases(graph: Graph): (id: ValueId) => ValueId {
  const roots = new Map<ValueId, ValueId>();
  for (const node of graph.nodes) {
    const [input] = node.inputs;
    if (!isFree(node) || input === undefined) continue;
    roots.set(node.outputs[0]!, roots.get(input) ?? input);
  }
  return id => roots.get(id) ?? id;
}

/** For each node, the values made by nodes that die after it. A value dies with the last of its aliases. */
function lastUses(graph: Graph, owner: (id: ValueId) => ValueId): readonly (readonly ValueId[])[] {
  const last = new Map<ValueId, number>();
  const made: ValueId[] = [];
  for (const [at, node] of graph.nodes.entries()) {
    for (const id of node.inputs) last.set(owner(id), at);
    for (const id of node.outputs) {
      made.push(id);
      last.set(owner(id), at);
    }
  }
  for (const output of graph.outputs) last.set(owner(output.id), Number.POSITIVE_INFINITY);
  const releases: ValueId[][] = graph.nodes.map(() => []);
  for (const id of made) {
    const at = last.get(owner(id));
    if (at !== undefined) releases[at]?.push(id);
  }
  return releases;
}

/** Every value is kept until the last node has run. */
function atTheEnd(graph: Graph, owner: Lifetimes['owner']): Lifetimes['releases'] {
  const last = graph.nodes.length - 1;
  const fetched = new Set(graph.outputs.map(o => owner(o.id)));
  return graph.nodes.map((_, at) =>
    at === last ? graph.nodes.flatMap(n => n.outputs).filter(id => !fetched.has(owner(id))) : [],
  );
}

function peakOf(graph: Graph, { owner, releases, renewed }: Lifetimes, target: Target): number {
  const held = new Set<ValueId>();
  let alive = 0;
  let peak = 0;
  for (const [at, node] of graph.nodes.entries()) {
    for (const id of isConstant(node) ? [] : node.outputs) {
      if (owner(id) !== id || renewed.has(id)) continue;
      held.add(id);
      alive += alignedBytes(graph, id);
    }
    peak = Math.max(peak, alive);
    for (const id of releases[at]!) if (held.delete(id)) alive -= alignedBytes(graph, id);
  }
  const { memory } = target;
  const inUse = memory === undefined ? peak : Math.round(peak * memory.perByte) + memory.fixed;
  return residentBytes(graph, target) + inUse;
}

const isConstant = (node: Node): boolean => isFree(node) && node.inputs.length === 0;

const alignedBytes = (graph: Graph, id: ValueId): number =>
  Math.ceil(bytesOf(graph.types[id]!) / alignment) * alignment;

function assign(
  graph: Graph,
  { owner, releases, renewed }: Lifetimes,
): { buffers: readonly Buffer[]; bufferOf: ReadonlyMap<ValueId, number> } {
  const buffers: Buffer[] = [];
  const bufferOf = new Map<ValueId, number>();
  const idle: Buffer[] = [];
  for (const [at, node] of graph.nodes.entries()) {
    for (const id of isConstant(node) ? [] : node.outputs) {
      const root = owner(id);
      if (renewed.has(root)) continue;
      if (root !== id) {
        const shared = bufferOf.get(root);
        if (shared !== undefined) bufferOf.set(id, shared);
        continue;
      }
      const bytes = alignedBytes(graph, id);
      const buffer = bestFit(idle, bytes) ?? { id: buffers.length, bytes };
      if (buffer.id === buffers.length) buffers.push(buffer);
      bufferOf.set(id, buffer.id);
    }
    for (const id of releases[at]!) {
      const buffer = bufferOf.get(id);
      if (buffer !== undefined && owner(id) === id) idle.push(buffers[buffer]!);
    }
  }
  return { buffers, bufferOf };
}

/** Takes the smallest idle buffer that holds `bytes` and isn't more than twice as large. */
function bestFit(idle: Buffer[], bytes: number): Buffer | undefined {
  let best = -1;
  for (const [i, buffer] of idle.entries()) {
    if (buffer.bytes < bytes || buffer.bytes > 2 * bytes) continue;
    if (best < 0 || buffer.bytes < idle[best]!.bytes) best = i;
  }
  return best < 0 ? undefined : idle.splice(best, 1)[0];
}

/** Inputs: what the engine owns counts twice where it alternates between two sets. */
function residentBytes(graph: Graph, target: Target): number {
  let bytes = 0;
  for (const input of graph.inputs) {
    const owned = input.role === 'weight' || input.role === 'state' || input.role === 'moment';
    bytes += bytesOf(graph.types[input.id]!) * (owned && target.alternates ? 2 : 1);
  }
  return bytes;
}
