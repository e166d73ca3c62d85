// Mistakes about models that stand on others: which model, which setting, what it has.

import type { Mistake } from './base.ts';

/** A small language model in a file of its own. */
const bert = `model Bert(width: int = 16) {
  modality text: Text(tokenizer: bpe(300), length: 8)
  labels Topic { sport, science }
  space meaning(8)
  encoder read(c: text[N..., T]) -> float[N..., T, width] {
    return embedding(c.ids, width: width) |> transformer(depth: 1, heads: 2)
  }
}

variant tiny = Bert(width: 8)
`;

const open =
  'model Open(width: int) {\n  part lift = linear(out: width)\n}\n\nvariant wide = Open(width: 16)\n';
const pair = 'model A {\n  space one(3)\n}\n\nmodel B {\n  space two(4)\n}\n';
const files = { 'bert.mm': bert, 'open.mm': open, 'pair.mm': pair };

/** A model on parts of Bert, with a piece left open. */
const on = (members: string, params = '', head = 'use "bert.mm" as Bert'): string => `${head}

model Topics${params} {
${members}
}
`;
const sorts = `  encoder topic(c: text[N..., T]) -> float[N..., 2] {
    return read(c) |> mean(axis: -2) |> linear(out: 2)
  }
  objective mean_score(text: text[B, T], score: float[B]) {
    return mean(square(sum(topic(text), axis: -1) - score))
  }`;
const right = `  modality text = Bert.text\n  part read = Bert.read\n${sorts}`;

export const usedModels: readonly Mistake[] = [
  {
    name: 'a variant that a used file has not',
    code: 'not-in-model',
    why: 'A used file is asked for its variants and blocks, and for what its model declares. A name that is none of them would leave a part without weights.',
    says: 'did you mean tiny?',
    wrong: on(right.replace('part read = Bert.read', 'part read = Bert.«tny».read')),
    mended: on(right.replaceAll('Bert.', 'Bert.tiny.')),
    files,
  },
  {
    name: 'a part that a used model has not',
    code: 'not-in-model',
    says: 'did you mean read?',
    wrong: on(right.replace('Bert.read', 'Bert.«reed»')),
    mended: on(right),
    files,
  },
  {
    name: 'a file with two models and no word which',
    code: 'which-model',
    why: 'A file that is used stands for its only model. Where it holds several, each is named behind the dot.',
    says: 'say which: Pair.A',
    wrong: on('  space one = «Pair».one', '', 'use "pair.mm" as Pair'),
    mended: on('  space one = Pair.A.one', '', 'use "pair.mm" as Pair'),
    files,
  },
  {
    name: 'a part of a model in a block of a file',
    code: 'model-in-block',
    why: 'A block can be called from anywhere, and the weights of a used model belong to the model that takes its parts: a block is handed what it needs.',
    says: 'give the block the part as a parameter',
    wrong: `${on(right)}
block pooled(x: float[N..., T, D]) {
  return mean(«Bert».read(x), axis: -2)
}
`,
    mended: `${on(right)}
block pooled(x: float[N..., T, D], by: block) {
  return mean(by(x), axis: -2)
}
`,
    files,
  },
  {
    name: 'one model in two settings',
    code: 'two-settings',
    why: 'Weights of a used model stand at its name, so it can have one size there. A file may be used under two names, each with weights of its own.',
    says: 'whose weights would both be Bert.*',
    wrong: on(right.replace('part read = Bert.read', 'part read = «Bert.tiny».read')),
    mended: on(right),
    files,
  },
  {
    name: 'models that stand on each other',
    code: 'model-cycle',
    why: 'What a model takes of another is looked up there first, and one that stands on itself would never be done.',
    says: 'move what both need into a third model',
    wrong: 'model A {\n  space one = «B».two\n  space own(3)\n}\n\nmodel B {\n  space two = A.own\n}\n',
    mended: 'model A {\n  space own(3)\n}\n\nmodel B {\n  space two = A.own\n}\n',
  },
  {
    name: 'a model whose settings are left open',
    code: 'config-needed',
    says: 'take a variant, Open.wide, or Open(width: int)',
    wrong: on('  part lift = «Open».lift', '', 'use "open.mm" as Open'),
    mended: on(
      '  part lift = Open.wide.lift\n  encoder up(x: float[N..., D]) -> float[N..., 16] {\n    return lift(x)\n  }',
      '',
      'use "open.mm" as Open',
    ),
    files,
  },
  {
    name: 'a modality that is a space',
    code: 'alias-kind',
    why: 'Another name for what a used model declares keeps its kind: a modality stays one, with its tokenizer, labels stay labels.',
    says: 'modality text takes modality of another model',
    wrong: on(right.replace('Bert.text', '«Bert.meaning»')),
    mended: on(right),
    files,
  },
  {
    name: 'a space that is labels',
    code: 'alias-kind',
    says: 'this is labels Topic',
    wrong: on(`${right}\n  space meaning = «Bert.Topic»`),
    mended: on(`${right}\n  space meaning = Bert.meaning`),
    files,
  },
  {
    name: 'texts of another vocabulary for a used encoder',
    code: 'argument-type',
    says: 'two modalities',
    wrong: on(
      right
        .replace('modality text = Bert.text', 'modality text: Text(tokenizer: bpe(300), length: 8)')
        .replace('read(c)', 'read(«c»)'),
    ),
    mended: on(right),
    files,
  },
];
