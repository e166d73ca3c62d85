// Every benchmark by its name, and which run where none is named.

import type { Benchmark } from './benchmark.ts';
import { emojiBenchmark } from './emoji.ts';
import { gptBenchmark } from './gpt.ts';
import { compileBenchmarks, contrastBenchmarks, specBenchmarks } from './spec-benchmarks.ts';

/** What runs where nothing is named: not every engine has narrow precisions, and the others measure one thing each. */
export const steps: readonly Benchmark[] = [gptBenchmark('f32'), emojiBenchmark, ...specBenchmarks];

const narrow = [gptBenchmark('bf16'), gptBenchmark('f16')] as const;

export const all: readonly Benchmark[] = [...steps, ...narrow, ...compileBenchmarks, ...contrastBenchmarks];

export const groups: Readonly<Record<string, readonly Benchmark[]>> = {
  steps: [...steps, ...narrow],
  compile: compileBenchmarks,
  contrast: contrastBenchmarks,
  ...Object.fromEntries(all.map(b => [b.name, [b]])),
};
