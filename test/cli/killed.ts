// The real command in processes of its own, to be killed: a small spec with dropout and data in a folder.

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { wordsFolder, wordsSpec } from '../train/words.ts';

const bin = fileURLToPath(new URL('../../bin/mm.mjs', import.meta.url));

/** Long enough to be killed in. */
export const spec = wordsSpec(1500, 500);

export function folder(text = spec): string {
  return wordsFolder(text);
}

export const start = (dir: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [bin, 'train', ...args], { cwd: dir, stdio: 'ignore' });

export const ended = (child: ChildProcess): Promise<number | null> =>
  new Promise(done => child.on('close', code => done(code)));

const stepsIn = (path: string): readonly number[] =>
  readFileSync(path, 'utf8')
    .trim()
    .split('\n')
    .map(line => JSON.parse(line) as { readonly step: number; readonly loss?: number })
    .filter(row => row.loss !== undefined)
    .map(row => row.step);

/** Waits until the run has logged this many lines more than it had. */
export async function logged(path: string, lines: number): Promise<void> {
  const count = (): number => (existsSync(path) ? readFileSync(path, 'utf8').split('\n').length : 0);
  const until = count() + lines;
  while (count() < until) await new Promise(done => setTimeout(done, 5));
}

/** Kills a training three times, resumes it each time, and holds it to the bits of one that was left alone. */
export async function expectSameWhenKilled(
  args: readonly string[],
  after: readonly [number, number, number],
  text = spec,
): Promise<void> {
  const dir = folder(text);
  expect(await ended(start(dir, ['words.mm', '--run', 'whole', ...args]))).toBe(0);
  const metrics = join(dir, 'cut', 'stages', 'tune', 'metrics.jsonl');
  for (const [i, lines] of after.entries()) {
    const child = start(dir, i === 0 ? ['words.mm', '--run', 'cut', ...args] : ['--resume', 'cut']);
    const closed = ended(child);
    await Promise.race([logged(metrics, lines), closed]);
    child.kill('SIGKILL');
    await closed;
  }
  expect(await ended(start(dir, ['--resume', 'cut']))).toBe(0);
  const hash = (run: string): string =>
    createHash('sha256')
      .update(readFileSync(join(dir, run, 'stages', 'tune', 'checkpoints', 'last.safetensors')))
      .digest('hex');
  expect(hash('cut')).toBe(hash('whole'));
  expect(stepsIn(metrics)).toEqual(stepsIn(join(dir, 'whole', 'stages', 'tune', 'metrics.jsonl')));
}
