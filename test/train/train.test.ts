// Whole trainings on real engines, from a spec and a manifest on disk.

import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { beforeAll, describe, expect, it } from 'vitest';
import { firstScale } from '../../src/compiler/loss-scale.ts';
import type { MemoryNote } from '../../src/compiler/program.ts';
import { splitArguments } from '../../src/train/arguments.ts';
import { hashTensors, readCheckpoint } from '../../src/train/checkpoint.ts';
import { evaluate, evaluationJson } from '../../src/train/evaluate.ts';
import { load } from '../../src/train/load.ts';
import { readMetrics } from '../../src/train/metrics-file.ts';
import { predict } from '../../src/train/predict.ts';
import { openRun, stageFolder } from '../../src/train/run-folder.ts';
import { type TrainOptions, type TrainResult, train } from '../../src/train/train.ts';
import { freshFolder } from './toy.ts';

const spec = `model Shades(step: int = 12) version "1.0.0" {
  modality picture: Image(height: 8, width: 8)
  modality caption: Text(tokenizer: bpe(280), length: 10)
  space shared(16)
  encoder look(p: picture[N...]) -> shared[N...] {
    return patches(p.pixels, size: 4) |> linear(out: 24) |> mean(axis: -2) |> into(shared)
  }
  encoder read(c: caption[N..., T]) -> shared[N...] {
    return embedding(c.ids, width: 24) |> mean(axis: -2) |> into(shared)
  }
  align seen: look(picture) <-> read(caption) by infonce(scale: learned(1 / 0.07, max: 100))
  stage first {
    minimize seen on shades.train batch 8
    train all
    optimizer adamw(rate: cosine(peak: 1e-2, warmup: 2))
    steps step
    measure recall(seen, at: [1, 3]) on shades.train every 6
    measure recall(seen, at: [1, 3]) on shades.test
  }
  stage second from first {
    minimize seen on shades.train batch 8
    train read
    freeze rest
    optimizer adamw(rate: constant(1e-3))
    steps 5
    measure seen on shades.test
  }
  export name(picture: picture[B], among: caption[K]) -> index(K)[B] {
    return nearest(look(picture), read(among))
  }
}
`;

const manifest = `source: { table: shades.csv }
fields:
  picture: { column: file, as: image }
  caption: { column: caption, as: text, lowercase: true }
splits:
  train: { where: { part: train } }
  test: { where: { part: test } }
`;

const colours = { red: '#d22', green: '#2a2', blue: '#22d', black: '#111', white: '#eee' } as const;
const amounts = ['one', 'two', 'three', 'four'] as const;

let home: string;
let file: string;

