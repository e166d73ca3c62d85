// The binding loaded in a process of its own: whether it loads on this machine and finds a GPU, and what TensorFlow
// says of the GPU that it doesn't use.

import { spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Installation } from './binding.ts';

export interface Probe {
  readonly version: string;
  readonly gpu: boolean;
  /** In TensorFlow's words, where it has any. */
  readonly why: string | undefined;
}

/** Arguments for Node that print what `readProbe` reads. */
export const probeArguments = (binding: string): readonly string[] => [
  '-e',
  `const binding = require(process.argv[1]);
console.log(JSON.stringify({ version: binding.TF_Version, gpu: binding.isUsingGpuDevice() }));`,
  binding,
];

/** Else it is silent about GPUs. */
export const probeEnvironment = { TF_CPP_MIN_LOG_LEVEL: '0' } as const;

/** undefined where the binding didn't load. */
export function readProbe(out: string, err: string): Probe | undefined {
  const line = out.split('\n').find(l => l.startsWith('{'));
  if (line === undefined) return undefined;
  const said = JSON.parse(line) as Pick<Probe, 'version' | 'gpu'>;
  return { ...said, why: said.gpu ? undefined : gpuReason(err) };
}

/** A line of its log about the GPU: `… cuda_executor.cc:1228] failed call to cuInit …`. */
function gpuReason(log: string): string | undefined {
  const told = log.split('\n').filter(l => /\b(?:cuda\w*|cuInit|cudnn|nvidia|GPUs?)\b/i.test(l));
  const line = told.find(l => /cannot|could not|fail|skipp/i.test(l)) ?? told.at(-1);
  return line?.replace(/^.*?\.cc:\d+\] /, '').trim();
}

/** What an installation for GPUs makes do with; undefined where it uses one. */
export async function withoutGpu(at: Installation): Promise<string | undefined> {
  const child = spawn(process.execPath, probeArguments(join(at.folder, at.binding)), {
    env: { ...process.env, ...probeEnvironment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    said.out += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said.err += text;
  });
  await new Promise<void>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve());
  });
  const probe = readProbe(said.out, said.err);
  return probe?.gpu === false ? cpuInstead(probe) : undefined;
}

export const cpuInstead = ({ why }: Pick<Probe, 'why'>): string =>
  `TensorFlow finds no GPU that it can use and runs on the CPU${why === undefined ? '' : `; it says: ${why}`}`;
