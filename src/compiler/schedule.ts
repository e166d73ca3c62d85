// From a graph to a plan: when each value dies, and which piece of memory it shares with values that died before.

import type { Graph, ValueId } from '../ir/graph.ts';
import { bytesOf, isFree } from './cost.ts';
import type { Buffer, Fusion, Plan, Target } from './plan.ts';

/** Sizes are rounded up to whole cache lines, so that values of nearly one size share buffers. */
const alignment = 64;

/** Lays the values of a graph with concrete shapes into buffers; the order of nodes stays. */
export function schedule(graph: Graph, target: Target, fusions: readonly Fusion[]): Plan {
  const owner = aliases(graph);
  const releases = lastUses(graph, owner);
  const renewed = new Set(
    target.alternates ? graph.outputs.filter(o => o.role === 'next').map(o => owner(o.id)) : [],
  );
  const { buffers, bufferOf, peak } = assign(graph, owner, releases, renewed);
  return {
    graph,
    buffers,
    bufferOf,
    releases,
    peakBytes: residentBytes(graph, target) + inUse(peak, target),
    fusions,
  };
}

/** A reshape is its input under another type: it lives in the same memory. */
function aliases(graph: Graph): (id: ValueId) => ValueId {
  const roots = new Map<ValueId, ValueId>();
  for (const node of graph.nodes) {
    if (!isFree(node) || node.inputs.length !== 1) continue;
    const input = node.inputs[0]!;
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

function inUse(alive: number, { memory }: Target): number {
  return memory === undefined ? alive : Math.round(alive * memory.perByte) + memory.fixed;
}

function assign(
  graph: Graph,
  owner: (id: ValueId) => ValueId,
  releases: readonly (readonly ValueId[])[],
  /** Written straight into the engine's other set. */
  renewed: ReadonlySet<ValueId>,
): { buffers: readonly Buffer[]; bufferOf: ReadonlyMap<ValueId, number>; peak: number } {
  const buffers: Buffer[] = [];
  const bufferOf = new Map<ValueId, number>();
  const idle: Buffer[] = [];
  let alive = 0;
  let peak = 0;
  for (const [at, node] of graph.nodes.entries()) {
    const constant = isFree(node) && node.inputs.length === 0;
    for (const id of constant ? [] : node.outputs) {
      const root = owner(id);
      if (renewed.has(root)) continue;
      if (root !== id) {
        const shared = bufferOf.get(root);
        if (shared !== undefined) bufferOf.set(id, shared);
        continue;
      }
      const bytes = Math.ceil(bytesOf(graph.types[id]!) / alignment) * alignment;
      alive += bytes;
      const buffer = bestFit(idle, bytes) ?? { id: buffers.length, bytes };
      if (buffer.id === buffers.length) buffers.push(buffer);
      bufferOf.set(id, buffer.id);
    }
    peak = Math.max(peak, alive);
    for (const id of releases[at]!) {
      const buffer = bufferOf.get(id);
      if (buffer === undefined || owner(id) !== id) continue;
      idle.push(buffers[buffer]!);
      alive -= Math.ceil(bytesOf(graph.types[id]!) / alignment) * alignment;
    }
  }
  return { buffers, bufferOf, peak };
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
