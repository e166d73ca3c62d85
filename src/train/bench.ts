// `mm bench`: a stage's step or an export of a spec, compiled, fed with made-up values and measured: time, memory, and
// which line of the spec takes what.

import { availableParallelism, totalmem } from 'node:os';
import type { Session } from '../backends/engine.ts';
import type { HostTensor } from '../base/tensor.ts';
import { graphCost } from '../compiler/cost.ts';
import { estimatedShares } from '../compiler/estimated-times.ts';
import { kernelCount } from '../compiler/kernels.ts';
import { type LineProfile, lineProfile } from '../compiler/line-profile.ts';
import type { Target } from '../compiler/plan.ts';
import type { Entry } from '../compiler/program.ts';
import { ops } from '../ops/registry.ts';
import { type BenchChoice, type CompileTimes, compiled, type Made } from './bench-program.ts';
import { failure } from './diagnostics.ts';
import { autoEngine, openEngine, type ReadyEngine, requirePasses } from './engines.ts';
import { feedsOf } from './feeds.ts';
import { heldBy, writeHeld } from './held.ts';
import { allocate } from './host-tensor.ts';
import { initialTensor } from './initialize.ts';
import { madeUpBatch } from './made-up.ts';
import { memoryNow, peakMemory, resetPeak } from './memory.ts';
import { type OnRead, type OpenedSpec, openSpec, type SpecText } from './model.ts';

export interface BenchOptions extends BenchChoice {
  readonly spec: SpecText;
  readonly variant?: string | undefined;
  readonly engine?: string | undefined;
  /** Timed steps. */
  readonly steps?: number | undefined;
  readonly threads?: number | undefined;
  /** Passes that are left out. */
  readonly without?: readonly string[] | undefined;
  /** The version of mmlang. */
  readonly mmlang: string;
  readonly onRead?: OnRead;
  /** Hears what is being done. */
  readonly onPhase?: (what: string) => void;
}

export interface Benched {
  readonly model: string;
  readonly variant: string | undefined;
  readonly what: { readonly kind: 'stage' | 'export'; readonly name: string };
  readonly engine: string;
  readonly engineVersion: string;
  readonly threads: number;
  /** Rows of all batches of a step. */
  readonly samples: number;
  readonly compile: CompileTimes;
  /** Seconds. */
  readonly step: {
    readonly first: number;
    readonly warmup: readonly number[];
    readonly times: readonly number[];
    readonly median: number;
  };
  readonly samplesPerSecond: number;
  /** Bytes: what the plan says, and by how much the process grew at most. */
  readonly memory: { readonly planned: number; readonly measured: number };
  readonly flops: number;
  /** Read and written, where every kernel reads its inputs from memory and writes its outputs there. */
  readonly bytes: number;
  readonly kernels: number;
  readonly profile: LineProfile & {
    /** Estimated: the engine tells no times; the shares are reckoned from operations and bytes. */
    readonly how: 'measured' | 'estimated';
    /** Seconds of a step outside of all nodes. */
    readonly between: number;
  };
}

const defaultSteps = 10;
/** Steps before the timed ones; the first is told apart. */
const warmupSteps = 3;
/** Steps of the profile, after one to warm up. */
const profiledSteps = 5;

