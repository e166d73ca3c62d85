// Whole trainings on WebGPU: interrupted and resumed to the same bits, run twice to the same bits, and measured and
// asked on other engines than the one that trained.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { splitArguments } from '../../src/train/arguments.ts';
import { hashTensors, readCheckpoint } from '../../src/train/checkpoint.ts';
import { evaluate, evaluationJson } from '../../src/train/evaluate.ts';
import { load } from '../../src/train/load.ts';
import { predict } from '../../src/train/predict.ts';
import { stageFolder } from '../../src/train/run-folder.ts';
import { type TrainOptions, type TrainResult, train } from '../../src/train/train.ts';
import { freshFolder } from '../train/toy.ts';

const spec = `model Words version "1.0.0" {
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
    steps 30
    measure accuracy(argmax(scores(text)), kind) on words.train every 20
  }
  export kind(text: text[B, T]) -> index(Kind)[B] {
    return argmax(scores(text))
  }
}
`;

let home: string;
let file: string;
beforeAll(() => {
  home = freshFolder();
  file = join(home, 'words.mm');
  mkdirSync(join(home, 'data'));
  writeFileSync(file, spec);
  const rows = Array.from({ length: 40 }, (_, i) => `number ${i},${i % 2 === 0 ? 'even' : 'odd'}`);
  writeFileSync(join(home, 'data', 'words.csv'), `text,kind\n${rows.join('\n')}\n`);
  writeFileSync(
    join(home, 'data', 'words.yaml'),
    'source: { table: words.csv }\nfields:\n  text: { column: text, as: text }\n  kind: { column: kind, as: label }\nsplits:\n  train: {}\n',
  );
});

const go = (more: Partial<TrainOptions> = {}): Promise<TrainResult> =>
  train({
    spec: { file, text: readFileSync(file, 'utf8') },
    root: join(home, 'runs'),
    engine: 'webgpu',
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
      if (e.kind === 'step' && e.step === 17) controller.abort();
    },
  });
  expect(stopped.outcome).toBe('stopped');
  const resumed = await go({ spec: undefined, engine: undefined, threads: undefined, resume: stopped.run });
  expect(bits(resumed.run)).toBe(bits(whole.run));
}, 300_000);

test('a run is measured and asked on every engine alike', async () => {
  const { run } = await go();
  const all = await Promise.all(
    ['webgpu', 'onnx', 'reference'].map(async engine => {
      const loaded = await load(run, { mmlang: '0.1.0', engine });
      const { metrics } = evaluationJson(await evaluate(loaded, { on: 'train' }));
      const asked = splitArguments(['text=number 7', 'text=number 12', 'text=number 31']);
      const { results } = await predict(loaded, 'kind', asked);
      return { metrics, results };
    }),
  );
  expect(all[1]).toEqual(all[0]);
  expect(all[2]).toEqual(all[0]);
}, 300_000);
