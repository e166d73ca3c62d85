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
  part spare = linear(out: width)
  objective lengths(text: text[B, T], score: float[B]) {
    return mean(square(sum(mean(read(text), axis: -2), axis: -1) - score))
  }
  stage pretrain {
    minimize lengths on wiki.train batch 8
    train all
    optimizer adamw(rate: 1e-3)
    steps 10
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

/** A stage that starts from the given places. */
const more = (from: string, name = 'tune'): string => `  stage ${name}${from === '' ? '' : ` from ${from}`} {
    minimize mean_score on news.train batch 8
    train all
    optimizer adamw(rate: 1e-3)
    steps 10
  }
`;

/** Sorting tuned from a stage of Bert, which is named like this. */
const tuned = (from: string, base = 'Bert'): string =>
  on(`${right.replaceAll('Bert.', `${base}.`)}\n${more(from)}`.trimEnd());

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
  {
    name: 'a stage that another model has not',
    code: 'no-such-stage',
    why: 'A stage starts from weights that a run holds, and runs hold the stages that are declared.',
    says: 'did you mean pretrain?',
    wrong: tuned('Bert.«pretrian»(read)'),
    mended: tuned('Bert.pretrain(read)'),
    files,
  },
  {
    name: 'a part of this model taken from a stage of another',
    code: 'not-of-model',
    why: 'A run of another model holds the weights of its own parts. A part that is made here starts fresh, or where an earlier stage of this model left it.',
    says: "isn't of it",
    wrong: tuned('Bert.pretrain(read, «topic»)'),
    mended: tuned('Bert.pretrain(read)'),
    files,
  },
  {
    name: 'one part from two stages',
    code: 'starts-twice',
    why: 'A weight starts once: from what one stage left, or fresh.',
    says: 'a weight has one start',
    wrong: tuned('Bert.pretrain(read), «Bert.pretrain»'),
    mended: tuned('Bert.pretrain(read)'),
    files,
  },
  {
    name: 'two earlier stages of one model',
    code: 'starts-twice',
    says: 'starts from two stages with what it trains',
    wrong: `${tuned('Bert.pretrain(read)').slice(0, -2)}${more('tune, «again»', 'late')}${more('tune', 'again')}}\n`,
    mended: `${tuned('Bert.pretrain(read)').slice(0, -2)}${more('again', 'late')}${more('tune', 'again')}}\n`,
    files,
  },
  {
    name: 'a stage of a model in a setting without a name',
    code: 'untrained-setting',
    why: 'mm train trains a model as it is or one of its variants, so a stage in other settings is in no run.',
    says: 'give the setting a name in its file',
    wrong: tuned('«Bert(width: 8)».pretrain(read)', 'Bert(width: 8)'),
    mended: tuned('Bert.tiny.pretrain(read)', 'Bert.tiny'),
    files,
  },
  {
    name: 'a start that gives nothing',
    code: 'nothing-taken',
    why: 'What is loaded and never used is most likely a part that was meant to be called.',
    says: 'reaches no weight that Bert.pretrain would give',
    wrong: tuned('«Bert.pretrain(read)»').replace('return read(c)', 'return embedding(c.ids, width: 16)'),
    mended: tuned('Bert.pretrain(read)'),
    files,
  },
  {
    name: 'a part that the other stage never reached',
    code: 'not-in-stage',
    why: 'What a stage has not reached is in its run as it was made, at random. Taking it for trained would be a silent mistake.',
    says: 'here they would start at random',
    wrong: tuned('«Bert.pretrain(read, Bert.spare)»').replace('read(c)', 'Bert.spare(read(c))'),
    mended: tuned('Bert.pretrain(read)').replace('read(c)', 'Bert.spare(read(c))'),
    files,
  },
  {
    name: 'a frozen part that nothing has trained',
    code: 'frozen-at-random',
    why: 'A used model comes without weights: they are trained here, or taken from a stage of its own. Frozen without either, they stay random numbers.',
    says: 'from Other.STAGE(part)',
    wrong: tuned('').replace('train all', 'train rest freeze «read»'),
    mended: tuned('Bert.pretrain(read)').replace('train all', 'train rest freeze read'),
    files,
  },
];
