// Models that stand on others: one instance at a path, its settings, what it has under other names, files used twice.

import { describe, expect, test } from 'vitest';
import { compile } from '../../../src/compile.ts';
import type { MinimizeProgram } from '../../../src/compiler/program.ts';
import { minimizing } from '../../minimizing.ts';
import { checkSpec } from './check-spec.ts';
import { reference, takeSteps } from './toy-run.ts';

const bert = `model Bert(width: int = 16) {
  modality text: Text(tokenizer: bpe(300), length: 8)
  labels Topic { sport, science, art }
  space meaning(8)
  part table = embedding(width: width)
  encoder read(c: text[N..., T]) -> float[N..., T, width] {
    return table(c.ids) |> transformer(depth: 2, heads: 2)
  }
}

variant tiny = Bert(width: 8)
`;

const topics = (base: string, head = 'use "bert.mm" as Bert'): string => `${head}

model Topics(base: model = ${base}) {
  modality words = base.text
  labels Kind = base.Topic
  space meaning = base.meaning
  part read = base.read
  encoder topic(c: words[N..., T]) -> float[N..., Kind] {
    return read(c) |> mean(axis: -2) |> linear(out: Kind)
  }
  encoder place(c: words[N..., T]) -> meaning[N...] {
    return read(c) |> mean(axis: -2) |> into(meaning)
  }
  objective topics(text: words[B, T], kind: index(Kind)[B]) {
    return cross_entropy(topic(text), kind) + mean(square(place(text)))
  }
  stage tune {
    minimize topics on news.train batch 4
    train all
    optimizer adamw(rate: 0.003)
    steps 3
  }
}

variant tiny = Topics(base: Bert.tiny)
`;

function stageOf(
  spec: string,
  variant?: string,
  files: Readonly<Record<string, string>> = { 'bert.mm': bert },
): MinimizeProgram {
  const { library, models, rendered } = checkSpec(spec, files);
  const model = models.find(m => m.variant === variant);
  if (library === undefined || model === undefined) throw new Error(rendered);
  return minimizing(compile(library, model).stage('tune', reference().target));
}

const pathsOf = (program: MinimizeProgram): readonly string[] => program.weights.map(w => w.path);

test('its weights stand at its name, the same in every variant', () => {
  const paths = pathsOf(stageOf(topics('Bert')));
  expect(paths.filter(p => !p.includes('.layers.'))).toEqual([
    'Bert.read.transformer.norm.scale',
    'Bert.read.transformer.norm.shift',
    'Bert.table.weight',
    'place.into.weight',
    'topic.linear.bias',
    'topic.linear.weight',
  ]);
  expect(pathsOf(stageOf(topics('Bert'), 'tiny'))).toEqual(paths);
});

test('a variant stands on a variant, and settings may be given', () => {
  const width = (program: MinimizeProgram): number =>
    program.weights.find(w => w.path === 'Bert.table.weight')?.shape[1] ?? 0;
  expect(width(stageOf(topics('Bert')))).toBe(16);
  expect(width(stageOf(topics('Bert'), 'tiny'))).toBe(8);
  expect(width(stageOf(topics('Bert(width: 12)')))).toBe(12);
});

test('what it declares is fed, and learns', async () => {
  const program = stageOf(topics('Bert'), 'tiny');
  expect(program.train.batches[0]?.fields.map(f => f.type)).toMatchObject([
    {
      kind: 'modality',
      modality: { kind: 'text', name: 'Bert.text', tokenizer: { kind: 'bpe', vocabulary: 300 }, length: 8 },
    },
    { kind: 'labels', name: 'Bert.Topic', size: 3, names: ['sport', 'science', 'art'] },
  ]);
  const { losses } = await takeSteps(program, reference(), { steps: 30 });
  expect(losses.at(-1)).toBeLessThan(0.5 * (losses[0] ?? 0));
});

