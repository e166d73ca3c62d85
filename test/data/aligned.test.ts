// Fields along another one: tags of words, numbers of words, positions in a text; from CoNLL files and tables.

import { describe, expect, it } from 'vitest';
import type { FieldSpec } from '../../src/compiler/program.ts';
import { createBatches, evaluationBatches, openData } from '../../src/data/index.ts';
import { batchSpec, folder, span, textField, transform } from './specs.ts';

const alignedField = (name: string, type: FieldSpec['type'], size: number, length = 8): FieldSpec => ({
  name,
  type,
  feeds:
    type.kind === 'place'
      ? [{ component: 'index', feed: `${name}.index`, dtype: 'i32', shape: [size] }]
      : [
          type.kind === 'tags'
            ? { component: 'index', feed: `${name}.index`, dtype: 'i32', shape: [size, length] }
            : { component: 'value', feed: `${name}.value`, dtype: 'f32', shape: [size, length] },
          { component: 'keep', feed: `${name}.keep`, dtype: 'bool', shape: [size, length] },
        ],
  transforms: [],
  span,
});
const tags = (size: number, names?: readonly string[], count = 3): FieldSpec =>
  alignedField('tags', { kind: 'tags', name: 'Tag', size: count, names, along: 'caption' }, size);
const place = (size: number): FieldSpec =>
  alignedField('start', { kind: 'place', along: 'caption', length: 8 }, size);

const conll = 'Anna\tB-PER\nlives\tO\nin\tO\nOslo\tB-LOC\n\t\nwow\tO\n\n-DOCSTART-\tO\n\nOslo\tB-LOC\n';
const manifest = (source: string, fields: string): string =>
  `source: ${source}\nfields:\n  caption: { column: words, as: text }\n${fields}\nsplits: { train: {} }\n`;

async function batches(files: Readonly<Record<string, string>>, fields: readonly FieldSpec[]) {
  const data = openData({ specFile: `${folder(files)}/x.mm`, cacheFolder: false });
  const spec = batchSpec('train', 4, fields);
  const prepared = await data.prepare(spec);
  const tokenizers = (await data.fitTokenizers([spec])).value;
  if (prepared.value === undefined || tokenizers === undefined)
    return { messages: said(prepared.diagnostics) };
  const made = [...evaluationBatches({ batch: spec, split: prepared.value, tokenizers })];
  return { messages: said(prepared.diagnostics), made, tokenizers, split: prepared.value };
}
const said = (
  list: readonly { readonly code: string; readonly message: string; readonly notes: readonly string[] }[],
) => list.map(d => `${d.code}: ${d.message} ${d.notes.join('; ')}`);

const rowOf = (made: Awaited<ReturnType<typeof batches>>['made'], feed: string, row: number, length = 8) =>
  [...(made?.[0]?.feeds.get(feed)?.data ?? [])].slice(row * length, (row + 1) * length);

describe('CoNLL files', () => {
  it('are sentences; the first token of each word has its tag', async () => {
    const { made, tokenizers, messages } = await batches(
      {
        'data/toys.yaml': manifest('{ table: t.conll }', '  tags: { column: tags, as: tags }'),
        'data/t.conll': conll,
      },
      [textField(4), tags(4, ['O', 'B_PER', 'B_LOC'])],
    );
    expect(messages).toEqual([]);
    expect(made?.[0]?.rows).toBe(3);
    const tokenizer = tokenizers!.get('caption')!;
    const starts = ['Anna', ' lives', ' in'].map(w => tokenizer.encode(w).length);
    const places = [0, starts[0]!, starts[0]! + starts[1]!, starts[0]! + starts[1]! + starts[2]!];
    const keep = rowOf(made, 'tags.keep', 0);
    expect(keep.flatMap((k, t) => (k === 1 ? [t] : []))).toEqual(places.filter(t => t < 7));
    const index = rowOf(made, 'tags.index', 0);
    for (const [i, t] of places.filter(t => t < 7).entries()) expect(index[t]).toBe([1, 0, 0, 2][i]);
    // The whole text and its words have the same tokens.
    expect(rowOf(made, 'caption.ids', 0).slice(0, 7)).toEqual(
      [...tokenizer.encode('Anna lives in Oslo')].slice(0, 7),
    );
    expect(rowOf(made, 'tags.index', 2)[0]).toBe(2);
  });

  it.each([
    ['a line of another width', 'a\tO\nb\n', /row 2: its line has 1 columns, and there are 2: words, tags/],
    ['an empty column', 'a\tO\n\tO\n', /row 2: a column of its line is empty/],
    ['nothing in it', '\n\t\n', /it has no rows/],
  ])('with %s are refused', async (_, text, message) => {
    const { messages } = await batches(
      {
        'data/toys.yaml': manifest('{ table: t.conll }', '  tags: { column: tags, as: tags }'),
        'data/t.conll': text,
      },
      [textField(4), tags(4)],
    );
    expect(messages.join()).toMatch(message);
  });
});

