// Public data sets as they come, where a copy stands beside the project (../shared/data); skipped where it doesn't.

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { BatchSpec } from '../../src/compiler/program.ts';
import { openData } from '../../src/data/index.ts';
import { batchSpec, folder, imageField, labelField, textField } from './specs.ts';

const shared = join(import.meta.dirname, '../../../shared/data');
const here = existsSync(shared);
const test = here ? it : it.skip;
if (!here) console.warn(`skipped: the public data sets of these tests are not at ${shared}`);

async function prepare(manifest: string, spec: BatchSpec) {
  const path = folder({ 'data/toys.yaml': manifest });
  const data = openData({ specFile: join(path, 'x.mm'), cacheFolder: false });
  const { value, diagnostics } = await data.prepare(spec);
  expect(diagnostics).toEqual([]);
  if (value === undefined) throw new Error('not prepared');
  return value;
}

test('banking77: CSV with line ends inside quotes, 77 labels', async () => {
  const split = await prepare(
    `source: { table: ${shared}/banking77/train.csv }
fields: { caption: { column: text, as: text }, kind: { column: category, as: label } }
splits: { train: {} }`,
    batchSpec('train', 4, [textField(4), labelField(4, 77)]),
  );
  expect(split.rows).toBe(10_003);
  expect(split.columns.kind?.kind === 'labels' && split.columns.kind.names.length).toBe(77);
});

test('ljspeech: no header, no quotes, a column by name', async () => {
  const split = await prepare(
    `source: { table: ${shared}/ljspeech/all_transcripts.csv, delimiter: "|", quote: false, columns: [id, raw, text] }
fields: { caption: { column: text, as: text } }
splits: { train: {} }`,
    batchSpec('train', 4, [textField(4)]),
  );
  expect(split.rows).toBe(13_090);
});

test('sick: TSV, numbers', async () => {
  const field = { ...labelField(4, 2), name: 'score', type: { kind: 'number' } as const };
  const split = await prepare(
    `source: { table: ${shared}/sick/SICK_train.txt, format: tsv, quote: false }
fields: { score: { column: relatedness_score, as: number }, caption: { column: sentence_A, as: text } }
splits: { train: {} }`,
    batchSpec('train', 4, [field, textField(4)]),
  );
  expect(split.rows).toBe(4_500);
  const { score } = split.columns;
  expect(score?.kind === 'number' && Math.max(...score.values)).toBe(5);
});

test('noto_clips: animated GIFs give their first frame', async () => {
  const split = await prepare(
    `source: { table: ${shared}/noto_clips/captions.csv, folder: ${shared}/noto_clips/gifs }
fields: { picture: { column: file, as: image }, caption: { column: caption, as: text } }
splits:
  train: { share: { of: caption, to: 0.1 } }
  rest: { share: { of: caption, from: 0.1 } }`,
    batchSpec('train', 4, [imageField(4, [], 16), textField(4)]),
  );
  expect(split.rows).toBeGreaterThan(30);
  const { picture } = split.columns;
  expect(picture?.kind === 'image' && new Set(picture.rgba).size).toBeGreaterThan(50);
});
