// A stage that starts from a stage of another model: which run holds it, what comes along, and what is refused.

import { cpSync, existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, beforeEach, describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../src/base/diagnostic.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { readCheckpoint } from '../../src/train/checkpoint.ts';
import { load } from '../../src/train/load.ts';
import { openRun, stageFolder } from '../../src/train/run-folder.ts';
import { type TrainOptions, type TrainResult, train } from '../../src/train/train.ts';
import { freshFolder } from './toy.ts';

const reader = `model Reader(width: int = 12) version "1.0.0" {
  modality text: Text(tokenizer: bpe(280), length: 10)
  labels Mood(2)
  part table = embedding(width: width)
  encoder read(t: text[N..., T]) -> float[N..., T, width] {
    return table(t.ids) |> linear(out: width)
  }
  objective moods(text: text[B, T], mood: index(Mood)[B]) {
    return cross_entropy(linear(mean(read(text), axis: -2), out: Mood), mood)
  }
  stage pretrain {
    minimize moods on moods.train batch 4
    train all
    optimizer adamw(rate: 1e-2)
    steps 6
  }
}

variant small = Reader(width: 6)
`;

const sorter = `use "../reader/reader.mm" as Reader

model Sorter(base: model = Reader) version "1.0.0" {
  modality text = base.text
  labels Mood = base.Mood
  part read = base.read
  encoder score(t: text[N..., T]) -> float[N..., Mood] {
    return read(t) |> mean(axis: -2) |> linear(out: Mood)
  }
  objective moods(text: text[B, T], mood: index(Mood)[B]) {
    return cross_entropy(score(text), mood)
  }
  stage tune from base.pretrain(read) {
    minimize moods on news.train batch 4
    freeze read, base.table
    train rest
    optimizer adamw(rate: 1e-2)
    steps 4
  }
  stage all from tune {
    minimize moods on news.train batch 4
    train all
    optimizer adamw(rate: 1e-2)
    steps 3
  }
  export mood(t: text[B, T]) -> index(Mood)[B] { return argmax(score(t)) }
}

variant small = Sorter(base: Reader.small)
`;

const accent = `use "../reader/reader.mm" as Reader

model Accent extends Reader version "1.0.0" {
  adapt read by lora(rank: 2, alpha: 4) on linear.weight
  stage tune from pretrain {
    minimize moods on news.train batch 4
    train read.**.lora
    freeze rest
    optimizer adamw(rate: 1e-2)
    steps 4
  }
}
`;

/** Reads the table of what it extends, and no other weight of it. */
const words = `use "../reader/reader.mm" as Reader

model Words extends Reader {
  objective by_words(text: text[B, T], mood: index(Mood)[B]) {
    return cross_entropy(linear(mean(table(text.ids), axis: -2), out: Mood), mood)
  }
  stage tune from pretrain {
    minimize by_words on news.train batch 4
    freeze table
    train rest
    optimizer adamw(rate: 1e-2)
    steps 3
  }
}
`;

const ends = `use "words.mm" as Words

model Ends extends Words {
  stage end from tune {
    minimize moods on news.train batch 4
    train moods
    freeze rest
    optimizer adamw(rate: 1e-2)
    steps 3
  }
}
`;

const rows = (words: readonly string[]): string =>
  ['text,mood', ...words.map((w, i) => `${w} ${w} day,${i % 2 === 0 ? 'glad' : 'sad'}`)].join('\n');
const manifest = (table: string): string => `source: { table: ${table} }
fields:
  text: { column: text, as: text }
  mood: { column: mood, as: label }
splits:
  train: { }
`;

let home: string;
let runs: string;
const at = (name: string): string => join(home, name);

beforeAll(() => {
  home = freshFolder();
  for (const folder of ['reader/data', 'sorter/data']) mkdirSync(at(folder), { recursive: true });
  writeFileSync(
    at('reader/data/moods.csv'),
    rows(['sun', 'rain', 'beach', 'mud', 'cake', 'tax', 'song', 'bill']),
  );
  writeFileSync(at('reader/data/moods.yaml'), manifest('moods.csv'));
  writeFileSync(at('sorter/data/news.csv'), rows(['win', 'loss', 'peace', 'war']));
  writeFileSync(at('sorter/data/news.yaml'), manifest('news.csv'));
});

beforeEach(() => {
  runs = join(freshFolder(), 'runs');
  writeFileSync(at('reader/reader.mm'), reader);
  writeFileSync(at('sorter/sorter.mm'), sorter);
});

function go(file: string, more: Partial<TrainOptions> = {}): Promise<TrainResult> {
  const path = at(file);
  const spec = { file: path, text: readFileSync(path, 'utf8') };
  return train({ spec, root: runs, engine: 'reference', threads: 1, mmlang: '0.1.0', ...more });
}

async function refusal(attempt: Promise<unknown>): Promise<Diagnostic & { readonly help: string }> {
  const error = await attempt.then(
    () => new Error('it succeeded'),
    (e: unknown) => e,
  );
  if (error instanceof Error && 'diagnostics' in error) {
    const [first] = error.diagnostics as readonly Diagnostic[];
    if (first !== undefined) return { ...first, help: first.help ?? '' };
  }
  throw error;
}

const tensorsOf = (run: string, stage: string): ReadonlyMap<string, HostTensor> => {
  const checkpoint = readCheckpoint(stageFolder(run, stage).last);
  if (checkpoint === undefined) throw new Error('no checkpoint');
  return checkpoint.tensors;
};

const bits = (t: HostTensor | undefined): readonly number[] => [...(t?.data ?? [])];

describe('the run of the other model', () => {
  it('is found by its text; its weights, tokenizer and label names come along', async () => {
    const first = await go('reader/reader.mm');
    await go('reader/reader.mm', { variant: 'small' });
    const events: string[] = [];
    const second = await go('sorter/sorter.mm', {
      onEvent: e =>
        void (e.kind === 'run' && events.push(...e.settings.starts.map(s => `${s.from} ${s.run}`))),
    });
    expect(events).toEqual([`base.pretrain(read) ${first.run}`]);
    const [before, after] = [tensorsOf(first.run, 'pretrain'), tensorsOf(second.run, 'tune')];
    // Frozen there, so they are what the other run had; what isn't named in the parentheses but stands behind it too.
    for (const path of ['read.linear.weight', 'read.linear.bias', 'table.weight'])
      expect(bits(after.get(`Reader.${path}`))).toEqual(bits(before.get(path)));
    const tokenizer = (run: string, name: string): string =>
      readFileSync(join(run, 'tokenizers', name, 'tokenizer.json'), 'utf8');
    expect(tokenizer(second.run, 'Reader.text')).toBe(tokenizer(first.run, 'text'));
    expect(JSON.parse(readFileSync(join(second.run, 'labels', 'Reader.Mood.json'), 'utf8'))).toEqual([
      'glad',
      'sad',
    ]);
    // The run stands for itself: the other may go.
    rmSync(first.run, { recursive: true });
    const loaded = await load(second.run, { mmlang: '0.1.0' });
    expect([...loaded.weights.keys()]).toContain('Reader.table.weight');
  });

  it('of a variant is a run of that variant', async () => {
    await go('reader/reader.mm');
    const small = await go('reader/reader.mm', { variant: 'small' });
    const second = await go('sorter/sorter.mm', { variant: 'small' });
    expect(openRun(second.run).settings.starts[0]?.run).toBe(small.run);
  });

  it('is asked for where there is none, where it has another text, and where there are several', async () => {
    const none = await refusal(go('sorter/sorter.mm'));
    expect(none.code).toBe('start-missing');
    expect(none.help).toContain(`mm train ${at('reader/reader.mm')}`);
    expect(none.help).toContain('--run-of Reader=DIR');
    expect(none.span?.file).toContain('sorter.mm');
    expect(none.span?.line).toBe(sorter.slice(0, sorter.indexOf('from base.')).split('\n').length);
    expect(existsSync(join(runs, 'sorter-1'))).toBe(false);
    await go('reader/reader.mm');
    writeFileSync(at('reader/reader.mm'), reader.replace('steps 6', 'steps 5'));
    const other = await refusal(go('sorter/sorter.mm'));
    expect(other.code).toBe('start-missing');
    expect(other.message).toContain('reader-1 was made from another text');
    await go('reader/reader.mm');
    await go('reader/reader.mm', { seed: 4 });
    const several = await refusal(go('sorter/sorter.mm'));
    expect(several.code).toBe('start-ambiguous');
    expect(several.span?.line).toBe(none.span?.line);
    expect(several.help).toContain('--run-of Reader=');
  });

  it('may be named; another text of its spec is told and taken', async () => {
    const { run } = await go('reader/reader.mm');
    writeFileSync(at('reader/reader.mm'), reader.replace('steps 6', 'steps 7'));
    const notes: string[] = [];
    const second = await go('sorter/sorter.mm', {
      runOf: new Map([['Reader', run]]),
      onEvent: e => void (e.kind === 'note' && notes.push(e.diagnostic.code)),
    });
    expect(notes).toEqual(['start-of-changed-spec']);
    expect(openRun(second.run).settings.starts[0]?.run).toBe(run);
  });

  it('that is named must be the right one', async () => {
    const big = await go('reader/reader.mm');
    const named = (name: string, run: string) =>
      refusal(go('sorter/sorter.mm', { variant: 'small', runOf: new Map([[name, run]]) }));
    expect(await named('Reader', big.run)).toMatchObject({
      code: 'start-of-another-model',
      message: `base.pretrain(read) is a stage of Reader small, and ${big.run} is a run of Reader`,
    });
    expect((await named('Raeder', big.run)).code).toBe('unknown-start');
    expect((await named('Reader', at('nothing'))).code).toBe('not-a-run');
  });

  it('must have finished the stage, and have weights that fit', async () => {
    const abort = new AbortController();
    const half = await go('reader/reader.mm', {
      signal: abort.signal,
      onEvent: e => void (e.kind === 'step' && e.step === 1 && abort.abort()),
    });
    expect(half.outcome).toBe('stopped');
    expect((await refusal(go('sorter/sorter.mm'))).message).toContain('has not finished pretrain');
    const named = await refusal(go('sorter/sorter.mm', { runOf: new Map([['Reader', half.run]]) }));
    expect([named.code, named.help]).toEqual([
      'start-not-trained',
      `finish it: mm train --resume ${half.run}`,
    ]);
    const { run } = await go('reader/reader.mm');
    writeFileSync(at('reader/reader.mm'), reader.replace('width: int = 12', 'width: int = 14'));
    const misfit = await refusal(go('sorter/sorter.mm', { runOf: new Map([['Reader', run]]) }));
    expect(misfit.code).toBe('checkpoint-misfits');
    expect(misfit.message).toContain('f32[12] in it and f32[14] in the model');
  });
});

describe('a model that extends another', () => {
  it('starts from a run of the other, with fresh weights for what adapts it, and leaves the rest bit for bit', async () => {
    writeFileSync(at('sorter/accent.mm'), accent);
    expect((await refusal(go('sorter/accent.mm'))).help).toContain('--run-of Reader=DIR');
    const first = await go('reader/reader.mm');
    const second = await go('sorter/accent.mm');
    const [before, after] = [tensorsOf(first.run, 'pretrain'), tensorsOf(second.run, 'tune')];
    const names = [...after.keys()].filter(name => !name.includes('#'));
    const made = ['read.linear.weight.lora.a', 'read.linear.weight.lora.b'];
    expect(names.filter(name => !before.has(name))).toEqual(made);
    for (const name of names)
      if (!made.includes(name)) expect(bits(after.get(name)), name).toEqual(bits(before.get(name)));
    expect(bits(after.get('read.linear.weight.lora.b')).some(v => v !== 0)).toBe(true);
    const tokenizer = (run: string): string =>
      readFileSync(join(run, 'tokenizers', 'text', 'tokenizer.json'), 'utf8');
    expect(tokenizer(second.run)).toBe(tokenizer(first.run));
    expect((await load(second.run, { mmlang: '0.1.0' })).weights.size).toBe(names.length);
  });

  it('may be extended in turn: what its stage began with and never read comes along', async () => {
    writeFileSync(at('sorter/words.mm'), words);
    writeFileSync(at('sorter/ends.mm'), ends);
    const first = await go('reader/reader.mm');
    await go('sorter/words.mm');
    const last = await go('sorter/ends.mm');
    const [before, after] = [tensorsOf(first.run, 'pretrain'), tensorsOf(last.run, 'end')];
    for (const name of ['table.weight', 'read.linear.weight', 'read.linear.bias'])
      expect(bits(after.get(name)), name).toEqual(bits(before.get(name)));
    expect(bits(after.get('moods.linear.weight'))).not.toEqual(bits(before.get('moods.linear.weight')));
  });
});

describe('a run on another one', () => {
  it('resumes to the same bits, also when it was stopped before its first step', async () => {
    await go('reader/reader.mm');
    const whole = await go('sorter/sorter.mm');
    const stopped = new AbortController();
    stopped.abort();
    const second = await go('sorter/sorter.mm', { signal: stopped.signal });
    expect(second.outcome).toBe('stopped');
    await train({ spec: undefined, resume: second.run, root: runs, engine: 'reference', mmlang: '0.1.0' });
    for (const stage of ['tune', 'all']) {
      const [a, b] = [tensorsOf(whole.run, stage), tensorsOf(second.run, stage)];
      expect([...b.keys()]).toEqual([...a.keys()]);
      for (const [name, tensor] of a) expect(bits(b.get(name))).toEqual(bits(tensor));
    }
  });

  it('goes on only from what it was begun with', async () => {
    const { run } = await go('reader/reader.mm');
    const stopped = new AbortController();
    const second = await go('sorter/sorter.mm', {
      signal: stopped.signal,
      onEvent: e => void (e.kind === 'run' && stopped.abort()),
    });
    rmSync(run, { recursive: true });
    const changed = await go('reader/reader.mm', { seed: 9, run });
    expect(changed.run).toBe(run);
    rmSync(join(second.run, 'stages'), { recursive: true, force: true });
    const again = await refusal(
      train({ spec: undefined, resume: second.run, engine: 'reference', mmlang: '0.1.0' }),
    );
    expect(again.code).toBe('start-changed');
  });

  it('may not have a tokenizer or labels of its own', async () => {
    const first = await go('reader/reader.mm');
    // A stage without the other run comes first and fits a tokenizer on its own data.
    writeFileSync(
      at('sorter/sorter.mm'),
      sorter.replace(
        'stage tune from',
        'stage fresh {\n    minimize moods on news.train batch 4\n    train all\n    optimizer adamw(rate: 1e-2)\n    steps 1\n  }\n  stage tune from',
      ),
    );
    const { run } = await go('sorter/sorter.mm', { stage: 'fresh' });
    const differ = await refusal(go('sorter/sorter.mm', { stage: 'tune', run }));
    expect(differ.code).toBe('tokenizers-differ');
    expect(differ.message).toContain(first.run);
    expect(openRun(run).settings.stages.map(s => s.stage)).toEqual(['fresh']);
    const yaml = at('sorter/data/news.yaml');
    writeFileSync(yaml, manifest('news.csv').replace('as: text', 'as: text, lowercase: true'));
    const inputs = await refusal(go('sorter/sorter.mm'));
    writeFileSync(yaml, manifest('news.csv'));
    expect(inputs).toMatchObject({ code: 'inputs-differ' });
    expect(inputs.help).toBe('write lowercase: false for its field in the manifest');
    const [data, kept] = [at('sorter/data/news.csv'), at('sorter/data/kept.csv')];
    cpSync(data, kept);
    writeFileSync(data, readFileSync(data, 'utf8').replaceAll('glad', 'zany'));
    const labels = await refusal(go('sorter/sorter.mm'));
    cpSync(kept, data);
    expect(labels).toMatchObject({ code: 'labels-differ' });
    expect(labels.message).toContain('"sad" in news.train, and was "glad"');
  });
});