describe('files', () => {
  test('one file under two names is two models', () => {
    const spec = topics('Bert', 'use "bert.mm" as Bert\nuse "bert.mm" as Second')
      .replace('part read = base.read', 'part read = base.read\n  part other = Second.table')
      .replace('linear(out: Kind)', 'linear(out: Kind)')
      .replace('mean(square(place(text)))', 'mean(square(place(text))) + mean(square(other(text.ids)))');
    const { rendered } = checkSpec(spec, { 'bert.mm': bert });
    // The ids of one vocabulary aren't those of another: embedding takes any, so the tables differ.
    expect(rendered).toBe('');
    expect(pathsOf(stageOf(spec))).toContain('Second.table.weight');
  });

  test('a model on a model on a model: paths nest, and the innermost is one', () => {
    const middle = `use "bert.mm" as Bert
model Middle {
  modality text = Bert.text
  part read = Bert.read
  encoder pool(c: text[N..., T]) -> float[N..., 16] { return read(c) |> mean(axis: -2) }
}
`;
    const outer = `use "middle.mm" as Middle
model Outer {
  modality text = Middle.text
  part pool = Middle.pool
  part table = Middle.Bert.table
  objective small(text: text[B, T]) { return mean(square(pool(text))) + mean(square(table(text.ids))) }
  stage tune { minimize small on news.train batch 4  train all  optimizer adamw(rate: 0.003)  steps 3 }
}
`;
    const paths = pathsOf(stageOf(outer, undefined, { 'bert.mm': bert, 'middle.mm': middle }));
    expect(paths.filter(p => p.endsWith('table.weight'))).toEqual(['Middle.Bert.table.weight']);
    expect(paths.every(p => p.startsWith('Middle.Bert.'))).toBe(true);
  });

  test('what is wrong in a used model is told once, at its place, without its warnings', () => {
    const wrong = bert
      .replace('table(c.ids)', 'tabel(c.ids)')
      .replace('space meaning(8)', 'space meaning(8)\n  part idle = linear(out: 3)');
    const { diagnostics } = checkSpec(topics('Bert'), { 'bert.mm': wrong });
    expect(diagnostics.map(d => [d.code, d.span?.file])).toEqual([['unknown-name', 'bert.mm']]);
  });

  test('a setting that the other model refuses', () => {
    expect(checkSpec(topics('Bert(width: 7)'), { 'bert.mm': bert }).codes).toEqual(['requirement-failed']);
    expect(checkSpec(topics('Bert(widht: 8)'), { 'bert.mm': bert }).codes).toEqual(['unknown-argument']);
    expect(checkSpec(topics('Bert.tiny(width: 8)'), { 'bert.mm': bert }).codes).toEqual(['not-callable']);
    expect(checkSpec(topics('12'), { 'bert.mm': bert }).codes).toEqual(['wrong-kind']);
  });

  test('models are taken by models alone', () => {
    expect(checkSpec('block same(x: float[N...], of: model) {\n  return x\n}\n').codes).toEqual([
      'wrong-kind',
    ]);
  });

  test('a file read through many others is read once', () => {
    const files: Record<string, string> = { 'f0.mm': bert };
    for (let i = 1; i <= 30; i++)
      files[`f${i}.mm`] =
        `use "f${i - 1}.mm" as A\nuse "f${i - 1}.mm" as B\nblock b${i}(x: float[N...]) {\n  return x\n}\n`;
    expect(checkSpec(files['f30.mm'] ?? '', files).rendered).toBe('');
  });
});

describe('built to explode', () => {
  const codes = (text: string, files: Readonly<Record<string, string>> = {}): readonly string[] => [
    ...new Set(checkSpec(text, files).codes.filter(code => code !== 'unused-part')),
  ];
  const chain = (n: number, link: (i: number) => string, first: string): string =>
    Array.from({ length: n }, (_, i) => (i === 0 ? first : link(i))).join('\n');

  test('models on models, and models that extend each other, some fifty deep', () => {
    const first = 'model M0 {\n  space s0(3)\n}';
    const adds = (i: number): string => `model M${i} extends M${i - 1} {\n  space s${i}(3)\n}`;
    const takes = (i: number): string => `model M${i} {\n  space s${i} = M${i - 1}.s${i - 1}\n}`;
    for (const link of [adds, takes]) {
      expect(codes(chain(40, link, first))).toEqual([]);
      expect(codes(chain(400, link, first))).toEqual(['too-large']);
    }
  });

  test('files that use each other, a hundred deep', () => {
    const files = Object.fromEntries(
      Array.from({ length: 6000 }, (_, i): [string, string] => [
        `f${i}.mm`,
        `use "f${i - 1}.mm" as A\nblock b(x: float[N...]) {\n  return x\n}\n`,
      ]),
    );
    files['f0.mm'] = 'block b(x: float[N...]) {\n  return x\n}\n';
    expect(codes(files['f90.mm'] ?? '', files)).toEqual([]);
    expect(codes(files['f5999.mm'] ?? '', files)).toEqual(['too-large']);
  });

  test('each model twice in the next one', () => {
    const files = Object.fromEntries(
      Array.from({ length: 26 }, (_, i): [string, string] => [
        `f${i}.mm`,
        `use "f${i - 1}.mm" as A\nuse "f${i - 1}.mm" as B\nmodel M {\n  part x = A.x\n  part y = B.x\n}\n`,
      ]),
    );
    files['f0.mm'] = 'model M {\n  part x = linear(out: 3)\n}\n';
    expect(codes(files['f5.mm'] ?? '', files)).toEqual([]);
    expect(codes(files['f25.mm'] ?? '', files)).toEqual(['too-large']);
  });
});
