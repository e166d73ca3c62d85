// Whole trainings on an engine: interrupted and resumed to the same bits, run twice to the same bits, and measured and
// asked on other engines than the one that trained.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { splitArguments } from '../../src/train/arguments.ts';
import { hashTensors, readCheckpoint } from '../../src/train/checkpoint.ts';
import { evaluate, evaluationJson } from '../../src/train/evaluate.ts';
import { load } from '../../src/train/load.ts';
import { predict } from '../../src/train/predict.ts';
import { stageFolder } from '../../src/train/run-folder.ts';
import { type TrainOptions, type TrainResult, train } from '../../src/train/train.ts';
import { wordsFolder, wordsSpec } from '../train/words.ts';

export function testWholeRuns(engine: string, steps: number): void {
  const home = wordsFolder(wordsSpec(steps, 20));
  const file = join(home, 'words.mm');
  const go = (more: Partial<TrainOptions> = {}): Promise<TrainResult> =>
    train({
      spec: { file, text: readFileSync(file, 'utf8') },
      root: join(home, 'runs'),
      engine,
      threads: 2,
      mmlang: '0.1.0',
      ...more,
    });
  const bits = (run: string): string => hashTensors(readCheckpoint(stageFolder(run, 'tune').last)!.tensors);

  test('a run is the same bits twice, and when it was interrupted', async () => {
    const whole = await go();
    expect(whole.outcome).toBe('finished');
    expect(bits((await go()).run)).toBe(bits(whole.run));
    const controller = new AbortController();
    const stopped = await go({
      signal: controller.signal,
      onEvent: e => {
        if (e.kind === 'step' && e.step === Math.ceil(steps / 2)) controller.abort();
      },
    });
    expect(stopped.outcome).toBe('stopped');
    const resumed = await go({ spec: undefined, engine: undefined, threads: undefined, resume: stopped.run });
    expect(bits(resumed.run)).toBe(bits(whole.run));
  }, 300_000);

  test('a run is measured and asked on every engine alike', async () => {
    const { run } = await go();
    const all = await Promise.all(
      [engine, 'onnx', 'reference'].map(async other => {
        const loaded = await load(run, { mmlang: '0.1.0', engine: other });
        const { metrics } = evaluationJson(await evaluate(loaded, { on: 'train' }));
        const asked = splitArguments(['text=number 7', 'text=number 12', 'text=number 31']);
        const { results } = await predict(loaded, 'kind', asked);
        return { metrics, results };
      }),
    );
    expect(all[1]).toEqual(all[0]);
    expect(all[2]).toEqual(all[0]);
  }, 300_000);
}
