// Runs a benchmark's two sides in turns and compares the medians of their step times.

import type { Benchmark, Outcome, Side, Steps } from './benchmark.ts';
import { startTorch, torchVersion } from './torch-side.ts';

export interface CompareOptions {
  readonly here: string;
  readonly threads: number;
  readonly rounds: number;
  /** Steps of one turn; one more is run before them and not timed, while the other side's threads go to sleep. */
  readonly stepsPerRound: number;
  readonly log: (line: string) => void;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

/** Steps after which the two sides' losses must still agree. */
const agreeingSteps = 12;

export async function compare(benchmark: Benchmark, options: CompareOptions): Promise<Outcome> {
  const { name, engine, samplesPerStep, twin } = benchmark;
  const { here, threads, rounds, stepsPerRound, log } = options;
  const torch = torchVersion();
  const lossDifference = 'version' in torch ? await disagreement(benchmark, options) : Number.NaN;
  const start = await benchmark.start({ here, threads, timed: true });
  const theirs = 'version' in torch ? await startTorch(here, twin, threads, start) : undefined;
  const own = turns(start.ours, stepsPerRound);
  const peer = theirs === undefined ? undefined : turns(theirs, stepsPerRound);
  for (let round = 0; round < rounds; round++) {
    const mine = `${((await own.next()) * 1000).toFixed(0)} ms`;
    const other = peer === undefined ? '' : `, PyTorch ${((await peer.next()) * 1000).toFixed(0)} ms`;
    log(`${name} ${round + 1}/${rounds}: ${mine}${other}`);
  }
  await start.ours.close();
  await theirs?.close();
  const secondsPerStep = median(own.seconds);
  const samplesPerSecond = samplesPerStep / secondsPerStep;
  if (peer === undefined || 'missing' in torch) {
    const skipped = 'missing' in torch ? torch.missing : 'no twin';
    return { name, engine, peer: 'pytorch', ratio: null, skipped, samplesPerSecond, secondsPerStep, threads };
  }
  const peerSecondsPerStep = median(peer.seconds);
  return {
    name,
    engine,
    peer: `pytorch ${torch.version} eager f32`,
    ratio: peerSecondsPerStep / secondsPerStep,
    samplesPerSecond,
    peerSamplesPerSecond: samplesPerStep / peerSecondsPerStep,
    secondsPerStep,
    peerSecondsPerStep,
    steps: own.seconds.length,
    threads,
    lossDifference,
  };
}

/** The largest relative difference of the two sides' losses over their first steps. */
async function disagreement(benchmark: Benchmark, { here, threads }: CompareOptions): Promise<number> {
  const start = await benchmark.start({ here, threads, timed: false });
  const theirs = await startTorch(here, benchmark.twin, threads, start);
  const ours = await start.ours.run(agreeingSteps);
  const other = await theirs.run(agreeingSteps);
  await start.ours.close();
  await theirs.close();
  return largestDifference(ours.losses, other.losses);
}

function turns(side: Side, stepsPerRound: number) {
  const seconds: number[] = [];
  return {
    seconds,
    /** One turn; its median step time. */
    async next(): Promise<number> {
      const steps: Steps = await side.run(stepsPerRound + 1);
      seconds.push(...steps.seconds.slice(1));
      return median(steps.seconds.slice(1));
    },
  };
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]!) / Math.max(Math.abs(b[i]!), 1e-6)));
}
