// Texts: tokenizers and special tokens.

import { type Mistake, stamps } from './base.ts';

const special = (list: string): string =>
  stamps.replace('bpe(300), length: 8', `bpe(300), length: 8, special: ${list}`);
const reading = (token: string, list = '[mask]'): string =>
  special(list).replace('embedding(c.ids, width', `embedding(where(c.ids == ${token}, c.ids, c.ids), width`);

const changing = (ids: string): string =>
  stamps.replace('embedding(c.ids, width: width)', `embedding((c with { ids: ${ids} }).ids, width: width)`);

const several = (type: string): string =>
  `  objective several(captions: ${type}) {\n    return mean(square(read(captions)))\n  }\n\n  export`;
const head = (scores: string, field: string): string =>
  `  head kinds: ${scores} -> ${field} by cross_entropy()\n\n  export`;

export const texts: readonly Mistake[] = [
  {
    name: 'a special token that every text has',
    code: 'special-token',
    why: 'The ids of special tokens are a rule of the language, so that a mask or an end means one number in the spec, in the data and in every checkpoint; two tokens of one name would break it.',
    says: "end can't be a special token: every text has one",
    wrong: special('[mask, «end»]'),
    mended: special('[mask]'),
  },
  {
    name: 'a special token that the modality was not given',
    code: 'unknown-field',
    says: 'did you mean mask?',
    wrong: reading('caption.«masks»'),
    mended: reading('caption.mask'),
  },
  {
    name: 'a special token twice',
    code: 'special-token',
    says: "mask can't be a special token: it is one already",
    wrong: special('[mask, sep, «mask»]'),
    mended: special('[mask, sep]'),
  },
  {
    name: 'as many captions as there may be',
    code: 'several-in-a-row',
    why: 'A batch is one tensor, so a list in a row of the data needs a size: rows with fewer are padded, and the padding counts nowhere.',
    says: 'how many must be a number, and K is none',
    wrong: stamps.replace('  export', several('«caption[B, K, T]»')),
    mended: stamps.replace('  export', several('caption[B, 4, T]')),
  },
  {
    name: 'a head of which the scores are over something else',
    code: 'two-vocabularies',
    says: 'scores are over shared, the targets point into Kind',
    wrong: stamps.replace('  export', head('look(picture)', '«kind: index(Kind)[B]»')),
    mended: stamps.replace('  export', head('linear(look(picture), out: Kind)', 'kind: index(Kind)[B]')),
  },
  {
    name: 'other pixels in the place of words',
    code: 'field-changes-type',
    why: 'with changes values and no types, so what is known of a text still holds of it: which vocabulary its ids point into, and which of them are real.',
    says: 'ids of caption[N] is index(caption)[N, T]; this is float[N, T]',
    wrong: changing('«to_float(c.ids)»'),
    mended: changing('where(c.ids == c.end, c.begin, c.ids)'),
  },
  {
    name: 'ids of one text too few',
    code: 'field-changes-type',
    says: 'axis 0 is N',
    wrong: changing('«c.ids[1:]»'),
    mended: changing('c.ids[:, 1:]'),
  },
];
