// Stages: clauses, data, patterns of weights, optimizers, measures.

import { inStamps, type Mistake, stamps } from './base.ts';

export const adamw = 'optimizer adamw(rate: cosine(peak: 1e-3, warmup: 10), decay: 0.1)';
const measure = 'measure recall(seen, at: [1, 5]) on stamps.validation every 10';
/** A model with a head that its objective trains and an accuracy that `predicted` gives. */
export const withHead = (predicted: string): string =>
  stamps
    .replace('  space shared', '  part head = linear(out: Kind)\n  space shared')
    .replace('linear(look(picture), out: Kind)', 'head(look(picture))')
    .replace(measure, `measure accuracy(${predicted}, kind) on stamps.validation`);
const second = (from: string): string =>
  `  stage more from ${from} {\n    minimize seen on stamps.train batch 8\n    train all\n    ${adamw}\n    steps 10\n  }\n`;
const frozen = (pattern: string): string =>
  stamps
    .replace('  align', '  encoder glance(p: picture[N...]) -> shared[N...] { return look(p) }\n  align')
    .replace('linear(look(picture)', 'linear(glance(picture)')
    .replace('train all', `freeze ${pattern}\n    train rest`);

export const stages: readonly Mistake[] = [
  {
    name: 'a stage without steps',
    code: 'stage-lacks',
    why: 'A stage says all of its training: what is minimized on which data, which weights move, by which optimizer and for how many steps. Nothing has a default.',
    says: 'add: steps 1000',
    ...inStamps(
      '  stage align {\n    minimize seen + 0.5 * sort on stamps.train batch 8\n    train all\n    ' +
        adamw +
        '\n    steps 20',
      '  stage «align» {\n    minimize seen + 0.5 * sort on stamps.train batch 8\n    train all\n    ' +
        adamw,
    ),
  },
  {
    name: 'a stage that says nothing of its weights',
    code: 'stage-lacks',
    says: 'add: train all',
    ...inStamps(
      'stage align {\n    minimize seen + 0.5 * sort on stamps.train batch 8\n    train all\n',
      'stage «align» {\n    minimize seen + 0.5 * sort on stamps.train batch 8\n',
    ),
  },
  {
    name: 'a stage without an optimizer',
    code: 'stage-lacks',
    says: 'has no optimizer',
    ...inStamps(
      `stage align {\n    minimize seen + 0.5 * sort on stamps.train batch 8\n    train all\n    ${adamw}`,
      'stage «align» {\n    minimize seen + 0.5 * sort on stamps.train batch 8\n    train all\n    ',
    ),
  },
  {
    name: 'steps said twice',
    code: 'clause-twice',
    why: 'Were a clause said twice, one of them would be dropped in silence.',
    says: 'steps is said twice in this stage',
    ...inStamps('steps 20', 'steps 20\n    «steps 40»', 'steps 20'),
  },
  {
    name: 'two clauses of what is frozen',
    code: 'clause-twice',
    says: 'name all in one clause',
    ...inStamps(
      'train all',
      'freeze read\n    «freeze sort»\n    train rest',
      'freeze read, sort\n    train rest',
    ),
  },
  {
    name: 'a term without data',
    code: 'no-data',
    why: 'Each term of minimize is computed on rows of a split. A term without data of its own shares that of the next one to its right.',
    says: 'on SET.SPLIT batch SIZE',
    ...inStamps(
      'minimize seen + 0.5 * sort on stamps.train batch 8',
      'minimize seen on stamps.train batch 8 + «0.5 * sort»',
      'minimize seen + 0.5 * sort on stamps.train batch 8',
    ),
  },
  {
    name: 'data without the size of a batch',
    code: 'no-batch',
    why: 'The size of a batch decides how many others each row is compared with, so it is said and has no default.',
    says: 'how many rows of stamps.train make a batch?',
    ...inStamps('sort on stamps.train batch 8', 'sort on «stamps.train»', 'sort on stamps.train batch 8'),
  },
  {
    name: 'a batch of nothing',
    code: 'bad-setting',
    says: 'batch must be at least 1',
    ...inStamps('on stamps.train batch 8', 'on stamps.train batch «0»', 'on stamps.train batch 8'),
  },
  {
    name: 'an objective twice',
    code: 'objective-twice',
    why: 'The same objective on the same data twice is one term with the sum of both weights; most often another objective was meant.',
    says: 'seen is minimized twice',
    ...inStamps(
      'minimize seen + 0.5 * sort on',
      'minimize seen + 0.5 * «seen» on',
      'minimize seen + 0.5 * sort on',
    ),
  },
  {
    name: 'a pattern that matches nothing',
    code: 'matches-nothing',
    why: 'Patterns choose weights by their paths. One that matches nothing would freeze or train nothing, and the weights that were meant would do the opposite of what the spec says.',
    says: 'did you mean look.linear?',
    ...inStamps('train all', 'train «look.liner»\n    freeze rest', 'train look.linear\n    freeze rest'),
  },
  {
    name: 'a layer that there is not',
    code: 'matches-nothing',
    says: 'layers.1',
    ...inStamps(
      'train all',
      'train all\n    freeze «read.transformer.layers.1»',
      'train all\n    freeze read.transformer.layers.0',
    ),
  },
  {
    name: 'the optimizer’s own names',
    code: 'matches-nothing',
    says: '**.momentum',
    ...inStamps('train all', 'train all\n    freeze «**.momentum»', 'train all\n    freeze **.bias'),
  },
  {
    name: 'an encoder frozen that computes with the weights of another',
    code: 'owns-no-weights',
    why: 'A weight stands at the path of the part that owns it. An encoder that only calls others has none at its own, and what it calls may serve others too: so the owners are named.',
    says: 'it computes with those of look',
    wrong: frozen('«glance»'),
    mended: frozen('look'),
  },
  {
    name: 'trained and frozen at once',
    code: 'trained-and-frozen',
    why: 'train and freeze divide the weights that a stage reaches: each of them is in one of the two.',
    says: 'look.into.weight is both trained and frozen',
    ...inStamps(
      'train all',
      'train look, read, sort, seen\n    freeze «look.into»',
      'train look, read, sort, seen',
    ),
  },
  {
    name: 'weights that are left over',
    code: 'neither-trained-nor-frozen',
    why: 'train and freeze divide the weights that a stage reaches, and none is left over by accident: rest names those that no pattern does.',
    says: 'add: train rest, or freeze rest',
    ...inStamps(
      'stage align {\n    minimize seen + 0.5 * sort on stamps.train batch 8\n    train all',
      'stage «align» {\n    minimize seen + 0.5 * sort on stamps.train batch 8\n    train look',
      'stage align {\n    minimize seen + 0.5 * sort on stamps.train batch 8\n    train look\n    freeze rest',
    ),
  },
  {
    name: 'everything frozen',
    code: 'everything-frozen',
    why: 'A stage in which no weight moves ends as it began.',
    says: 'stage align trains nothing',
    ...inStamps(
      'stage align {\n    minimize seen + 0.5 * sort on stamps.train batch 8\n    train all',
      'stage «align» {\n    minimize seen + 0.5 * sort on stamps.train batch 8\n    freeze all',
    ),
  },
  {
    name: 'an objective whose weights are all frozen',
    code: 'frozen-objective',
    why: 'This term adds to the loss that is shown and moves nothing, since all that it depends on is frozen in this stage.',
    says: 'sort teaches nothing in stage align',
    ...inStamps(
      'minimize seen + 0.5 * sort on stamps.train batch 8\n    train all',
      'minimize seen + «0.5 * sort on stamps.train batch 8»\n    train read, seen\n    freeze rest',
      'minimize seen on stamps.train batch 8\n    train read, seen\n    freeze rest',
    ),
  },
  {
    name: 'a stage that starts from itself',
    code: 'stage-cycle',
    why: 'from names the stage whose last weights this one starts from. In a circle none of them could be the first.',
    says: 'stage more starts from itself',
    ...inStamps('  export name', `${second('«more»')}  export name`, `${second('align')}  export name`),
  },
  {
    name: 'stages that start from each other',
    code: 'stage-cycle',
    says: 'starts from itself, directly or through others',
    wrong: inStamps('stage align {', 'stage align from «more» {').wrong.replace(
      '  export name',
      `${second('align')}  export name`,
    ),
    mended: inStamps('  export name', '', `${second('align')}  export name`).mended,
  },
  {
    name: 'a stage that starts from none of this model',
    code: 'unknown-name',
    says: 'did you mean align?',
    ...inStamps('  export name', `${second('«algin»')}  export name`, `${second('align')}  export name`),
  },
  {
    name: 'no rate',
    code: 'missing-argument',
    says: 'adamw needs rate',
    ...inStamps(
      'adamw(rate: cosine(peak: 1e-3, warmup: 10), decay: 0.1)',
      '«adamw(decay: 0.1)»',
      'adamw(rate: cosine(peak: 1e-3, warmup: 10), decay: 0.1)',
    ),
  },
  {
    name: 'a rate of zero',
    code: 'bad-setting',
    why: 'A setting has a range in which it means something. What lies outside of it is refused and never replaced by a default.',
    says: 'peak of cosine must be more than 0',
    ...inStamps('peak: 1e-3', 'peak: «0»', 'peak: 1e-3'),
  },
  {
    name: 'a setting of another optimizer',
    code: 'unknown-argument',
    says: 'adamw has no parameter momentum',
    ...inStamps('decay: 0.1', '«momentum»: 0.9', 'decay: 0.1'),
  },
  {
    name: 'a metric that there is not',
    code: 'unknown-metric',
    why: 'measure takes a metric over calls and fields, or an objective of the model.',
    says: 'did you mean recall?',
    ...inStamps(
      'recall(seen',
      '«recal(seen, at: [1, 5])» on stamps.validation every 10\n    measure recall(seen',
      'recall(seen',
    ),
  },
  {
    name: 'a metric of nothing that is known',
    code: 'unknown-metric',
    says: 'did you mean perplexity(objective)?',
    ...inStamps(measure, 'measure «perplexity» on stamps.validation every 10', measure),
  },
  {
    name: 'recall of an objective',
    code: 'metric-wants-align',
    why: 'Recall asks how often the partner of a row is among the k nearest, so it needs both sides of an align.',
    says: "recall measures an align; sort isn't one",
    ...inStamps('recall(seen, at', 'recall(«sort», at', 'recall(seen, at'),
  },
  {
    name: 'accuracy of a layer that nothing trains',
    code: 'measure-owns-weights',
    why: 'A layer that is made in a measure is another one than that of the objective, and would be measured untrained.',
    says: 'makes weights of its own, which no stage trains: linear.weight, linear.bias',
    wrong: withHead('«argmax(linear(look(picture), out: Kind))»'),
    mended: withHead('argmax(head(look(picture)))'),
  },
];
