// How many kernels one train step of gpt-4x256 starts: on webgpu, counted from what the compiler makes for it, and in
// TensorFlow.js as one writes it there, with stock ops, variableGrads and Adam, counted by its own profiler. The number
// doesn't depend on sizes, so TensorFlow.js is given small ones and the CPU. No GPU is needed.

import { nodeSource } from '../src/backends/webgpu/dawn.ts';
import { emitProgram } from '../src/backends/webgpu/emit.ts';
import { createWebgpuEngine } from '../src/backends/webgpu/engine.ts';
import type { Plan } from '../src/compiler/plan.ts';
import { schedule } from '../src/compiler/schedule.ts';
import { gpt, gptTrainStep } from './gpt-graph.ts';
import { tfjsKernels } from './gpt-tfjs.ts';

export interface KernelCounts {
  readonly name: string;
  /** Kernels of webgpu by what they do. */
  readonly webgpu: number;
  /** Texts among them, each compiled once. */
  readonly texts: number;
  readonly tfjs: number;
  readonly ratio: number;
}

export async function main(): Promise<number> {
  const { target } = createWebgpuEngine(nodeSource);
  const plan: Plan = schedule(gptTrainStep(target, 'f32').graph, target, []);
  const { kernels } = emitProgram(plan.graph);
  const theirs = await tfjsKernels(gpt.depth, gpt.heads);
  const counts: KernelCounts = {
    name: 'gpt-4x256',
    webgpu: kernels.length,
    texts: new Set(kernels.map(k => k.wgsl)).size,
    tfjs: theirs.length,
    ratio: kernels.length / theirs.length,
  };
  process.stdout.write(
    `${counts.name}, one train step: ${counts.webgpu} kernels on webgpu (${counts.texts} texts), ${counts.tfjs} in TensorFlow.js; ratio ${counts.ratio.toFixed(2)}\n`,
  );
  for (const [title, names] of [
    ['webgpu', kernels.map(k => k.name)],
    ['TensorFlow.js', theirs],
  ] as const)
    process.stdout.write(`  ${title}: ${tally(names)}\n`);
  return 0;
}

function tally(names: readonly string[]): string {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return [...counts]
    .sort((a, b) => b[1] - a[1])
    .map(([name, n]) => `${n} ${name}`)
    .join(', ');
}
