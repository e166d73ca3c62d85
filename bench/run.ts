// The command `npm run bench`: every benchmark beside its peers, each in a process of its own.

import { spawnSync } from 'node:child_process';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { openEngine } from '../src/train/engines.ts';
import { version } from '../src/train/version.ts';
import type { Benchmark, Outcome } from './benchmark.ts';
import { compare } from './compare.ts';
import { emojiBenchmark } from './emoji.ts';
import { gptBenchmark } from './gpt.ts';
import { compileBenchmarks, specBenchmarks } from './spec-benchmarks.ts';

/** What runs where nothing is named: not every engine has bf16, and the others time compiling alone. */
const steps: readonly Benchmark[] = [gptBenchmark('f32'), emojiBenchmark, ...specBenchmarks];
const all: readonly Benchmark[] = [...steps, gptBenchmark('bf16'), ...compileBenchmarks];
const groups: Readonly<Record<string, readonly Benchmark[]>> = {
  compile: compileBenchmarks,
  ...Object.fromEntries(all.map(b => [b.name, [b]])),
};

const usage = `npm run bench -- [--json] [--only NAME] [--engine E] [--rounds N] [--steps N] [--compared N] [--threads N] [--small]

  --json       prints [{name, engine, peer, ratio, memoryRatio, compileSeconds, kernels, bytes, …}] and nothing else on
               standard output
  --only NAME  one of ${Object.keys(groups).join(', ')}
  --engine E   onnx (default), tensorflow, …
  --rounds N   turns of each side (9)
  --steps N    timed steps of one turn (3)
  --compared N steps over which the losses of both sides are compared (50)
  --threads N  threads of each side (all cores)
  --small      small forms of the benchmarks, to see that both sides agree
MMLANG_PYTHON names a Python that has PyTorch; without one the ratio is null. The exit code is 1 where losses differ.
`;

/** `here` is the bench folder. Returns the exit code. */
export async function main(args: readonly string[], here: string): Promise<number> {
  const parsed = parse(args);
  if (parsed === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const { only, rounds, stepsPerRound, comparedSteps, threads, small } = parsed;
  const chosen = only === undefined ? steps : (groups[only] ?? []);
  const [single, another] = chosen;
  const outcomes: Outcome[] = [];
  if (single !== undefined && another === undefined) {
    const { engine } = await openEngine(parsed.engine, version);
    const log = (line: string): void => void process.stderr.write(`${line}\n`);
    outcomes.push(
      ...(await compare(single, { here, engine, threads, small, rounds, stepsPerRound, comparedSteps, log })),
    );
  } else for (const { name } of chosen) outcomes.push(...alone(name, args, here));
  process.stdout.write(
    parsed.json ? `${JSON.stringify(outcomes, undefined, 2)}\n` : outcomes.map(show).join(''),
  );
  return outcomes.some(o => o.ratio !== null && o.agrees === false) ? 1 : 0;
}

/** One benchmark in a fresh process, so that its memory is its own; the last of an option that is given twice counts. */
function alone(name: string, args: readonly string[], here: string): readonly Outcome[] {
  const again = [join(here, 'run.mjs'), ...args, '--only', name, '--json'];
  const { stdout, status } = spawnSync(process.execPath, again, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  if (stdout === '') throw new Error(`the benchmark ${name} ended with ${status} and said nothing`);
  return JSON.parse(stdout) as readonly Outcome[];
}

function parse(args: readonly string[]) {
  const string = { type: 'string' } as const;
  const names = ['only', 'engine', 'rounds', 'steps', 'compared', 'threads'] as const;
  let values: Partial<Record<(typeof names)[number], string>> & {
    readonly json?: boolean;
    readonly small?: boolean;
  };
  try {
    const options = { only: string, engine: string, rounds: string, steps: string, compared: string };
    ({ values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, small: { type: 'boolean' }, threads: string, ...options },
    }));
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
  const { only, engine = 'onnx' } = values;
  const known = only === undefined || Object.hasOwn(groups, only);
  if (!known || [rounds, stepsPerRound, comparedSteps, threads].some(Number.isNaN)) return undefined;
  const { json = false, small = false } = values;
  return { json, small, only, engine, rounds, stepsPerRound, comparedSteps, threads };
}

function show(o: Outcome): string {
  const megabytes = (n: number): string => `${(n / 1e6).toFixed(0)} MB`;
  const ours = `${o.name} on ${o.engine} in ${o.precision}: ${o.samplesPerSecond.toPrecision(3)} samples/s, ${megabytes(o.memoryBytes)}, compiled in ${o.compileSeconds.toFixed(2)} s`;
  if (o.ratio === null) return `${ours}; ${o.peer} skipped: ${o.skipped}\n`;
  const memory = o.memoryRatio === null ? '' : `, of memory ${o.memoryRatio.toFixed(2)}`;
  const agreement = `losses differ by at most ${o.lossDifference.toExponential(1)} over ${o.comparedSteps} steps${o.agrees === false ? ': TOO MUCH' : ''}`;
  return `${ours}\n  beside ${o.peer}: ${o.peerSamplesPerSecond.toPrecision(3)} samples/s, first step ${o.peerFirstStepSeconds.toFixed(1)} s; ratio ${o.ratio.toFixed(2)}${memory}; ${agreement}\n`;
}
