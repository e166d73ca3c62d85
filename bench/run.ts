// The command `npm run bench`: every benchmark beside its peers, each in a process of its own.

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { memorySize } from '../src/cli/memory-option.ts';
import type { Outcome } from './benchmark.ts';
import { groups, steps } from './benchmarks.ts';
import { compare } from './compare.ts';

const usage = `npm run bench -- [--json] [--only NAME] [--engine E] [--rounds N] [--steps N] [--compared N] [--threads N] [--memory SIZE] [--small]

  --json        prints [{name, engine, peer, ratio, memoryRatio, compileSeconds, kernels, bytes, …}] and nothing else
                on standard output; docs/performance.md tells every field
  --only NAME   one of ${Object.keys(groups).join(', ')}; may be given again
  --engine E    onnx (default), tensorflow, …
  --rounds N    turns of each side (9)
  --steps N     timed steps of one turn (3)
  --compared N  steps over which the losses of all sides are compared (50)
  --threads N   threads of each side (all cores)
  --memory SIZE what our train step may take, as mm train --memory; where that is too little, the least there is
  --small       small forms of the benchmarks, to see that all sides agree
MMLANG_PYTHON names a Python that has the peers; what it lacks is said, and skipped. The exit code is 1 where losses differ.
`;

/** `here` is the bench folder. Returns the exit code. */
export async function main(args: readonly string[], here: string): Promise<number> {
  const parsed = parse(args);
  if (parsed === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const { json, only, ...options } = parsed;
  const chosen = only.length === 0 ? steps : only.flatMap(name => groups[name] ?? []);
  const outcomes: Outcome[] = [];
  const log = (line: string): void => void process.stderr.write(`${line}\n`);
  for (const benchmark of chosen) {
    const found = await compare(benchmark, { ...options, here, log });
    outcomes.push(...found);
    if (!json) process.stdout.write(found.map(show).join(''));
  }
  if (json) process.stdout.write(`${JSON.stringify(outcomes, undefined, 2)}\n`);
  return outcomes.some(o => o.ratio !== null && o.agrees === false) ? 1 : 0;
}

function parse(args: readonly string[]) {
  const string = { type: 'string' } as const;
  const names = ['engine', 'rounds', 'steps', 'compared', 'threads', 'memory'] as const;
  let values: Partial<Record<(typeof names)[number], string>> & {
    readonly only?: readonly string[];
    readonly json?: boolean;
    readonly small?: boolean;
  };
  let memory: number | undefined;
  try {
    const options = { engine: string, rounds: string, steps: string, compared: string, memory: string };
    const only = { type: 'string', multiple: true } as const;
    ({ values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, small: { type: 'boolean' }, threads: string, only, ...options },
    }));
    memory = values.memory === undefined ? undefined : memorySize(values.memory);
  } catch (e) {
    process.stderr.write(`${e instanceof Error ? e.message : String(e)}\n`);
    return undefined;
  }
  const count = (text: string | undefined, otherwise: number): number => {
    const n = text === undefined ? otherwise : Number(text);
    return Number.isInteger(n) && n > 0 ? n : Number.NaN;
  };
  const rounds = count(values.rounds, 9);
  const stepsPerRound = count(values.steps, 3);
  const comparedSteps = count(values.compared, 50);
  const threads = count(values.threads, availableParallelism());
  const { only = [], engine = 'onnx' } = values;
  const known = only.every(name => Object.hasOwn(groups, name));
  if (!known || [rounds, stepsPerRound, comparedSteps, threads].some(Number.isNaN)) return undefined;
  const { json = false, small = false } = values;
  return { json, small, only, engine, rounds, stepsPerRound, comparedSteps, threads, memory };
}

function show(o: Outcome): string {
  const ours = `${o.name} on ${o.engine} in ${o.precision}: ${o.samplesPerSecond.toPrecision(3)} samples/s, first step ${o.firstStepSeconds.toFixed(1)} s, ${held(o.memoryBytes, o.idleBytes)}, compiled in ${o.compileSeconds.toFixed(2)} s`;
  if (o.ratio === null) return `${ours}\n  ${o.peer} skipped: ${o.skipped}\n`;
  const memory =
    o.memoryRatio === null || o.growthRatio === null
      ? ''
      : `, of memory ${o.memoryRatio.toFixed(2)}, of its growth ${o.growthRatio.toFixed(2)}`;
  const agreement = `losses differ by at most ${o.lossDifference.toExponential(1)} over ${o.comparedSteps} steps${o.agrees === false ? ': TOO MUCH' : ''}`;
  return `${ours}\n  beside ${o.peer}: ${o.peerSamplesPerSecond.toPrecision(3)} samples/s, first step ${o.peerFirstStepSeconds.toFixed(1)} s, ${held(o.peerMemoryBytes, o.peerIdleBytes)}; ratio ${o.ratio.toFixed(2)}${memory}; ${agreement}\n`;
}

function held(peak: number | null, idle: number | null): string {
  const megabytes = (n: number): string => `${(n / 1e6).toFixed(0)} MB`;
  return peak === null || idle === null
    ? 'memory unknown'
    : `${megabytes(peak)} at most, ${megabytes(idle)} of them idle`;
}
