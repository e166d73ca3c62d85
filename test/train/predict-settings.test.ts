// Parameters of an export that have a default are set by who asks: how many tokens, how hot, from which seed.

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Diagnostic } from '../../src/base/diagnostic.ts';
import { splitArguments } from '../../src/train/arguments.ts';
import { type LoadedRun, load } from '../../src/train/load.ts';
import { predict } from '../../src/train/predict.ts';
import { train } from '../../src/train/train.ts';
import { freshFolder } from './toy.ts';

const spec = `model Writer version "1.0.0" {
  modality text: Text(tokenizer: bpe(300), length: 12)
  part words = embedding(width: 16)
  encoder next(t: text[N..., T]) -> float[N..., T, text] { return words(t.ids) |> linear(out: text) }
  objective predicts(text: text[B, T]) {
    let s = next(concat(begin(text, [B]), text))
    return cross_entropy(s[:, :-1, :], text.ids)
  }
  stage learn {
    minimize predicts on lines.train batch 4
    train all
    optimizer adamw(rate: 1e-2)
    steps 2
  }
  export scores(t: text[B, 4], scale: number = 1, flip: bool = false) -> float[B] {
    let s = scale * to_float(sum(t.ids, axis: -1))
    return -s when flip else s
  }
  export continue(prompt: text[B, 4], heat: number = 1, more: int = 6, seed: int = 3) -> text[B, 4 + more] {
    return generate(t => next(t), prompt, more: more, by: sample(temperature: heat))
  }
  export ramble(prompt: text[B, 4]) -> text[B, 10] {
    return generate(t => next(t), prompt, more: 6, by: sample())
  }
}
`;

let loaded: LoadedRun;
beforeAll(async () => {
  const home = freshFolder();
  mkdirSync(join(home, 'data'));
  const lines = ['the sun is out', 'it rains', 'a song of mud', 'we pay tax'];
  writeFileSync(join(home, 'data', 'lines.csv'), ['text', ...lines].join('\n'));
  const manifest =
    'source: { table: lines.csv }\nfields:\n  text: { column: text, as: text }\nsplits:\n  train: { }\n';
  writeFileSync(join(home, 'data', 'lines.yaml'), manifest);
  const file = join(home, 'writer.mm');
  writeFileSync(file, spec);
  const { run } = await train({
    spec: { file, text: readFileSync(file, 'utf8') },
    root: join(home, 'runs'),
    engine: 'reference',
    threads: 1,
    mmlang: '0.1.0',
  });
  loaded = await load(run, { mmlang: '0.1.0' });
});

async function ask(name: string, args: readonly string[], seed?: number): Promise<unknown> {
  const { results } = await predict(loaded, name, splitArguments(args), seed);
  const [rows] = results.map(r => r.value as readonly unknown[]);
  return rows?.[0];
}

async function refusal(name: string, args: readonly string[], seed?: number): Promise<Diagnostic> {
  const error: unknown = await ask(name, args, seed).then(
    () => undefined,
    (e: unknown) => e,
  );
  if (!(error instanceof Error && 'diagnostics' in error)) throw error ?? new Error('it succeeded');
  const [first] = error.diagnostics as readonly Diagnostic[];
  if (first === undefined) throw error;
  return first;
}

describe('parameters with a default', () => {
  it('are numbers, whole numbers, true or false', async () => {
    const plain = Number(await ask('scores', ['t=rain']));
    expect(plain).toBeGreaterThan(0);
    expect(await ask('scores', ['t=rain', 'scale=2.5'])).toBeCloseTo(2.5 * plain, 3);
    expect(await ask('scores', ['t=rain', 'scale=1e1', 'flip=true'])).toBeCloseTo(-10 * plain, 3);
    const long = String(await ask('continue', ['prompt=rain', 'more=40']));
    expect(long.length).toBeGreaterThan(String(await ask('continue', ['prompt=rain', 'more=1'])).length);
  });

  it('are refused where they are something else, twice, or make no model', async () => {
    const wrong = async (name: string, arg: readonly string[], seed?: number) => {
      const { code, message } = await refusal(name, arg, seed);
      return `${code}: ${message}`;
    };
    expect(await wrong('scores', ['t=rain', 'scale=two'])).toMatch('wrong-argument: the value of scale');
    expect(await wrong('scores', ['t=rain', 'flip=constructor'])).toContain('is not true or false');
    expect(await wrong('continue', ['prompt=a', 'more=1.5'])).toContain('"1.5" is not a whole number');
    expect(await wrong('continue', ['prompt=a', 'more=9999999999'])).toContain('is not a whole number');
    expect(await wrong('continue', ['prompt=a', 'more=1', 'more=2'])).toContain('given twice');
    expect(await wrong('continue', ['prompt=a', 'more=0'])).toMatch(/more/);
    expect(await wrong('continue', ['prompt=a', 'heta=2'])).toMatch(/unknown-argument: .*heat, more, seed/);
    expect(await wrong('continue', ['more=2'])).toContain('needs a value for prompt');
    expect(await wrong('continue', ['prompt=a', 'seed=4'], 4)).toContain('--seed is given too');
  });
});

describe('a parameter seed: int', () => {
  it('is the seed of what the export draws', async () => {
    const written = (args: readonly string[], seed?: number) =>
      ask('continue', ['prompt=rain', ...args], seed);
    const three = await written([]);
    expect(await written(['seed=3'])).toBe(three);
    expect(await written([], 3)).toBe(three);
    const others = await Promise.all([4, 5, 6, 7].map(s => written([`seed=${s}`])));
    expect(new Set([three, ...others]).size).toBeGreaterThan(3);
    expect(await written([], 5)).toBe(others[1]);
  });

  it('is that of --seed or of the run where the export has none', async () => {
    const one = await ask('ramble', ['prompt=rain']);
    expect(await ask('ramble', ['prompt=rain'], 1)).toBe(one);
    const more = await Promise.all([2, 3, 4, 5].map(s => ask('ramble', ['prompt=rain'], s)));
    expect(new Set([one, ...more]).size).toBeGreaterThan(3);
    expect((await refusal('ramble', ['prompt=rain', 'seed=2'])).code).toBe('unknown-argument');
  });
});
