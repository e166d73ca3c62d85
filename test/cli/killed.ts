// The real command in processes of its own, to be killed: a small spec with dropout and data in a folder.

import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';

const bin = fileURLToPath(new URL('../../bin/mm.mjs', import.meta.url));

export const spec = `model Words {
  modality text: Text(tokenizer: bpe(300), length: 8)
  labels Kind { even, odd }
  encoder scores(t: text[N..., T]) -> float[N..., Kind] {
    return embedding(t.ids, width: 16) |> dropout(rate: 0.2) |> mean(axis: -2) |> linear(out: Kind)
  }
  objective kinds(text: text[B, T], kind: index(Kind)[B]) {
    return cross_entropy(scores(text), kind)
  }
  stage tune {
    minimize kinds on words.train with text: [drop(0.2)] batch 8
    train all
    optimizer adamw(rate: cosine(peak: 1e-2, warmup: 10), clip: 1)
    steps 1500
    measure accuracy(argmax(scores(text)), kind) on words.train every 500
  }
}
`;

export function folder(text = spec): string {
  const dir = mkdtempSync(join(tmpdir(), 'mmlang-kill-'));
  mkdirSync(join(dir, 'data'));
  writeFileSync(join(dir, 'words.mm'), text);
  const rows = Array.from({ length: 40 }, (_, i) => `number ${i},${i % 2 === 0 ? 'even' : 'odd'}`);
  writeFileSync(join(dir, 'data', 'words.csv'), `text,kind\n${rows.join('\n')}\n`);
  writeFileSync(
    join(dir, 'data', 'words.yaml'),
    'source: { table: words.csv }\nfields:\n  text: { column: text, as: text }\n  kind: { column: kind, as: label }\nsplits:\n  train: {}\n',
  );
  return dir;
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
