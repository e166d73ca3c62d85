// The real command, killed: what is resumed ends with the bits of a run that was never stopped.

import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ended, expectSameWhenKilled, folder, logged, spec, start } from './killed.ts';

test('killed three times and resumed, a training ends with the same weights, and every step is logged once', async () => {
  await expectSameWhenKilled([], [30, 250, 400]);
}, 60_000);

test('on WebAssembly too', async () => {
  const short = spec.replace('steps 1500', 'steps 300').replace('every 500', 'every 100');
  await expectSameWhenKilled(['--engine', 'tfjs'], [30, 50, 60], short);
}, 60_000);

test('Ctrl-C saves, exits with 130, and the run goes on to its end', async () => {
  const dir = folder();
  const child = start(dir, ['words.mm', '--run', 'stopped']);
  const closed = ended(child);
  await Promise.race([logged(join(dir, 'stopped', 'stages', 'tune', 'metrics.jsonl'), 20), closed]);
  child.kill('SIGINT');
  expect(await closed).toBe(130);
  expect(await ended(start(dir, ['--resume', 'stopped']))).toBe(0);
}, 60_000);
