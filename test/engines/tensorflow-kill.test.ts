// The real command on TensorFlow, killed and resumed, under a limit of memory too: the bits of a run left alone.

import { expect, test } from 'vitest';
import { createTensorflowEngine } from '../../src/backends/tensorflow/engine.ts';
import { check, compile } from '../../src/compile.ts';
import { expectSameWhenKilled, spec } from '../cli/killed.ts';
import { minimizing } from '../minimizing.ts';

/** What its rows need is most of what it takes, so that parts of a batch take less. */
const wide = spec
  .replace('mean(axis: -2)', 'linear(out: 128) as wide |> gelu |> mean(axis: -2)')
  .replace('batch 8', 'batch 32')
  .replace('steps 1500', 'steps 600');

const after = [30, 250, 400] as const;

test('killed and resumed', () => expectSameWhenKilled(['--engine', 'tensorflow'], after), 240_000);

test('killed and resumed with its batch in parts', async () => {
  const { library, models } = check(wide, 'words.mm', () => undefined);
  const { stage } = compile(library!, models[0]!);
  const { target } = createTensorflowEngine();
  const least = minimizing(stage('tune', target, { memory: 1, parts: 1 })).memory!.peak;
  const memory = minimizing(stage('tune', target, { memory: least - 1 })).memory!;
  expect(memory.parts).toBeGreaterThan(1);
  await expectSameWhenKilled(['--engine', 'tensorflow', '--memory', `${least - 1}B`], [30, 100, 150], wide);
}, 240_000);
