// The command `npm run bench`: every benchmark, its ratio against its peer.

import { availableParallelism } from 'node:os';
import { parseArgs } from 'node:util';
import { createOnnxEngine } from '../src/backends/onnx/engine.ts';
import { createTensorflowEngine } from '../src/backends/tensorflow/engine.ts';
import type { Benchmark, Outcome } from './benchmark.ts';
import { compare } from './compare.ts';
import { emojiBenchmark } from './emoji.ts';
import { gptBenchmark } from './gpt.ts';

const benchmarks: Readonly<Record<string, (here: string) => Benchmark>> = {
  'gpt-4x256': () => gptBenchmark(createOnnxEngine),
  'gpt-4x256/tensorflow': () => gptBenchmark(createTensorflowEngine),
  'gpt-4x256/tensorflow/bf16': () => gptBenchmark(createTensorflowEngine, 'bf16'),
  emoji: emojiBenchmark,
};

const usage = `npm run bench -- [--json] [--only NAME] [--rounds N] [--steps N] [--threads N]

  --json       prints [{name, engine, peer, ratio, …}] and nothing else on standard output
  --only NAME  one of ${Object.keys(benchmarks).join(', ')}
  --rounds N   turns of each side (7)
  --steps N    timed steps of one turn (5)
  --threads N  threads of each side (all cores)
MMLANG_PYTHON names a Python that has PyTorch; without one the ratio is null.
`;

/** `here` is the bench folder. Returns the exit code. */
export async function main(args: readonly string[], here: string): Promise<number> {
  const parsed = parse(args);
  if (parsed === undefined) {
    process.stderr.write(usage);
    return 2;
  }
  const chosen = Object.entries(benchmarks).filter(
    ([name]) => parsed.only === undefined || name === parsed.only,
  );
  const outcomes: Outcome[] = [];
  for (const [, benchmark] of chosen) {
    const log = (line: string): void => void process.stderr.write(`${line}\n`);
    outcomes.push(await compare(benchmark(here), { ...parsed, here, log }));
  }
  process.stdout.write(
    parsed.json ? `${JSON.stringify(outcomes, undefined, 2)}\n` : outcomes.map(show).join(''),
  );
  return 0;
}

function parse(args: readonly string[]) {
  const string = { type: 'string' } as const;
  let values: { json?: boolean; only?: string; rounds?: string; steps?: string; threads?: string };
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: { json: { type: 'boolean' }, only: string, rounds: string, steps: string, threads: string },
    }));
  } catch (e) {
    process.stderr.write(`${e instanceof Error ? e.message : String(e)}\n`);
    return undefined;
  }
  const count = (text: string | undefined, otherwise: number): number => {
    const n = text === undefined ? otherwise : Number(text);
    return Number.isInteger(n) && n > 0 ? n : Number.NaN;
  };
  const rounds = count(values.rounds, 7);
  const stepsPerRound = count(values.steps, 5);
  const threads = count(values.threads, availableParallelism());
  const known = values.only === undefined || Object.hasOwn(benchmarks, values.only);
  if (!known || [rounds, stepsPerRound, threads].some(Number.isNaN)) return undefined;
  return { json: values.json ?? false, only: values.only, rounds, stepsPerRound, threads };
}

function show(o: Outcome): string {
  const ours = `${o.name} on ${o.engine} in ${o.precision}: ${o.samplesPerSecond.toFixed(0)} samples/s`;
  if (o.ratio === null) return `${ours}; ${o.peer} skipped: ${o.skipped}\n`;
  return `${ours}, ${o.peer}: ${o.peerSamplesPerSecond.toFixed(0)}; ratio ${o.ratio.toFixed(2)}, losses differ by at most ${o.lossDifference.toExponential(1)}\n`;
}
