// From a graph to a plan: when each value dies, and which piece of memory it shares with values that died before.

import type { Graph, Node, ValueId } from '../ir/graph.ts';
import { bytesOf, isFree } from './cost.ts';
import type { Buffer, Fusion, PassName, Plan, RunUnit, Target } from './plan.ts';

/** Sizes are rounded up to whole cache lines, so that values of nearly one size share buffers. */
const alignment = 64;

export const bufferReuse: PassName = {
  name: 'reuse-buffers',
  because: 'what nothing reads any more may be written over',
};

export const inPlace: PassName = {
  name: 'in-place',
  because: 'a ← a + b where nothing else reads a: a sum of gradients lies where its first term lay',
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
  const { buffers, bufferOf } = assign(graph, lives);
  const releases = target.units === undefined ? lives.releases : lastUses(graph, byNode(graph), lives.owner);
  return { graph, buffers, bufferOf, releases, peakBytes: peakOf(graph, lives, target), fusions, without };
}

/** The `peakBytes` of a plan, without the plan. */
export const peakBytes = (graph: Graph, target: Target, without: ReadonlySet<string> = nothing): number =>
  peakOf(graph, lifetimes(graph, target, without), target);

type Step = Pick<RunUnit, 'reads' | 'makes'>;

interface Lifetimes {
  /** What is run one after another: every node, or the engine's units. */
  readonly steps: readonly Step[];
  /** The value in whose memory this one lives. */
  readonly owner: (id: ValueId) => ValueId;
  /** For each step, the values that die after it. */
  readonly releases: readonly (readonly ValueId[])[];
  /** Values that a node of its own makes in the memory of one that dies there. */
  readonly takes: ReadonlyMap<ValueId, ValueId>;
  /** In no buffer: constants, and what is written straight into the engine's other set. */
  readonly elsewhere: ReadonlySet<ValueId>;
}

const byNode = (graph: Graph): readonly Step[] =>
  graph.nodes.map(({ inputs, outputs }) => ({ reads: inputs, makes: outputs }));

