// Stages that fit, trained from a spec and a table on disk: every row counts once in a pass, fits come one after
// another, nothing else moves, an interruption changes no bit, tokenizers are fitted where the spec says.

import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { readCheckpoint } from '../../src/train/checkpoint.ts';
import type { RunEvent } from '../../src/train/events.ts';
import { readMetrics } from '../../src/train/metrics-file.ts';
import { openRun, stageFolder } from '../../src/train/run-folder.ts';
import { type TrainOptions, type TrainResult, train } from '../../src/train/train.ts';
import { freshFolder } from './toy.ts';

const spec = `block standing(x: float[N...]) -> float[N...] {
  state total: float = 0
  state squares: float = 0
  state seen: float = 0
  let kept = where(x == x, 1, 0)
  update total = total + sum(x)
  update squares = squares + sum(square(x))
  update seen = seen + sum(kept)
  let mean = total / max(seen, 1)
  return (x - mean) / sqrt(max(squares / max(seen, 1) - mean * mean, 1e-12))
}

model Scores version "1.0.0" {
  modality text: Text(tokenizer: bpe(280), length: 6)
  part level = standing()
  part second = standing()
  part line = linear(out: 1)
  encoder guess(t: text[N..., T]) -> float[N...] {
    return embedding(t.ids, width: 4) |> mean(axis: -2) |> line() |> sum(axis: -1)
  }
  objective close(text: text[B, T], score: float[B]) {
    return mean(square(guess(text) - second(level(score))))
  }
  stage statistics {
    fit text.tokenizer: title on scores.train
    fit level: level(score) on scores.train batch 4 passes 2
    fit second: second(level(score)) on scores.train batch 3 steps 4
  }
  stage tune from statistics {
    minimize close on scores.train batch 4
    train all
    optimizer adamw(rate: 1e-2)
    steps 3
    measure close on scores.train
  }
}
`;

const manifest = `source: { table: scores.csv }
fields:
  text: { column: text, as: text }
  title: { column: title, as: text }
  score: { column: score, as: number }
splits:
  train: {}
`;

const scores = [3, 1, 4, 1, 5, 9, 2, 6, 5, 35];
let home: string;
let file: string;

beforeAll(() => {
  home = freshFolder();
  file = join(home, 'scores.mm');
  mkdirSync(join(home, 'data'));
  writeFileSync(file, spec);
  writeFileSync(join(home, 'data', 'scores.yaml'), manifest);
  const rows = scores.map((s, i) => `plain words ${i},zzzz zzzz zzzz ${i},${s}`);
  writeFileSync(join(home, 'data', 'scores.csv'), `text,title,score\n${rows.join('\n')}\n`);
});

const go = (more: Partial<TrainOptions> = {}): Promise<TrainResult> =>
  train({
    spec: { file, text: readFileSync(file, 'utf8') },
    root: join(home, 'runs'),
    mmlang: '0.1.0',
    ...more,
  });

const tensors = (dir: string, stage: string) => readCheckpoint(stageFolder(dir, stage).last)!.tensors;
const value = (dir: string, stage: string, path: string): number => tensors(dir, stage).get(path)!.data[0]!;
const total = scores.reduce((a, b) => a + b, 0);

describe.each(['reference', 'onnx', 'tfjs'])('fits on %s', engine => {
  it('count every row once in each pass and go on one after another', async () => {
    const events: RunEvent[] = [];
    const { run } = await go({ engine, onEvent: e => events.push(e) });
    expect(value(run, 'statistics', 'level.total')).toBe(2 * total);
    expect(value(run, 'statistics', 'level.seen')).toBe(2 * scores.length);
    // Steps read full batches; what the first fit found stands for the second: its values have a mean near 0.
    expect(value(run, 'statistics', 'second.seen')).toBe(12);
    const mean = value(run, 'statistics', 'second.total') / 12;
    expect(Math.abs(mean)).toBeLessThan(1);
    expect(value(run, 'statistics', 'second.squares') / 12).toBeLessThan(5);
    // 3 batches in each of 2 passes, and 4 steps.
    expect(openRun(run).settings.engine).toBe(engine);
    const settings = openRun(run).settings.stages.find(s => s.stage === 'statistics');
    expect(settings).toMatchObject({ steps: 10, done: true });
    expect(settings?.batches.map(b => b.size)).toEqual([4, 3]);
    const lines = readMetrics(stageFolder(run, 'statistics').metrics);
    expect(lines.map(l => l.fit)).toEqual([...Array(6).fill('level'), ...Array(4).fill('second')]);
    expect(lines.every(l => Number(l.change) > 0)).toBe(true);
    expect(events.filter(e => e.kind === 'fit')).toHaveLength(10);
    expect(readFileSync(stageFolder(run, 'statistics').curves, 'utf8')).toContain('Change of what is fitted');
    // What is fitted learns there and nowhere else.
    for (const path of ['level.total', 'second.seen'])
      expect(tensors(run, 'tune').get(path)).toEqual(tensors(run, 'statistics').get(path));
    expect(tensors(run, 'tune').has('line.weight')).toBe(true);
  });

  it.each([1, 2, 3, 5, 6, 8])('stopped after step %i go on to the same bits', async at => {
    const whole = await go({ engine });
    const controller = new AbortController();
    const stopped = await go({
      engine,
      signal: controller.signal,
      onEvent: e => {
        if (e.kind === 'fit' && e.step === at) controller.abort();
      },
    });
    expect(stopped.outcome).toBe('stopped');
    expect(readCheckpoint(stageFolder(stopped.run, 'statistics').last)?.info.step).toBe(at);
    const resumed = await go({ engine, spec: undefined, resume: stopped.run });
    expect(resumed.outcome).toBe('finished');
    for (const stage of ['statistics', 'tune'])
      expect(tensors(resumed.run, stage)).toEqual(tensors(whole.run, stage));
    expect(readMetrics(stageFolder(resumed.run, 'statistics').metrics).map(l => l.step)).toEqual([
      1, 2, 3, 4, 5, 6, 7, 8, 9, 10,
    ]);
  });
});

describe('tokenizers', () => {
  const kept = (run: string): string =>
    readFileSync(join(run, 'tokenizers', 'text', 'tokenizer.json'), 'utf8');

  it('are fitted on what the spec says', async () => {
    const { run } = await go({ engine: 'reference', steps: 1 });
    expect(kept(run)).toContain('zz');
    expect(kept(run)).not.toContain('plain');
  });

  it('also where the stage that says it is not trained', async () => {
    const text = spec.replace(' from statistics', '');
    const { run } = await go({ engine: 'reference', spec: { file, text }, stage: 'tune' });
    expect(kept(run)).toContain('zz');
  });

  it('alone make a stage that later ones start from', async () => {
    const text = spec.replace(/ {4}fit (level|second):.*\n/g, '');
    const { run, outcome } = await go({ engine: 'reference', spec: { file, text } });
    expect(outcome).toBe('finished');
    expect(existsSync(stageFolder(run, 'statistics').last)).toBe(true);
    expect(kept(run)).toContain('zz');
    const again = await go({ engine: 'reference', spec: undefined, resume: run });
    expect(again).toMatchObject({ outcome: 'finished', reports: [] });
  });
});

it('takes as many steps of each fit as it is told', async () => {
  const { run } = await go({ engine: 'reference', steps: 2 });
  expect(value(run, 'statistics', 'level.seen')).toBe(8);
  expect(value(run, 'statistics', 'second.seen')).toBe(6);
});
