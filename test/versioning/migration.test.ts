// Migrations planned from two locks and run on the reference: what each weight becomes, and what is refused.
import { describe, expect, test } from 'vitest';
import { evaluateOutputs } from '../../src/backends/reference/evaluate.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { check } from '../../src/compile.ts';
import { ops } from '../../src/ops/registry.ts';
import { compareLocks } from '../../src/versioning/compare.ts';
import { migrationPlan } from '../../src/versioning/migration.ts';
import type { MigrationStep } from '../../src/versioning/migration-step.ts';
import { judge } from '../../src/versioning/verdict.ts';
import { weightTypes } from '../../src/versioning/weight-types.ts';
import { lockOfText, onlyModel } from './locks.ts';

const model = (encoder: string, migrations = '', version = '2.0.0', labels = 'A, B, C'): string => `
model Notes(width: dim = 4, depth: int = 2) version "${version}" {
  modality text: Text(tokenizer: bpe(300), length: 8)
  labels Kind { ${labels} }
${encoder}
  objective right(text: text[B, T], kind: index(Kind)[B]) {
    return cross_entropy(linear(read(text), out: Kind) as scores, kind)
  }
  export kind(text: text[B]) -> float[B, width] { return read(text) }
  stage learn {
    minimize right on notes.train batch 8
    train all
    optimizer adamw(rate: 1e-3)
    steps 10
  }
${migrations}
}
`;

const layered = (names: { embed?: string; layers?: string; first?: string; part?: string } = {}): string => `
  encoder ${names.part ?? 'read'}(c: text[N...]) -> float[N..., width] {
    let x = embedding(c.ids, width: width) as ${names.embed ?? 'table'}
    repeat depth as ${names.layers ?? 'layers'} { x = x + linear(x, out: width) as ${names.first ?? 'first'} }
    return mean(x, axis: -2)
  }`;

const old = model(layered(), '', '1.2.0');

function plan(from: string, to: string) {
  const { library, models, diagnostics } = check(to, 'spec.mm', () => undefined);
  if (library === undefined || models[0] === undefined)
    throw new Error(diagnostics.map(d => d.message).join());
  const was = onlyModel(from);
  return migrationPlan(
    { library, model: models[0], registry: ops, now: onlyModel(to) },
    { version: was.version, weights: weightTypes(was) },
  );
}

const told = (from: string, to: string): readonly string[] =>
  plan(from, to).diagnostics.map(d => `${d.code}: ${d.message}`);

/** Each element its own number. */
function numbered(from: string): Map<string, HostTensor> {
  let n = 0;
  return new Map(
    [...weightTypes(onlyModel(from))].map(([path, { dtype, shape }]) => {
      const size = shape.reduce((a, b) => a * b, 1);
      return [path, { dtype, shape, data: Float32Array.from({ length: size }, () => n++) }];
    }),
  );
}

function run(steps: readonly MigrationStep[], weights: ReadonlyMap<string, HostTensor>) {
  let now = weights;
  for (const { graph, moves } of steps) {
    const inputs = new Map(graph.inputs.map(i => [i.name, now.get(i.name)!] as const));
    const outputs = evaluateOutputs(graph, inputs, { precision: 'f32' });
    const made = new Map(graph.outputs.map((o, i) => [o.name, outputs[i]!] as const));
    now = new Map(
      moves.flatMap(m =>
        m.kind === 'carried'
          ? [[m.path, now.get(m.from)!] as const]
          : m.kind === 'made'
            ? [[m.path, made.get(m.path)!] as const]
            : [],
      ),
    );
  }
  return now;
}

/** Runs the plan of two specs on numbered weights. */
function moved(from: string, to: string) {
  const { plan: found, diagnostics } = plan(from, to);
  expect(diagnostics.map(d => d.message)).toEqual([]);
  return { before: numbered(from), after: run(found!.steps, numbered(from)), steps: found!.steps };
}

describe('renames', () => {
  const renamed = layered({
    part: 'read renamed from words',
    first: 'last renamed from first',
    layers: 'layers renamed from blocks',
  }).replace('as table', 'as table renamed from words.lookup');
  const was = model(layered({ part: 'words', embed: 'lookup', layers: 'blocks' }), '', '1.0.0')
    .replace('read(', 'words(')
    .replace('read(text)', 'words(text)');

  test('of a part, of a repeat, of a call and by a path go together, and the verdict is that it migrates', () => {
    const { before, after } = moved(was, model(renamed));
    expect(after.get('read.layers.1.last.weight')).toEqual(before.get('words.blocks.1.first.weight'));
    expect(after.get('read.table.weight')).toEqual(before.get('words.lookup.weight'));
    expect(judge(onlyModel(was), onlyModel(model(renamed))).verdict).toBe('migrates');
    expect(judge(onlyModel(was), onlyModel(model(layered()))).verdict).toBe('partial');
  });

  test('that no old lock needs any more do no harm', () => {
    expect(
      judge(
        onlyModel(old),
        onlyModel(model(renamed.replace('as last', 'as first').replace('renamed from first', ''))),
      ).verdict,
    ).not.toBe('partial');
  });
});

