// More slips in models and stages, of codes of which the gallery shows five.

import { inStamps, type Mistake, stamps } from '../../../../src/dsl/gallery/base.ts';
import { fitting } from '../../../../src/dsl/gallery/fits.ts';
import { adamw, withHead } from '../../../../src/dsl/gallery/stages.ts';
import { sorting } from '../../../../src/dsl/gallery/states.ts';

const layered = 'optimizer adamw(rate: 1e-3, layer_decay: 0.8)';

const asr = `model Asr(width: int = 8) {
  modality text: Text(tokenizer: bpe(300), length: 8)
  part words = embedding(width: width)
}
`;
/** Of a model that extends it, with a table of its own as wide. */
const accent = (width: string): string => `use "asr.mm" as Asr

model Accent(base: model = Asr) extends base {
  part more = embedding(width: ${width})
  objective alike(text: text[B, T]) {
    let h = more(text.ids) @ transpose(more.weight)
    return mean(square(h)) + mean(square(words(text.ids)))
  }
  stage tune {
    minimize alike on accents.train batch 8
    train all
    optimizer adamw(rate: 1e-3)
    steps 10
  }
}
`;

export const modelSlips: readonly Mistake[] = [
  {
    name: 'everything frozen and the rest trained',
    code: 'trained-and-frozen',
    says: 'what no pattern names is both trained and frozen',
    ...inStamps('train all', 'freeze «all»\n    train rest', 'freeze read\n    train rest'),
  },
  {
    name: 'a setting of the extended model without its name',
    code: 'unknown-name',
    says: 'did you mean base.width?',
    wrong: accent('«width»'),
    mended: accent('base.width'),
    files: { 'asr.mm': asr },
  },
  {
    name: 'a block of a used file without its name',
    code: 'unknown-name',
    says: 'did you mean Parts.half?',
    wrong: 'use "parts.mm" as Parts\n\nblock quarter(x: float[N...]) {\n  return «half»(x) / 2\n}\n',
    mended: 'use "parts.mm" as Parts\n\nblock quarter(x: float[N...]) {\n  return Parts.half(x) / 2\n}\n',
    files: { 'parts.mm': 'block half(x: float[N...]) {\n  return x / 2\n}\n' },
  },
  {
    name: 'half a pass',
    code: 'bad-setting',
    says: 'passes of centre must be a whole number',
    ...fitting('fit centre: place(picture) on stamps.train batch 8 passes «0.5»'),
  },
  {
    name: 'passes of a tokenizer',
    code: 'bad-setting',
    says: 'all texts are read once',
    ...fitting('fit caption.tokenizer on stamps.train «passes 2»', 'fit caption.tokenizer on stamps.train'),
  },
  {
    name: 'a variant with a setting that the model has not',
    code: 'unknown-argument',
    says: 'Stamps has no parameter depth',
    wrong: `${stamps}\nvariant Small = Stamps(«depth: 2»)\n`,
    mended: `${stamps}\nvariant Small = Stamps(width: 8)\n`,
  },
  {
    name: 'a text without a tokenizer',
    code: 'missing-argument',
    says: 'Text needs tokenizer',
    ...inStamps(
      'Text(tokenizer: bpe(300), length: 8)',
      '«Text(length: 8)»',
      'Text(tokenizer: bpe(300), length: 8)',
    ),
  },
  {
    name: 'a default of another kind',
    code: 'wrong-kind',
    says: 'width of Stamps must be a whole number',
    ...inStamps(
      'model Stamps(width: int = 16)',
      'model Stamps(width: int = «"16"»)',
      'model Stamps(width: int = 16)',
    ),
  },
  {
    name: 'a text of half a word',
    code: 'bad-setting',
    says: 'length of Text must be a whole number',
    ...inStamps('length: 8)', 'length: «7.5»)', 'length: 8)'),
  },
  {
    name: 'a vocabulary smaller than the bytes',
    code: 'bad-setting',
    says: 'vocabulary of bpe must be at least 259',
    ...inStamps('bpe(300)', 'bpe(«100»)', 'bpe(300)'),
  },
  {
    name: 'a space of no size',
    code: 'bad-setting',
    says: 'the size of shared must be at least 1',
    ...inStamps('space shared(12)', 'space shared(«0»)', 'space shared(12)'),
  },
  {
    name: 'labels without a label',
    code: 'bad-setting',
    says: 'needs at least one label',
    ...inStamps(
      'labels Kind { flower, bird, ship }',
      '«labels Kind { }»',
      'labels Kind { flower, bird, ship }',
    ),
  },
  {
    name: 'recall at rank zero',
    code: 'wrong-kind',
    says: 'a list of ranks from 1',
    ...inStamps('at: [1, 5]', 'at: «[0, 5]»', 'at: [1, 5]'),
  },
  {
    name: 'accuracy of a vector',
    code: 'wrong-kind',
    says: 'predicted of accuracy must be an index for each row',
    wrong: withHead('«look(picture)»'),
    mended: withHead('argmax(head(look(picture)))'),
  },
  {
    name: 'steps below zero',
    code: 'bad-setting',
    says: 'steps of align must be at least 1',
    ...inStamps('steps 20', 'steps «-20»', 'steps 20'),
  },
  {
    name: 'a weight below zero',
    code: 'bad-setting',
    says: 'the weight of sort must be at least 0',
    ...inStamps('0.5 * sort', '«-0.5» * sort', '0.5 * sort'),
  },
  {
    name: 'a decay below zero',
    code: 'bad-setting',
    says: 'decay of adamw must be at least 0',
    ...inStamps('decay: 0.1', 'decay: «-0.1»', 'decay: 0.1'),
  },
  {
    name: 'a look ahead along no momentum',
    code: 'bad-setting',
    says: 'there is none: give momentum',
    ...inStamps(
      'adamw(rate: cosine(peak: 1e-3, warmup: 10), decay: 0.1)',
      'sgd(rate: 0.1, nesterov: «true»)',
      'sgd(rate: 0.1, momentum: 0.9, nesterov: true)',
    ),
  },
  {
    name: 'a decay over layers where there are none',
    code: 'bad-setting',
    says: 'no part that this stage reaches has a repeat',
    wrong: stamps
      .replace(adamw, `«${layered}»`)
      .replace('words |> transformer(depth: 1, heads: 4) |> mean', 'words |> mean'),
    mended: stamps.replace(adamw, layered),
  },
  {
    name: 'a beta of one',
    code: 'bad-setting',
    says: 'beta2 of adamw must be at most',
    ...inStamps('decay: 0.1', 'beta2: «1»', 'beta2: 0.99'),
  },
  {
    name: 'half a step of warmup',
    code: 'bad-setting',
    says: 'warmup of cosine must be a whole number',
    ...inStamps('warmup: 10', 'warmup: «0.5»', 'warmup: 10'),
  },
  {
    name: 'measured every zero steps',
    code: 'bad-setting',
    says: 'every must be at least 1',
    ...inStamps('every 10', 'every «0»', 'every 10'),
  },
  {
    name: 'an augmentation that there is not',
    code: 'unknown-name',
    says: 'shift',
    ...inStamps(
      'on stamps.train batch 8',
      'on stamps.train with picture: [«shfit(2)»] batch 8',
      'on stamps.train with picture: [shift(2)] batch 8',
    ),
  },
  {
    name: 'an optimizer that is a number',
    code: 'unknown-name',
    says: 'there is no optimizer named 0.001 here',
    ...inStamps(adamw, 'optimizer «0.001»', adamw),
  },
  {
    name: 'a copy of a block that has no weights yet',
    code: 'wrong-kind',
    says: 'a part or an encoder of this model',
    wrong: sorting('  part slow = copy «linear» by ema(0.99)\n', ''),
    mended: sorting('', ''),
  },
];