describe('tags', () => {
  const table = (rows: string) => ({
    'data/toys.yaml': `${manifest('{ table: t.csv }', '  tags: { column: tags, as: tags }')}skip: 50%\n`,
    'data/t.csv': `words,tags\n${rows}`,
  });
  it('that are not as many as words make their row unusable', async () => {
    const { messages, made } = await batches(table('a b,O O\nc d e,O O\nf,O\n'), [textField(4), tags(4)]);
    expect(messages.join()).toMatch(/rows-skipped.*row 2: tags has 2 values, and caption has 3 words/);
    expect(made?.[0]?.rows).toBe(2);
  });
  it('are counted against the labels of the spec', async () => {
    const { messages } = await batches(table('a b c,O X Y\nd,O\n'), [textField(4), tags(4, undefined, 2)]);
    expect(messages.join()).toMatch(
      /labels-size: field tags has 3 different labels, and the spec's labels are 2/,
    );
  });
  it('that the spec does not name make their row unusable', async () => {
    const { messages } = await batches(table('a b,O Q\nc,O\n'), [textField(4), tags(4, ['O', 'P'], 2)]);
    expect(messages.join()).toMatch(/row 1: tags "Q" is not one of its labels/);
  });
  it('keep their words from being augmented', async () => {
    const { split, tokenizers } = await batches(table('a b,O O\nc,O\nd,O\ne,O\n'), [textField(4), tags(4)]);
    const batch = batchSpec('train', 4, [textField(4, [transform('drop', { share: 0.5 })]), tags(4)]);
    const { diagnostics } = createBatches({ batch, split: split!, tokenizers: tokenizers!, seed: 1 });
    expect(diagnostics.map(d => d.code)).toEqual(['transform-aligned']);
  });
});

it('the first tokens of words are known of every text, with and without tags', async () => {
  const text = textField(4);
  const starts = { component: 'starts', feed: 'caption.starts', dtype: 'bool', shape: [4, 8] } as const;
  const files = {
    'data/toys.yaml': manifest('{ table: t.conll }', '  tags: { column: tags, as: tags }'),
    'data/t.conll': conll,
  };
  const alone = await batches(files, [{ ...text, feeds: [...text.feeds, starts] }]);
  const tagged = await batches(files, [text, tags(4)]);
  for (const row of [0, 1, 2])
    expect(rowOf(alone.made, 'caption.starts', row)).toEqual(rowOf(tagged.made, 'tags.keep', row));
  expect(rowOf(alone.made, 'caption.starts', 0)).toContain(1);
});

describe('positions and numbers', () => {
  const table = (rows: string, more = '') => ({
    'data/toys.yaml': manifest(
      '{ table: t.tsv }',
      `  start: { column: at, as: place }\n  weights: { column: w, as: numbers }${more}`,
    ),
    'data/t.tsv': `words\tat\tw\n${rows}`,
  });
  it('point at the token that holds a character; none and what is cut off are at the first', async () => {
    const { made, tokenizers } = await batches(
      table(
        'eins zwei drei\t5\t1 2 3\n(ü) x\t4\t1 2\nword\t-1\t1\na b c d e f g h i j\t18\t1 2 3 4 5 6 7 8 9 10\n',
      ),
      [textField(4), place(4), alignedField('weights', { kind: 'numbers', along: 'caption' }, 4)],
    );
    const tokenizer = tokenizers!.get('caption')!;
    const start = made?.[0]?.feeds.get('start.index')?.data ?? [];
    const pointed = [0, 1].map(row =>
      tokenizer.decode([rowOf(made, 'caption.ids', row)[start[row]!]!]).trim(),
    );
    expect(pointed.map(t => t[0])).toEqual(['z', 'x']);
    expect([start[2], start[3]]).toEqual([0, 0]);
    const at = tokenizer.encode('eins').length;
    expect(rowOf(made, 'weights.value', 0)[0]).toBe(1);
    expect(rowOf(made, 'weights.value', 0)[at]).toBe(2);
    expect(rowOf(made, 'weights.keep', 0).slice(0, at + 1)).toEqual([1, ...Array(at - 1).fill(0), 1]);
  });
  it('that are none make their row unusable', async () => {
    const { messages } = await batches(table('eins\tx\t1\nzwei\t9\t1\ndrei\t0\ty\n'), [
      textField(4),
      place(4),
      alignedField('weights', { kind: 'numbers', along: 'caption' }, 4),
    ]);
    expect(messages.join()).toMatch(/row 1: start is not a position: "x"/);
    expect(messages.join()).toMatch(/row 2: start is 9, and caption has 4 characters/);
    expect(messages.join()).toMatch(/row 3: weights holds something that is no number/);
  });
  it('declared as something else are told', async () => {
    const { messages } = await batches(table('eins\t0\t1\n'), [textField(4), tags(4)]);
    expect(messages.join()).toMatch(/field-missing: the data set toys has no field tags/);
    const wrong = await batches(table('eins\t0\t1\n', '\n  tags: { column: w, as: label }'), [
      textField(4),
      tags(4),
    ]);
    expect(wrong.messages.join()).toMatch(/field-kind: field tags of toys is label, and the spec reads tags/);
  });
});
