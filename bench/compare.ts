// Runs a benchmark's sides in turns and compares the medians of their step times, their memory and their losses.

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Benchmark, Built, Memory, OurChoice, Outcome, Peer, Side } from './benchmark.ts';
import { peerVersion, type SideProcess, startOurs, startPeer } from './side-process.ts';

export interface CompareOptions extends Omit<OurChoice, 'name' | 'timed'> {
  readonly here: string;
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

interface Beside {
  readonly peer: Peer;
  readonly name: string;
  readonly side: SideProcess;
  readonly turns: Turns;
}

/** One outcome for each peer. */
export async function compare(benchmark: Benchmark, options: CompareOptions): Promise<readonly Outcome[]> {
  const { name, samplesPerStep, precision } = benchmark;
  const { threads, rounds, stepsPerRound, comparedSteps, log } = options;
  const missing: { readonly peer: string; readonly why: string }[] = [];
  const present: Peer[] = [];
  const names = new Map<Peer, string>();
  for (const peer of benchmark.peers) {
    const found = peerVersion(peer);
    if ('missing' in found) missing.push({ peer, why: found.missing });
    else {
      present.push(peer);
      names.set(peer, found.name);
    }
  }
  const { ours: side, built, peers: sides } = await start(benchmark, options, present, true);
  const own = turns(side, stepsPerRound);
  const peers: readonly Beside[] = sides.map((side, i) => {
    const peer = present[i]!;
    return { peer, name: names.get(peer)!, side, turns: turns(side, stepsPerRound) };
  });
  for (let round = 0; round < rounds; round++) {
    const said = [`${name} on ${options.engine} ${round + 1}/${rounds}: ${milliseconds(await own.next())}`];
    for (const { peer, turns: theirs } of peers) said.push(`${peer} ${milliseconds(await theirs.next())}`);
    log(said.join(', '));
  }
  const memory = await side.memory();
  const theirMemory = await Promise.all(peers.map(p => p.side.memory()));
  const rest = Math.max(0, comparedSteps - own.losses.length);
  if (!benchmark.draws && peers.length > 0 && rest > 0)
    for (const side of [own, ...peers.map(p => p.turns)]) await side.more(rest);
  for (const { close } of [side, ...sides]) await close();
  const drawn = benchmark.draws && peers.length > 0 ? await undrawn(benchmark, options, present) : undefined;

  const secondsPerStep = median(own.seconds);
  const ours = {
    name,
    engine: options.engine,
    precision,
    threads,
    steps: own.seconds.length,
    samplesPerSecond: samplesPerStep / secondsPerStep,
    secondsPerStep,
    firstStepSeconds: own.first(),
    memoryLimit: options.memory ?? null,
    memoryBytes: memory?.peak ?? null,
    idleBytes: memory?.idle ?? null,
    ...built,
  };
  const nothing = { ratio: null, memoryRatio: null, growthRatio: null } as const;
  const skipped = missing.map(({ peer, why }): Outcome => ({ ...ours, peer, ...nothing, skipped: why }));
  if (benchmark.peers.length === 0)
    skipped.push({ ...ours, peer: 'none', ...nothing, skipped: benchmark.alone ?? 'it has no twin' });
  const compared = peers.map(({ peer, name, turns: theirs }, i): Outcome => {
    const peerSecondsPerStep = median(theirs.seconds);
    const a = drawn?.ours ?? own.losses;
    const b = drawn?.peers[i] ?? theirs.losses;
    const lossDifference = largestDifference(a, b);
    const peerMemory = theirMemory[i];
    return {
      ...ours,
      peer: name,
      ratio: peerSecondsPerStep / secondsPerStep,
      memoryRatio: ratioOf(memory, peerMemory, m => m.peak),
      growthRatio: ratioOf(memory, peerMemory, m => m.peak - m.idle),
      peerSamplesPerSecond: samplesPerStep / peerSecondsPerStep,
      peerSecondsPerStep,
      peerFirstStepSeconds: theirs.first(),
      peerMemoryBytes: peerMemory?.peak ?? null,
      peerIdleBytes: peerMemory?.idle ?? null,
      lossDifference,
      comparedSteps: Math.min(a.length, b.length),
      agrees: precision === 'f32' && peer.endsWith('f32') ? lossDifference < tolerance : null,
    };
  });
  return [...compared, ...skipped];
}

function ratioOf(
  ours: Memory | undefined,
  theirs: Memory | undefined,
  of: (memory: Memory) => number,
): number | null {
  return ours === undefined || theirs === undefined ? null : of(ours) / of(theirs);
}

const milliseconds = (seconds: number): string => `${(seconds * 1000).toFixed(0)} ms`;

interface Started {
  readonly ours: SideProcess;
  readonly built: Built;
  readonly peers: readonly SideProcess[];
}

/** All sides, begun at the same weights and batches. */
async function start(
  { name, twin }: Benchmark,
  { here, engine, threads, small, memory }: CompareOptions,
  peers: readonly Peer[],
  timed: boolean,
): Promise<Started> {
  const folder = mkdtempSync(join(tmpdir(), 'mmlang-bench-'));
  try {
    const ours = startOurs(here, { name, engine, threads, small, memory, timed } satisfies OurChoice);
    // Written by bench/ours.ts, of this type.
    const built = (await ours.load(folder)) as Built;
    const sides: SideProcess[] = [];
    for (const peer of peers) {
      const side = startPeer(here, peer, twin, threads);
      await side.load(folder);
      sides.push(side);
    }
    return { ours, built, peers: sides };
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Losses of all sides over their first steps, without random draws. */
async function undrawn(
  benchmark: Benchmark,
  options: CompareOptions,
  present: readonly Peer[],
): Promise<{ readonly ours: readonly number[]; readonly peers: readonly (readonly number[])[] }> {
  const { ours, peers } = await start(benchmark, options, present, false);
  const losses: (readonly number[])[] = [];
  for (const side of [ours, ...peers]) {
    losses.push((await side.run(options.comparedSteps)).losses);
    await side.close();
  }
  const [own = [], ...theirs] = losses;
  return { ours: own, peers: theirs };
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