beforeAll(async () => {
  home = freshFolder();
  file = join(home, 'shades.mm');
  writeFileSync(file, spec);
  mkdirSync(join(home, 'data'));
  const rows = ['file,caption,part'];
  for (const [colour, value] of Object.entries(colours))
    for (const [n, amount] of amounts.entries()) {
      const bars = Array.from(
        { length: n + 1 },
        (_, i) => `<rect x="${i * 2}" width="1" height="8" fill="${value}"/>`,
      );
      const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="8" height="8">${bars.join('')}</svg>`;
      const name = `${colour}-${amount}.png`;
      await sharp(Buffer.from(svg))
        .png()
        .toFile(join(home, 'data', name));
      rows.push(`${name},${amount} ${colour},${amount === 'three' ? 'test' : 'train'}`);
    }
  writeFileSync(join(home, 'data', 'shades.csv'), `${rows.join('\n')}\n`);
  writeFileSync(join(home, 'data', 'shades.yaml'), manifest);
});

function go(more: Partial<TrainOptions> = {}): Promise<TrainResult> {
  return train({
    spec: { file, text: readFileSync(file, 'utf8') },
    root: join(home, 'runs'),
    engine: 'reference',
    mmlang: '0.1.0',
    ...more,
  });
}

/** The first diagnostic of a training that has to fail. */
async function refusal(
  attempt: Promise<unknown>,
): Promise<{ readonly code: string; readonly message: string }> {
  const error = await attempt.then(
    () => new Error('it succeeded'),
    (e: unknown) => e,
  );
  if (error instanceof Error && 'diagnostics' in error) {
    const [first] = error.diagnostics as readonly { code: string; message: string }[];
    if (first !== undefined) return first;
  }
  throw error;
}

const weights = (dir: string, stage: string): string =>
  hashTensors(readCheckpoint(stageFolder(dir, stage).last)!.tensors);

describe.each(['reference', 'onnx'])('a training on %s', engine => {
  it('runs the stages one from the other, reports, and is the same when interrupted', async () => {
    const whole = await go({ engine });
    expect(whole.outcome).toBe('finished');
    expect(whole.reports.map(r => r.stage)).toEqual(['first', 'second']);
    expect(existsSync(join(whole.run, 'tokenizers', 'caption', 'tokenizer.json'))).toBe(true);
    expect(readFileSync(join(whole.run, 'spec.mm'), 'utf8')).toBe(spec);
    const page = readFileSync(join(whole.run, 'result.html'), 'utf8');
    expect(page.match(/<article/g)).toHaveLength(5);
    expect(page).toContain('nearest picture');
    const result = JSON.parse(readFileSync(join(whole.run, 'stages', 'first', 'result.json'), 'utf8'));
    expect(result.splits[0]).toMatchObject({ split: 'shades.test', samples: 5 });
    expect(result.splits[0].chance['picture-to-caption/R@1']).toBeCloseTo(0.2);

    const controller = new AbortController();
    const stopped = await go({
      engine,
      signal: controller.signal,
      onEvent: e => {
        if (e.kind === 'step' && e.stage === 'second' && e.step === 2) controller.abort();
      },
    });
    expect(stopped).toMatchObject({ outcome: 'stopped' });
    const resumed = await go({ engine, spec: undefined, resume: stopped.run });
    expect(resumed.reports.map(r => r.stage)).toEqual(['second']);
    for (const stage of ['first', 'second'])
      expect(weights(resumed.run, stage)).toBe(weights(whole.run, stage));
    expect(existsSync(join(resumed.run, 'lock'))).toBe(false);

    const frozen = readCheckpoint(stageFolder(whole.run, 'first').last)!.tensors;
    const after = readCheckpoint(stageFolder(whole.run, 'second').last)!.tensors;
    for (const [name, tensor] of frozen)
      if (name.startsWith('look') && !name.includes('#')) expect(after.get(name)).toEqual(tensor);
  });
});

describe('a run', () => {
  it('is measured and asked', async () => {
    const { run } = await go({ stage: 'first', steps: 40 });
    const loaded = await load(run, { mmlang: '0.1.0' });
    const all = evaluationJson(await evaluate(loaded));
    expect(Object.keys(all.metrics)).toContain('shades.train/picture-to-caption/R@1');
    const one = evaluationJson(await evaluate(loaded, { on: 'test' }));
    expect(Object.keys(one.metrics)).toEqual([
      'picture-to-caption/R@1',
      'picture-to-caption/R@3',
      'caption-to-picture/R@1',
      'caption-to-picture/R@3',
    ]);
    expect(one.samples).toBe(5);
    for (const batch of [1, 2, 3, 15])
      expect(evaluationJson(await evaluate(loaded, { on: 'shades.train', batch }))).toEqual(
        evaluationJson(await evaluate(loaded, { on: 'train' })),
      );
    expect((await refusal(evaluate(loaded, { on: 'tset' }))).code).toBe('unknown-split');

    const given = splitArguments([
      `picture=${join(home, 'data')}`,
      `among=${join(home, 'data', 'shades.csv')}:caption`,
      'among=Something=ELSE',
    ]);
    const prediction = await predict(loaded, 'name', given);
    expect(prediction.inputs.get('picture')).toHaveLength(20);
    expect(prediction.inputs.get('among')).toHaveLength(21);
    const [result] = prediction.results;
    const right = (result!.value as readonly { readonly index: number; readonly value: string }[]).filter(
      ({ index, value }, i) => {
        expect(value).toBe(prediction.inputs.get('among')![index]);
        const [colour, amount] = prediction.inputs
          .get('picture')!
          [i]!.match(/[a-z]+(?=[-.])/g)!
          .slice(-2);
        return value === `${amount} ${colour}`;
      },
    );
    // Chance would be one.
    expect(right.length).toBeGreaterThan(4);
    const wrong = (args: readonly string[], name = 'name') =>
      refusal(predict(loaded, name, splitArguments(args)));
    expect((await wrong([], 'nam')).code).toBe('unknown-export');
    expect((await wrong(['picture=x.png'])).code).toBe('missing-argument');
    expect((await wrong(['picture=x.png', 'among=a', 'amnog=b'])).code).toBe('unknown-argument');
    expect((await wrong(['picture=x.png', 'among=a'])).message).toContain('x.png');
    expect((await wrong([`picture=${join(home, 'runs')}`, 'among=a'])).message).toContain(
      'holds no pictures',
    );
    expect(() => splitArguments(['picture'])).toThrow('NAME=VALUE');
  });

  it('takes a later stage into its folder, and none twice', async () => {
    const run = join(home, 'grown');
    await go({ run, stage: 'first', steps: 4 });
    expect((await refusal(go({ stage: 'second' }))).code).toBe('stage-needs-run');
    await go({ run, stage: 'second' });
    expect(openRun(run).settings.stages.map(s => [s.stage, s.steps, s.done])).toEqual([
      ['first', 4, true],
      ['second', 5, true],
    ]);
    const again = await refusal(go({ run, stage: 'second' }));
    expect(again.code).toBe('run-exists');
    expect(await go({ resume: run })).toMatchObject({ outcome: 'finished', reports: [] });
    expect((await refusal(go({ resume: run, steps: 9 }))).code).toBe('setting-differs');
  });

  it('leaves passes out, and goes on without them', async () => {
    const wrong = go({ without: ['atention', 'decompose'] });
    await expect(wrong).rejects.toMatchObject({
      diagnostics: [{ code: 'unknown-pass', help: 'did you mean attention?' }, { code: 'pass-needed' }],
    });
    const run = join(home, 'without');
    const without = ['algebra', 'common-subexpressions', 'fuse-linear'];
    const plain = await go({ run: join(home, 'with'), stage: 'first' });
    const apart = await go({ run, stage: 'first', without });
    expect(openRun(run).settings.without).toEqual(without);
    const lossesOf = ({ run: dir }: { readonly run: string }): readonly number[] =>
      readFileSync(join(dir, 'stages', 'first', 'metrics.jsonl'), 'utf8')
        .split('\n')
        .flatMap(line => (line.includes('"loss"') ? [JSON.parse(line).loss as number] : []));
    const [ours, theirs] = [lossesOf(apart), lossesOf(plain)];
    expect(ours).toHaveLength(theirs.length);
    for (const [i, loss] of theirs.entries()) expect(ours[i]).toBeCloseTo(loss, 4);
    const setting = await refusal(go({ resume: run, without: ['algebra'] }));
    expect(setting.code).toBe('setting-differs');
    expect(setting.message).toContain(without.join());
    expect(await go({ resume: run, without })).toMatchObject({ outcome: 'finished' });
    const loaded = await load(run, { mmlang: '0.0.0' });
    expect(loaded.run.settings.without).toEqual(without);
  });

  it('trains in mixed precision, with a scale that is resumed', async () => {
    expect((await refusal(go({ engine: 'onnx', precision: 'bf16' }))).code).toBe('no-precision');
    const run = join(home, 'narrow');
    const controller = new AbortController();
    const onEvent: TrainOptions['onEvent'] = e => {
      if (e.kind === 'step' && e.step === 7) controller.abort();
    };
    const options = { run, stage: 'first', precision: 'f16' } as const;
    await go({ ...options, signal: controller.signal, onEvent });
    await go({ resume: run, engine: undefined });
    expect(openRun(run).settings.precision).toBe('f16');
    const lines = readMetrics(stageFolder(run, 'first').metrics).filter(l => l.loss !== undefined);
    expect(lines).toHaveLength(12);
    const skipped = lines.filter(l => l.gradient_norm === undefined).length;
    expect(lines.at(-1)?.loss_scale).toBe(firstScale / 2 ** skipped);
    const { tensors } = readCheckpoint(stageFolder(run, 'first').last)!;
    expect([...tensors].filter(([, t]) => t.dtype === 'f16')).toEqual([]);
    expect(tensors.get('#good_steps')?.data[0]).toBeGreaterThan(0);
    expect(lines.at(-1)?.loss).toBeLessThan(lines[0]?.loss as number);
  });

  it('takes what it is given, in memory too', async () => {
    const deep = 'size: 1) |> feed_forward(expansion: 8)';
    const text = spec.replace('size: 4)', deep);
    const notes: MemoryNote[] = [];
    const within = (memory: number): Promise<TrainResult> =>
      go({
        stage: 'first',
        engine: 'onnx',
        batch: 15,
        spec: { file, text },
        memory,
        onEvent: e => void (e.kind === 'run' && notes.push(...e.memory.map(m => m.note))),
      });
    const whole = await within(1e9);
    const before = notes[0]?.before ?? 0;
    const fit = await within(before - 1);
    expect(notes[0]).toMatchObject({ peak: before, values: 0 });
    expect(notes[1]).toMatchObject({ limit: before - 1, before });
    expect(notes[1]?.peak).toBeLessThan(before);
    expect(notes[1]?.values).toBeGreaterThan(0);
    expect(weights(fit.run, 'first')).toBe(weights(whole.run, 'first'));
    expect(openRun(fit.run).settings.stages[0]?.chosenMemory).toBe(before - 1);
    const refused = await refusal(within(1000));
    expect(refused.code).toBe('memory-too-small');
    expect(refused.message).toMatch(
      /^stage first does not fit --memory 1000B: a train step takes [\d.]+MB at/,
    );
  });

  it('is resumed only as what it is', async () => {
    const run = join(home, 'fixed');
    const controller = new AbortController();
    const onEvent: TrainOptions['onEvent'] = e => {
      if (e.kind === 'step' && e.step === 2) controller.abort();
    };
    await go({ run, signal: controller.signal, onEvent });
    const text = spec.replace('width: 24', 'width: 32');
    expect((await refusal(go({ resume: run, spec: { file, text } }))).code).toBe('run-of-another-spec');
    const kept = readFileSync(join(run, 'run.json'), 'utf8');
    writeFileSync(join(run, 'run.json'), kept.replace(/"std": "[0-9a-f]{8}/, '"std": "00000000'));
    expect((await refusal(go({ resume: run }))).code).toBe('run-of-another-std');
    expect((await refusal(load(run, { mmlang: '0.0.0' }))).code).toBe('run-of-another-std');
    writeFileSync(join(run, 'run.json'), kept);
    for (const more of [
      { seed: 2 },
      { steps: 7 },
      { batch: 4 },
      { threads: 77 },
      { engine: 'onnx' },
      { precision: 'bf16' as const },
      { memory: 1e9 },
      { without: ['attention'] },
      { threads: 77 },
      { engine: 'onnx' },
    ])
      expect((await refusal(go({ resume: run, engine: undefined, ...more }))).code).toBe('setting-differs');
    const moved = freshFolder();
    cpSync(join(home, 'data'), moved, { recursive: true });
    const table = join(moved, 'shades.csv');
    writeFileSync(table, readFileSync(table, 'utf8').replace('one red', 'won red'));
    const data = new Map([['shades', join(moved, 'shades.yaml')]]);
    expect((await refusal(go({ resume: run, data }))).code).toBe('data-changed');
    const picture = join(home, 'data', 'red-one.png');
    const drawn = readFileSync(picture);
    cpSync(join(home, 'data', 'blue-one.png'), picture);
    expect((await refusal(go({ resume: run }))).code).toBe('data-changed');
    writeFileSync(picture, drawn);
    expect(await go({ resume: run })).toMatchObject({ outcome: 'finished' });
  });

  it('skips what may be skipped, and names broken rows of every split before the first step', async () => {
    const broken = freshFolder();
    cpSync(join(home, 'data'), broken, { recursive: true });
    writeFileSync(join(broken, 'red-three.png'), 'no picture');
    const data = new Map([['shades', join(broken, 'shades.yaml')]]);
    const run = join(home, 'broken');
    expect(await refusal(go({ run, data }))).toMatchObject({
      code: 'rows-broken',
      message: expect.stringContaining('shades.test: 1 row of 5'),
      notes: [expect.stringMatching(/row 3: picture: red-three\.png is not a picture that can be read/)],
    });
    expect(existsSync(run)).toBe(false);
    writeFileSync(join(broken, 'shades.yaml'), `${manifest}skip: 20%\n`);
    expect(await go({ run, data, stage: 'first', steps: 1 })).toMatchObject({ outcome: 'finished' });
  });

  it('that fails before its first step leaves nothing behind', async () => {
    const root = join(home, 'none');
    for (const [more, code] of [
      [{ batch: 1000 }, 'batch-too-large'],
      [{ stage: 'frist' }, 'unknown-stage'],
      [{ variant: 'big' }, 'unknown-variant'],
      [{ engine: 'onyx' }, 'unknown-engine'],
      [{ data: new Map([['shades', join(home, 'nowhere.yaml')]]) }, 'manifest-missing'],
      [{ data: new Map([['shdes', join(home, 'data', 'shades.yaml')]]) }, 'unknown-data-set'],
      [{ run: file }, 'run-not-folder'],
      // What only a measure at the very end reads is looked at before the first step.
      [{ spec: { file, text: spec.replaceAll('shades.test', 'shades.tset') } }, 'split-missing'],
    ] as const)
      expect((await refusal(go({ root, ...more }))).code).toBe(code);
    expect(existsSync(root) ? readdirSync(root) : []).toEqual([]);
    const given = join(home, 'given');
    mkdirSync(given);
    mkdirSync(join(home, 'lock-in-the-way', 'lock'), { recursive: true });
    expect((await refusal(go({ run: join(home, 'lock-in-the-way') }))).code).toBe('folder-in-use');
    expect((await refusal(go({ run: given, batch: 1000 }))).code).toBe('batch-too-large');
    expect(readdirSync(given)).toEqual([]);
    const mine = join(home, 'thesis');
    mkdirSync(mine);
    writeFileSync(join(mine, 'chapter.txt'), '1');
    expect((await refusal(go({ run: mine }))).code).toBe('folder-in-use');
    expect((await refusal(go({ run: mine, spec: { file, text: 'model' } }))).code).not.toBe('');
    expect(readdirSync(mine)).toEqual(['chapter.txt']);
    rmSync(mine, { recursive: true });
    expect((await refusal(go({ spec: undefined }))).code).toBe('no-spec');
  });
});