describe('migrations', () => {
  test('for each layer, from other paths, with slices, transposes and numbers', () => {
    const to = model(
      layered({ layers: 'blocks', embed: 'words' }),
      `  migrate from "1.x" {
    each read.blocks.* = read.layers.* {
      first.weight = transpose(first.weight) * 2
      first.bias = 7
      drop first.bias
    }
    read.words = read.table
  }`,
    );
    const { before, after } = moved(old, to);
    const w = before.get('read.layers.1.first.weight')!.data;
    expect([...after.get('read.blocks.1.first.weight')!.data]).toEqual(
      Array.from({ length: 16 }, (_, i) => 2 * w[(i % 4) * 4 + (i >> 2)]!),
    );
    expect([...after.get('read.blocks.0.first.bias')!.data]).toEqual([7, 7, 7, 7]);
    expect(after.get('read.words.weight')).toEqual(before.get('read.table.weight'));
    expect(after.get('right.scores.weight')).toEqual(before.get('right.scores.weight'));
  });

  test('one after another, from the version of the weights on', () => {
    const to = model(
      layered({ embed: 'lookup' }),
      `  migrate from "1.x" { read.words = read.table }
  migrate from "2.x" { read.lookup.weight = read.words.weight + 1 }`,
      '3.0.0',
    );
    const { before, after, steps } = moved(old, to);
    expect(steps.map(s => s.from)).toEqual(['1.x', '2.x']);
    expect([...after.get('read.lookup.weight')!.data]).toEqual(
      [...before.get('read.table.weight')!.data].map(x => x + 1),
    );
    const second = model(layered({ embed: 'words' }), '', '2.5.0');
    expect(moved(second, to).steps.map(s => s.from)).toEqual(['2.x']);
  });

  test.each([
    [
      'nothing takes a weight',
      'read.words.weight = 0',
      'weights-lost: no new weight takes these old ones: read.table.weight',
    ],
    [
      'nothing gives a weight',
      'drop read.table',
      'weights-missing: no old weight gives these new ones: read.words.weight',
    ],
    [
      'another shape',
      'read.words.weight = transpose(read.table.weight)',
      'migration-misfit: read.words.weight would be f32[4, 300], and the model has f32[300, 4]',
    ],
    [
      'an old weight that is not there',
      'read.words.weight = read.tabel.weight',
      'unknown-name: there is no old weight named read.tabel.weight here',
    ],
    [
      'a new weight that is not there',
      'read.word.weight = read.table.weight',
      'new-weight-unknown: the model has no weight read.word.weight',
    ],
    [
      'shapes that do not fit',
      'read.words.weight = read.table.weight + read.layers.0.first.weight',
      'dims-differ: + pairs axes from the last one: 300 and 4 differ',
    ],
    [
      'a drop of nothing',
      'read.words = read.table drop nothing.here',
      'migration-matches-nothing: nothing.here names no old weights',
    ],
    ['a drop of what is read', 'read.words = read.table drop read.table', 'weight-read-and-dropped'],
    ['fresh and given', 'read.words = read.table fresh read.words', 'weight-made-and-fresh'],
    [
      'each of nothing',
      'read.words = read.table each read.blocks.* { a = b }',
      'migration-matches-nothing: read.blocks.* names no new weights',
    ],
    ['weights of its own', 'read.words.weight = linear(read.table.weight, out: 4)', 'migration-owns'],
  ])('%s is refused', (_, line, wanted) => {
    const to = model(layered({ embed: 'words' }), `  migrate from "1.x" { ${line} }`);
    expect(
      told(old, to).some(t => t.includes(wanted)),
      told(old, to).join('\n'),
    ).toBe(true);
  });

  test('what a rename or an equal path gives in another shape is refused', () => {
    const to = model(layered(), '', '2.0.0', 'A, B, C, D');
    expect(told(old, to).join()).toContain(
      'right.scores.weight would be f32[4, 3], and the model has f32[4, 4]',
    );
  });
});

test('a difference tells a rename as one, and nothing as gone or new', () => {
  const renamed = model(layered({ embed: 'words renamed from table' }), '', '2.0.0');
  const lock = (text: string) => lockOfText(text);
  const { models, verdict } = compareLocks(lock(old), lock(renamed));
  const told = models.flatMap(m => m.changes).filter(c => c.kind === 'part' || c.kind === 'weight');
  expect(verdict).toBe('migrates');
  expect(told.map(c => [c.from, c.to])).toEqual([['read.table', 'read.words']]);
});