function lifetimes(graph: Graph, target: Target, without: ReadonlySet<string>): Lifetimes {
  const owner = aliases(graph);
  const nexts = target.alternates ? graph.outputs.filter(o => o.role === 'next') : [];
  const constants = graph.nodes.flatMap(node => (isConstant(node) ? node.outputs : []));
  const elsewhere = new Set([...constants, ...nexts.map(o => owner(o.id))]);
  const steps = target.units?.(graph, without) ?? byNode(graph);
  const reuses = !without.has(bufferReuse.name);
  const releases = reuses ? lastUses(graph, steps, owner) : atTheEnd(graph, steps, owner);
  const lives = { steps, owner, releases, takes: new Map<ValueId, ValueId>(), elsewhere };
  if (!reuses || without.has(inPlace.name) || target.units !== undefined) return lives;
  return { ...lives, takes: takenOver(graph, target.inPlace ?? nothing, lives) };
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

/** For each step, the values made by steps that die after it. A value dies with the last of its aliases. */
function lastUses(
  graph: Graph,
  steps: readonly Step[],
  owner: Lifetimes['owner'],
): readonly (readonly ValueId[])[] {
  const last = new Map<ValueId, number>();
  const made: ValueId[] = [];
  for (const [at, step] of steps.entries()) {
    for (const id of step.reads) last.set(owner(id), at);
    for (const id of step.makes) {
      made.push(id);
      last.set(owner(id), at);
    }
  }
  for (const output of graph.outputs) last.set(owner(output.id), Number.POSITIVE_INFINITY);
  const releases: ValueId[][] = steps.map(() => []);
  for (const id of made) {
    const at = last.get(owner(id));
    if (at !== undefined) releases[at]?.push(id);
  }
  return releases;
}

/** Every value is kept until the last step has run. */
function atTheEnd(
  graph: Graph,
  steps: readonly Step[],
  owner: Lifetimes['owner'],
): readonly (readonly ValueId[])[] {
  const fetched = new Set(graph.outputs.map(o => owner(o.id)));
  return steps.map((_, at) =>
    at === steps.length - 1 ? steps.flatMap(s => s.makes).filter(id => !fetched.has(owner(id))) : [],
  );
}

/** The results that lie where an input of their own node lay: of its shape, dead after it, read in no other shape. */
function takenOver(
  graph: Graph,
  ops: ReadonlySet<string>,
  { owner, releases, elsewhere }: Lifetimes,
): ReadonlyMap<ValueId, ValueId> {
  const made = new Set(graph.nodes.flatMap(node => node.outputs));
  const takes = new Map<ValueId, ValueId>();
  for (const [at, node] of graph.nodes.entries()) {
    const [id, more] = node.outputs;
    if (id === undefined || more !== undefined || !ops.has(node.op) || elsewhere.has(id)) continue;
    const dying = new Set(releases[at]);
    const { dtype, shape } = graph.types[id]!;
    const isLike = (input: ValueId): boolean => {
      const type = graph.types[input]!;
      return type.dtype === dtype && String(type.shape) === String(shape);
    };
    const taken = node.inputs.find(input => {
      const root = owner(input);
      if (!made.has(root) || !dying.has(root) || elsewhere.has(root)) return false;
      return node.inputs.every(other => owner(other) !== root || isLike(other));
    });
    if (taken !== undefined) takes.set(id, owner(taken));
  }
  return takes;
}

function peakOf(
  graph: Graph,
  { steps, owner, releases, takes, elsewhere }: Lifetimes,
  target: Target,
): number {
  const held = new Set<ValueId>();
  let alive = 0;
  let peak = 0;
  for (const [at, { makes }] of steps.entries()) {
    for (const id of makes) {
      if (owner(id) !== id || elsewhere.has(id)) continue;
      held.add(id);
      const taken = takes.get(id);
      if (taken === undefined || !held.delete(taken)) alive += alignedBytes(graph, id);
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
  { steps, owner, releases, takes, elsewhere }: Lifetimes,
): { buffers: readonly Buffer[]; bufferOf: ReadonlyMap<ValueId, number> } {
  const buffers: Buffer[] = [];
  const bufferOf = new Map<ValueId, number>();
  const idle = new Map<number, Buffer[]>();
  for (const [at, { makes }] of steps.entries()) {
    const gone = new Set<ValueId>();
    for (const id of makes) {
      const root = owner(id);
      if (elsewhere.has(root)) continue;
      const taken = takes.get(id);
      const shared = bufferOf.get(root === id ? (taken ?? id) : root);
      if (shared !== undefined) {
        bufferOf.set(id, shared);
        if (taken !== undefined) gone.add(taken);
        continue;
      }
      if (root !== id) continue;
      const bytes = alignedBytes(graph, id);
      const buffer = bestFit(idle, bytes) ?? { id: buffers.length, bytes };
      if (buffer.id === buffers.length) buffers.push(buffer);
      bufferOf.set(id, buffer.id);
    }
    for (const id of releases[at]!) {
      const buffer = bufferOf.get(id);
      if (buffer !== undefined && owner(id) === id && !gone.has(id)) setIdle(idle, buffers[buffer]!);
    }
  }
  return { buffers, bufferOf };
}

/** Takes the smallest idle buffer that holds `bytes` and isn't more than twice as large. */
function bestFit(idle: ReadonlyMap<number, Buffer[]>, bytes: number): Buffer | undefined {
  let best: Buffer[] | undefined = idle.get(bytes);
  if (best === undefined || best.length === 0) {
    let least = Number.POSITIVE_INFINITY;
    for (const [size, buffers] of idle) {
      if (size < bytes || size > 2 * bytes || size >= least || buffers.length === 0) continue;
      least = size;
      best = buffers;
    }
  }
  return best?.shift();
}

function setIdle(idle: Map<number, Buffer[]>, buffer: Buffer): void {
  const same = idle.get(buffer.bytes);
  if (same === undefined) idle.set(buffer.bytes, [buffer]);
  else same.push(buffer);
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