export async function bench(options: BenchOptions): Promise<Benched> {
  const say = options.onPhase ?? (() => undefined);
  const threads = options.threads ?? availableParallelism();
  say('compiling');
  const started = performance.now();
  const opened = openSpec(options.spec, options.variant, options.onRead, options.without);
  const check = since(started);
  const ready = await openEngine(options.engine ?? autoEngine, options.mmlang);
  requirePasses(ready.engine, options.without ?? []);
  const made = compiled(opened, ready.engine.target, options);
  refuseTooLarge(made, opened, ready.engine.target, options);

  say('opening the engine');
  const before = memoryNow();
  const opening = performance.now();
  const session = await open(ready, made.entry, threads, false);
  const compile = { check, ...made.times, engine: since(opening) };
  const feeds = feedsOfEntry(made);
  const count = options.steps ?? defaultSteps;
  const all: number[] = [];
  let measured: number;
  try {
    await write(session, made);
    memoryNow();
    resetPeak();
    for (let i = 0; i < warmupSteps + count; i++) {
      if (i > 0) say(i < warmupSteps ? 'warming up' : `step ${i - warmupSteps + 1} of ${count}`);
      const at = performance.now();
      await session.run(made.entry.name, feeds);
      all.push(since(at));
    }
    measured = Math.max(0, peakMemory() - before);
  } finally {
    await session.close();
  }
  const times = all.slice(warmupSteps);
  const step = {
    first: all[0] ?? Number.NaN,
    warmup: all.slice(1, warmupSteps),
    times,
    median: median(times),
  };
  say('profiling');
  const { plan } = made.entry;
  const { flops, bytes } = graphCost(plan.graph, ops);
  const samples = made.entry.batches.reduce((sum, b) => sum + b.size, 0);
  return {
    model: opened.model.name,
    variant: opened.model.variant,
    what: made.what,
    engine: ready.engine.name,
    engineVersion: ready.version,
    threads,
    samples,
    compile,
    step,
    samplesPerSecond: samples / step.median,
    memory: { planned: plan.peakBytes, measured },
    flops,
    bytes,
    kernels: kernelCount(plan, ready.engine.target),
    profile: await profiled(ready, made, feeds, threads, step.median),
  };
}

/** A plan that needs more than the machine has would end in the system's killing the process. */
function refuseTooLarge(made: Made, opened: OpenedSpec, target: Target, options: BenchOptions): void {
  const needed = made.entry.plan.peakBytes;
  const room = totalmem();
  if (needed <= room) return;
  const peak = (batch: number): number =>
    compiled(opened, target, { ...options, batch }).entry.plan.peakBytes;
  const [low, high] = [2, 4];
  const [least, more] = [peak(low), peak(high)];
  const each = (more - least) / (high - low);
  // Rounded down to a power of two: what grows with the square of the batch isn't seen at these sizes.
  const most = least > room ? 0 : 2 ** Math.floor(Math.log2(low + (room / 2 - least) / Math.max(each, 1)));
  throw failure('bench-too-large', {
    what: `${made.what.kind} ${made.what.name}`,
    batch: made.entry.batches[0]?.size ?? 0,
    needed,
    room,
    fits: most >= 1 && Number.isFinite(most) ? most : undefined,
  });
}

function feedsOfEntry({ entry, scalars }: Made): ReadonlyMap<string, HostTensor> {
  const batches = entry.batches.flatMap(batch => [...madeUpBatch(batch, 1)]);
  return feedsOf(entry, [...batches, ...scalars(entry)]);
}

const open = ({ engine }: ReadyEngine, entry: Entry, threads: number, profile: boolean): Promise<Session> =>
  engine.open(new Map([[entry.name, entry.plan]]), { threads, profile });

/** One tensor after another, so that not all of them are held twice. */
async function write(session: Session, { entry, weights }: Made): Promise<void> {
  const specs = new Map(weights.map(w => [w.path, w]));
  await writeHeld(session, heldBy([entry]), ({ name, dtype, shape }) => {
    const spec = specs.get(name);
    return spec === undefined ? allocate(dtype, shape) : initialTensor(spec, 1);
  });
}

async function profiled(
  ready: ReadyEngine,
  made: Made,
  feeds: ReadonlyMap<string, HostTensor>,
  threads: number,
  stepSeconds: number,
): Promise<Benched['profile']> {
  const { entry, optimizer } = made;
  const { graph } = entry.plan;
  const estimated = (): Benched['profile'] => {
    const seconds = estimatedShares(graph, ops).map(share => share * stepSeconds);
    return { ...lineProfile(graph, seconds, ops, optimizer), how: 'estimated', between: 0 };
  };
  if (!ready.engine.profiles) return estimated();
  const session = await open(ready, entry, threads, true);
  try {
    await write(session, made);
    for (let i = 0; i <= profiledSteps; i++) await session.run(entry.name, feeds);
    if (session.profile === undefined) return estimated();
    const { seconds, between } = await session.profile(entry.name);
    return { ...lineProfile(graph, seconds, ops, optimizer), how: 'measured', between };
  } finally {
    await session.close();
  }
}

const since = (started: number): number => (performance.now() - started) / 1000;

function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const upper = sorted[middle] ?? Number.NaN;
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? upper) + upper) / 2;
}
