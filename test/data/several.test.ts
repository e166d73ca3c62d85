// Several texts in a row of the data: lists in a table, read, cut to what fits, and padded.

import { expect, test } from 'vitest';
import { createBatches, encodeExamples, fitTokenizer, openData } from '../../src/data/index.ts';
import { batchSpec, folder, textField } from './specs.ts';

const several = (size: number, many: number) => {
  const field = textField(size);
  if (field.type.kind !== 'modality') throw new Error('no text');
  return batchSpec('train', size, [
    {
      ...field,
      type: { ...field.type, many },
      feeds: field.feeds.map(f => ({ ...f, shape: [size, many, 8] })),
    },
  ]);
};

const rows = [
  { text: ['a cat', 'one cat', 'cats'], n: 1 },
  { text: ['a dog'], n: 2 },
  { text: 'one', n: 3 },
  { text: [], n: 4 },
];

const opened = () => {
  const path = folder({
    'toys.jsonl': rows.map(r => JSON.stringify(r)).join('\n'),
    'data/toys.yaml':
      'source: { table: ../toys.jsonl }\nskip: 50%\nfields:\n  caption: { column: text, as: text }\nsplits:\n  train: {}\n',
  });
  return openData({ specFile: `${path}/x.mm`, cacheFolder: false });
};

test('a list is as many texts as it has, the rest of its places is not kept', async () => {
  const data = opened();
  const batch = several(3, 2);
  const split = (await data.prepare(batch)).value;
  const tokenizers = (await data.fitTokenizers([batch])).value;
  if (split === undefined || tokenizers === undefined) throw new Error('no data');
  // The row without a text can't be used.
  expect(split.rows).toBe(3);
  expect(split.skipped.map(s => s.problem)).toEqual(['caption is missing']);
  const made = createBatches({ batch, split, tokenizers, seed: 1 }).value?.make(1);
  const ids = made?.feeds.get('caption.ids');
  const keep = made?.feeds.get('caption.keep');
  expect(ids?.shape).toEqual([3, 2, 8]);
  const tokenizer = tokenizers.get('caption');
  const found = made?.ids.map((id, row) => {
    const texts = [0, 1].map(j => {
      const at = (row * 2 + j) * 8;
      const length = [...(keep?.data.slice(at, at + 8) ?? [])].filter(k => k === 1).length;
      return length === 0 ? '' : tokenizer?.decode([...(ids?.data.slice(at, at + length) ?? [])]);
    });
    return [id, ...texts];
  });
  expect(found?.sort()).toEqual([
    // Of three the first two are taken.
    ['toys.jsonl row 1', 'a cat', 'one cat'],
    ['toys.jsonl row 2', 'a dog', ''],
    ['toys.jsonl row 3', 'one', ''],
  ]);
});

test('where one text is read, a list is joined', async () => {
  const field = textField(2);
  const split = (await opened().prepare(batchSpec('train', 2, [field]))).value;
  const column = split?.columns.caption;
  expect(column?.kind === 'text' ? column.texts : undefined).toEqual([
    'a cat, one cat, cats',
    'a dog',
    'one',
  ]);
});

test('who calls an export gives a list or one text', async () => {
  const { value } = fitTokenizer(['a cat'], { kind: 'bytes', vocabulary: 259, special: [] });
  if (value === undefined) throw new Error('no tokenizer');
  const batch = several(2, 3);
  const given = await encodeExamples({
    batch,
    tokenizers: new Map([['caption', value]]),
    values: new Map([['caption', [['a', 'b'], 'c']]]),
  });
  const keep = given.value?.get('caption.keep')?.data ?? [];
  const kept = [0, 1, 2, 3, 4, 5].map(
    text => [...keep.slice(text * 8, text * 8 + 8)].filter(k => k === 1).length,
  );
  expect(kept).toEqual([3, 3, 0, 3, 0, 0]);
});
