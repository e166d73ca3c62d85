// Mistakes about what earlier versions had: renames and migrations.

import type { Mistake } from './base.ts';

const model = (members: string, version = ' version "2.0.0"'): string => `model Notes${version} {
  modality text: Text(tokenizer: bpe(300), length: 8)
${members}
  objective loud(text: text[B, T], score: float[B]) {
    return mean(square(sum(linear(read(text), out: 1), axis: -1) - score))
  }
  stage learn {
    minimize loud on notes.train batch 8
    train all
    optimizer adamw(rate: 1e-3)
    steps 10
  }
}
`;

/** With two layers in its encoder. */
const layers = (first: string, second: string): string =>
  model(`  encoder read(c: text[N..., T]) -> float[N..., 8] {
    return mean(embedding(c.ids, width: 8), axis: -2) |> linear(out: 8)${first} |> gelu() |> linear(out: 8)${second}
  }`);

const encoder = `  encoder read(c: text[N..., T]) -> float[N..., 8] {
    return mean(embedding(c.ids, width: 8) as table, axis: -2)
  }`;

const migration = (moves: string, from = '"1.x"'): string =>
  `${encoder}
  migrate from ${from} {
${moves}
  }`;
const moved = '    read.table.weight = transpose(words.weight)';

export const versions: readonly Mistake[] = [
  {
    name: 'a rename from a name that is still there',
    code: 'rename-from-present',
    why: 'What is still there keeps the weights that it had. A rename from it would give them to two.',
    says: 'first is still there',
    wrong: layers(' as first', ' as second renamed from «first»'),
    mended: layers(' as first', ' as second renamed from last'),
  },
  {
    name: 'two renames from one name',
    code: 'rename-twice',
    why: 'An earlier version had one of that name, and its weights go to one place. Where two are made of it, a migration says how.',
    says: 'two are renamed from last',
    wrong: layers(' as first renamed from last', ' as second renamed from «last»'),
    mended: layers(' as first renamed from start', ' as second renamed from last'),
  },
  {
    name: 'a block renamed from a path',
    code: 'rename-by-path',
    why: 'A path says where weights stood. A block stands nowhere: its calls do, and each of them may be renamed.',
    says: 'block half stands at no path',
    wrong: model(`  block half renamed from «old.half»(x: float[N..., D]) -> float[N..., D] { return 0.5 * x }
  encoder read(c: text[N..., T]) -> float[N..., 8] {
    return mean(half(embedding(c.ids, width: 8)), axis: -2)
  }`),
    mended: model(`  block half renamed from halved(x: float[N..., D]) -> float[N..., D] { return 0.5 * x }
  encoder read(c: text[N..., T]) -> float[N..., 8] {
    return mean(half(embedding(c.ids, width: 8)), axis: -2)
  }`),
  },
  {
    name: 'a migration from the version that the model is',
    code: 'migration-version',
    why: 'A migration makes weights of this version of those of earlier ones. So the model has a version, and what it migrates from comes before it: "1.x", "1.4.x" or "1.4.2".',
    says: 'the model itself is 2.0.0',
    wrong: model(migration(moved, '«"2.x"»'), ' version "2.0.0"').replace('2.x', '2.0.0'),
    mended: model(migration(moved)),
  },
  {
    name: 'two migrations from one version',
    code: 'migration-twice',
    why: 'A checkpoint is of one version, and one migration takes it from there. Those of later versions follow by themselves.',
    says: '"1.4.x" and "1.x" are both from some versions',
    wrong: model(`${migration(moved)}
  migrate from «"1.4.x"» {
${moved}
  }`),
    mended: model(`${migration(moved)}
  migrate from "0.4.x" {
${moved}
  }`),
  },
  {
    name: 'a pattern where one weight is given',
    code: 'migration-path',
    why: 'A line gives one new weight, or all of one part. Layers that are alike are given in an each, whose * stands for their numbers.',
    says: 'what is given is one weight or part',
    wrong: model(migration('    «read.*.weight» = words.weight')),
    mended: model(migration('    read.table.weight = words.weight')),
  },
  {
    name: 'each over no layers',
    code: 'migration-path',
    says: 'each goes over layers',
    wrong: model(migration('    each «read.layers» {\n      weight = table\n    }')),
    mended: model(migration('    each read.layers.* {\n      weight = table\n    }')),
  },
  {
    name: 'layers of two kinds that do not correspond',
    code: 'migration-path',
    says: 'they correspond in order',
    wrong: model(migration('    each read.layers.* = «old.blocks» {\n      weight = table\n    }')),
    mended: model(migration('    each read.layers.* = old.blocks.* {\n      weight = table\n    }')),
  },
  {
    name: 'a weight given twice',
    code: 'weight-given-twice',
    why: 'A new weight has one value, so one line of a migration says what it is.',
    says: 'read.table.weight is given twice',
    wrong: model(migration(`${moved}\n    «read.table.weight» = words.weight`)),
    mended: model(migration(moved)),
  },
];
