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

export async function compare(benchmark: Benchmark, options: CompareOptions): Promise<Outcome> {
  const { name, engine, samplesPerStep, twin } = benchmark;
  const { here, threads, rounds, stepsPerRound, log } = options;
  const torch = torchVersion();
  const { ours, tensors } = await benchmark.start(threads);
  const theirs = 'version' in torch ? await startTorch(here, twin, threads, tensors) : undefined;
  const own = turns(ours, stepsPerRound);
  const peer = theirs === undefined ? undefined : turns(theirs, stepsPerRound);
  for (let round = 0; round < rounds; round++) {
    const mine = await own.next();
    const other = await peer?.next();
    log(
      `${name} ${round + 1}/${rounds}: ${(mine * 1000).toFixed(0)} ms${other === undefined ? '' : `, PyTorch ${(other * 1000).toFixed(0)} ms`}`,
    );
  }
  await ours.close();
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
    steps: own.losses.length,
    threads,
    lossDifference: largestDifference(own.losses, peer.losses),
  };
}

function turns(side: Side, stepsPerRound: number) {
  const seconds: number[] = [];
  const losses: number[] = [];
  return {
    seconds,
    losses,
    /** One turn; its median step time. */
    async next(): Promise<number> {
      const steps: Steps = await side.run(stepsPerRound + 1);
      losses.push(...steps.losses);
      seconds.push(...steps.seconds.slice(1));
      return median(steps.seconds.slice(1));
    },
  };
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]!) / Math.max(Math.abs(b[i]!), 1e-6)));
}
