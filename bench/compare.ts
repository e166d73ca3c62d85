// Runs a benchmark's two sides in turns and compares the medians of their step times.

import type { Benchmark, Outcome, PeerMode, Side, Start, Steps } from './benchmark.ts';
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
  const { name, engine, precision, samplesPerStep, twin } = benchmark;
  const { here, threads, rounds, stepsPerRound, log } = options;
  const torch = torchVersion();
  const lossDifference = 'version' in torch ? await disagreement(benchmark, options) : Number.NaN;
  const start = await benchmark.start({ here, threads, timed: true });
  const own = turns(start.ours, stepsPerRound);
  const peers: { readonly mode: PeerMode; readonly side: Side; readonly turns: Turns }[] = [];
  for (const mode of 'version' in torch ? benchmark.peers : []) {
    const side = await startTorch(here, twin, threads, inMode(start, mode));
    peers.push({ mode, side, turns: turns(side, stepsPerRound) });
  }
  for (let round = 0; round < rounds; round++) {
    const mine = `${((await own.next()) * 1000).toFixed(0)} ms`;
    const others: string[] = [];
    for (const { mode, turns } of peers)
      others.push(`, PyTorch ${mode} ${((await turns.next()) * 1000).toFixed(0)} ms`);
    log(`${name} ${round + 1}/${rounds}: ${mine}${others.join('')}`);
  }
  await start.ours.close();
  for (const { side } of peers) await side.close();
  const secondsPerStep = median(own.seconds);
  const samplesPerSecond = samplesPerStep / secondsPerStep;
  const common = { name, engine, precision, samplesPerSecond, secondsPerStep, threads };
  const timed = peers.map(p => ({ mode: p.mode, seconds: median(p.turns.seconds) }));
  const [best] = timed.toSorted((a, b) => a.seconds - b.seconds);
  if (best === undefined || 'missing' in torch) {
    const skipped = 'missing' in torch ? torch.missing : 'no twin';
    return { ...common, peer: 'pytorch', ratio: null, skipped };
  }
  const peerSecondsPerStep = best.seconds;
  return {
    ...common,
    peer: `pytorch ${torch.version} ${best.mode}`,
    ratio: peerSecondsPerStep / secondsPerStep,
    peerSamplesPerSecond: samplesPerStep / peerSecondsPerStep,
    peerSecondsPerStep,
    peers: Object.fromEntries(timed.map(p => [p.mode, p.seconds])),
    steps: own.seconds.length,
    lossDifference,
  };
}

/** The largest relative difference of the two sides' losses over their first steps. */
async function disagreement(benchmark: Benchmark, { here, threads }: CompareOptions): Promise<number> {
  const start = await benchmark.start({ here, threads, timed: false });
  const theirs = await startTorch(here, benchmark.twin, threads, inMode(start, 'eager f32'));
  const ours = await start.ours.run(agreeingSteps);
  const other = await theirs.run(agreeingSteps);
  await start.ours.close();
  await theirs.close();
  return largestDifference(ours.losses, other.losses);
}

const inMode = (start: Start, mode: PeerMode): Start => ({
  ...start,
  settings: { ...start.settings, mode },
});

interface Turns {
  readonly seconds: readonly number[];
  /** One turn; its median step time. */
  next(): Promise<number>;
}

function turns(side: Side, stepsPerRound: number): Turns {
  const seconds: number[] = [];
  return {
    seconds,
    async next() {
      const steps: Steps = await side.run(stepsPerRound + 1);
      seconds.push(...steps.seconds.slice(1));
      return median(steps.seconds.slice(1));
    },
  };
}

function largestDifference(a: readonly number[], b: readonly number[]): number {
  return Math.max(...a.map((x, i) => Math.abs(x - b[i]!) / Math.max(Math.abs(b[i]!), 1e-6)));
}
