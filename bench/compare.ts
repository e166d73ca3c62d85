// Runs a benchmark's sides in turns and compares the medians of their step times, their memory and their losses.

import type { Engine } from '../src/backends/engine.ts';
import { peakMemory } from '../src/train/memory.ts';
import type { Benchmark, Outcome, PeerMode, PeerSide, Side, Start } from './benchmark.ts';
import { startTorch, torchVersion } from './torch-side.ts';

export interface CompareOptions {
  readonly here: string;
  readonly engine: Engine;
  readonly threads: number;
  /** Small forms of benchmarks, to see that the sides agree. */
  readonly small: boolean;
  readonly rounds: number;
  /** Steps of one turn; one more is run before them and not timed, while the other sides' threads go to sleep. */
  readonly stepsPerRound: number;
  /** Steps over which losses are compared. */
  readonly comparedSteps: number;
  readonly log: (line: string) => void;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Losses of f32 beside f32 must agree to this, relatively. */
const tolerance = 1e-3;

/** One outcome for each peer. The process must be fresh: our memory is by how much it grows. */
export async function compare(benchmark: Benchmark, options: CompareOptions): Promise<readonly Outcome[]> {
  const { name, samplesPerStep, twin, precision } = benchmark;
  const { here, engine, threads, small, rounds, stepsPerRound, comparedSteps, log } = options;
  const torch = torchVersion();
  const start = await benchmark.start({ here, engine, threads, small, timed: true });
  const own = turns(start.ours, stepsPerRound);
  const peers: { readonly mode: PeerMode; readonly side: PeerSide; readonly turns: Turns }[] = [];
  for (const mode of 'version' in torch ? benchmark.peers : []) {
    const side = await startTorch(here, twin, threads, inMode(start, mode));
    peers.push({ mode, side, turns: turns(side, stepsPerRound) });
  }
  for (let round = 0; round < rounds; round++) {
    const said = [`${name} on ${engine.name} ${round + 1}/${rounds}: ${milliseconds(await own.next())}`];
    for (const { mode, turns: theirs } of peers)
      said.push(`PyTorch ${mode} ${milliseconds(await theirs.next())}`);
    log(said.join(', '));
  }
  const memoryBytes = Math.max(0, peakMemory() - start.built.baseline);
  const theirMemory = await Promise.all(peers.map(p => p.side.memory()));
  const rest = Math.max(0, comparedSteps - own.losses.length);
  if (!benchmark.draws && peers.length > 0 && rest > 0)
    for (const side of [own, ...peers.map(p => p.turns)]) await side.more(rest);
  await start.ours.close();
  for (const { side } of peers) await side.close();
  const drawn = benchmark.draws && peers.length > 0 ? await undrawn(benchmark, options) : undefined;

  const secondsPerStep = median(own.seconds);
  const { baseline: _, ...built } = start.built;
  const ours = {
    name,
    engine: engine.name,
    precision,
    threads,
    steps: own.seconds.length,
    samplesPerSecond: samplesPerStep / secondsPerStep,
    secondsPerStep,
    firstStepSeconds: own.first(),
    memoryBytes,
    ...built,
  };
  if ('missing' in torch)
    return [{ ...ours, peer: 'pytorch', ratio: null, memoryRatio: null, skipped: torch.missing }];
  if (peers.length === 0)
    return [
      { ...ours, peer: 'pytorch', ratio: null, memoryRatio: null, skipped: 'it takes minutes at this size' },
    ];
  return peers.map(({ mode, turns: theirs }, i) => {
    const peerSecondsPerStep = median(theirs.seconds);
    const [a, b] = drawn ?? [own.losses, theirs.losses];
    const lossDifference = largestDifference(a, b);
    const peerMemoryBytes = theirMemory[i] ?? null;
    return {
      ...ours,
      peer: `pytorch ${torch.version} ${mode}`,
      ratio: peerSecondsPerStep / secondsPerStep,
      memoryRatio: peerMemoryBytes === null ? null : memoryBytes / peerMemoryBytes,
      peerSamplesPerSecond: samplesPerStep / peerSecondsPerStep,
      peerSecondsPerStep,
      peerFirstStepSeconds: theirs.first(),
      peerMemoryBytes,
      lossDifference,
      comparedSteps: Math.min(a.length, b.length),
      agrees: precision === 'f32' && mode.endsWith('f32') ? lossDifference < tolerance : null,
    };
  });
}

const milliseconds = (seconds: number): string => `${(seconds * 1000).toFixed(0)} ms`;

const inMode = (start: Start, mode: PeerMode): Start => ({
  ...start,
  settings: { ...start.settings, mode },
});

/** Losses of both sides over their first steps, without random draws. */
async function undrawn(
  benchmark: Benchmark,
  { here, engine, threads, small, comparedSteps }: CompareOptions,
): Promise<readonly [readonly number[], readonly number[]]> {
  const start = await benchmark.start({ here, engine, threads, small, timed: false });
  const theirs = await startTorch(here, benchmark.twin, threads, inMode(start, 'eager f32'));
  const ours = await start.ours.run(comparedSteps);
  const other = await theirs.run(comparedSteps);
  await start.ours.close();
  await theirs.close();
  return [ours.losses, other.losses];
}

interface Turns {
  readonly seconds: readonly number[];
  readonly losses: readonly number[];
  /** One turn; its median step time. */
  next(): Promise<number>;
  /** Steps that aren't timed. */
  more(steps: number): Promise<void>;
  /** Seconds of the very first step. */
  first(): number;
}

function turns(side: Side, stepsPerRound: number): Turns {
  const seconds: number[] = [];
  const losses: number[] = [];
  let first = Number.NaN;
  return {
    seconds,
    losses,
    async next() {
      const steps = await side.run(stepsPerRound + 1);
      if (losses.length === 0) first = steps.seconds[0] ?? Number.NaN;
      seconds.push(...steps.seconds.slice(1));
      losses.push(...steps.losses);
      return median(steps.seconds.slice(1));
    },
    async more(steps) {
      losses.push(...(await side.run(steps)).losses);
    },
    first: () => first,
  };
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  const count = Math.min(a.length, b.length);
  return Math.max(
    ...Array.from({ length: count }, (_, i) => Math.abs(a[i]! - b[i]!) / Math.max(Math.abs(b[i]!), 1e-6)),
  );
}
