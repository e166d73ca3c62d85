// The PyTorch twin as a subprocess that runs as many steps as it is told on a line of its standard input.

import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { HostTensor } from '../src/base/tensor.ts';
import type { PeerSide, Start, Steps } from './benchmark.ts';

const python = process.env.MMLANG_PYTHON ?? 'python3';

/** PyTorch's version, or why it can't be used. */
export function torchVersion(): { readonly version: string } | { readonly missing: string } {
  const found = spawnSync(python, ['-c', 'import torch; print(torch.__version__)'], { encoding: 'utf8' });
  if (found.error !== undefined) return { missing: `${python} does not start (${found.error.message})` };
  if (found.status !== 0) return { missing: `${python} has no PyTorch: set MMLANG_PYTHON to one that has` };
  return { version: found.stdout.trim() };
}

function writeTensors(folder: string, tensors: ReadonlyMap<string, HostTensor>): void {
  const index: Record<string, { dtype: string; shape: readonly number[]; offset: number }> = {};
  const parts: Uint8Array[] = [];
  let offset = 0;
  for (const [name, { dtype, shape, data }] of tensors) {
    index[name] = { dtype, shape, offset };
    parts.push(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    offset += data.byteLength;
  }
  writeFileSync(join(folder, 'tensors.json'), JSON.stringify(index));
  writeFileSync(join(folder, 'tensors.bin'), Buffer.concat(parts));
}

/** Starts the twin from these tensors. `here` is the bench folder. */
export async function startTorch(
  here: string,
  twin: string,
  threads: number,
  { tensors, settings }: Start,
): Promise<PeerSide> {
  const folder = mkdtempSync(join(tmpdir(), 'mmlang-bench-'));
  writeFileSync(join(folder, 'settings.json'), JSON.stringify(settings));
  writeTensors(folder, tensors);
  const child = spawn(python, [join(here, 'torch', 'host.py'), twin, String(threads)], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, OMP_NUM_THREADS: String(threads), PYTHONDONTWRITEBYTECODE: '1' },
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const ask = async (command: string): Promise<unknown> => {
    child.stdin.write(`${command}\n`);
    const { value, done } = await lines.next();
    if (done === true) throw new Error(`the PyTorch twin ${twin} ended at "${command}"`);
    return JSON.parse(value);
  };
  await ask(`load ${folder}`);
  rmSync(folder, { recursive: true });
  return {
    async run(steps) {
      const answer = await ask(`run ${steps}`);
      if (!isSteps(answer)) throw new Error(`the PyTorch twin ${twin} answered ${JSON.stringify(answer)}`);
      return answer;
    },
    async memory() {
      const answer = await ask('memory');
      const bytes = typeof answer === 'object' && answer !== null && 'bytes' in answer ? answer.bytes : null;
      return typeof bytes === 'number' ? bytes : undefined;
    },
    async close() {
      const ended = new Promise<void>(resolve => child.once('exit', () => resolve()));
      child.stdin.end('quit\n');
      await ended;
    },
  };
}

function isSteps(answer: unknown): answer is Steps {
  return (
    typeof answer === 'object' &&
    answer !== null &&
    'seconds' in answer &&
    Array.isArray(answer.seconds) &&
    'losses' in answer &&
    Array.isArray(answer.losses)
  );
}
