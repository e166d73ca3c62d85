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

test('noto_clips: animated GIFs as videos at another rate', async () => {
  const modality = {
    kind: 'video',
    name: 'clip',
    frames: 8,
    height: 16,
    width: 16,
    channels: 3,
    rate: 5,
    longer: 'cut',
  } as const;
  const clip = { ...imageField(4), name: 'clip', type: { kind: 'modality', modality } as const };
  const split = await prepare(
    `source: { table: ${shared}/noto_clips/captions.csv, folder: ${shared}/noto_clips/gifs }
fields: { clip: { column: file, as: video } }
splits:
  train: { share: { of: caption, to: 0.1 } }
  rest: { share: { of: caption, from: 0.1 } }`,
    batchSpec('train', 4, [clip]),
  );
  const column = split.columns.clip;
  if (column?.kind !== 'video') throw new Error('no videos');
  const { starts, seconds } = column.sequences;
  for (const [i, s] of seconds.entries())
    expect((starts[i + 1] as number) - (starts[i] as number)).toBe(Math.min(8, Math.floor(s * 5 + 1e-9)));
  expect(new Set(seconds).size).toBeGreaterThan(5);
});

test('fsdd: WAV files as log-mel spectrograms, of rows that a table names', async () => {
  const names = Array.from({ length: 20 }, (_, i) => `${i % 10}_theo_${i}.wav`);
  const features = {
    kind: 'log_mel',
    bands: 40,
    window: 200,
    hop: 80,
    fft: 256,
    low: 0,
    high: 4000,
    scale: 'slaney',
    norm: 'slaney',
    power: 2,
    log: 'natural',
    floor: 1e-10,
    range: undefined,
    edges: 'reflect',
    emphasis: 0,
  } as const;
  const modality = {
    kind: 'audio',
    name: 'speech',
    rate: 8000,
    samples: 8000,
    longer: 'cut',
    features,
  } as const;
  const speech = { ...imageField(4), name: 'speech', type: { kind: 'modality', modality } as const };
  const table = join(folder({ 't.csv': `file\n${names.join('\n')}\n` }), 't.csv');
  const split = await prepare(
    `source: { table: ${table}, folder: ${shared}/fsdd }
fields: { speech: { column: file, as: audio } }
splits: { train: {} }`,
    batchSpec('train', 4, [speech]),
  );
  expect(split.rows).toBe(20);
  const column = split.columns.speech;
  if (column?.kind !== 'audio') throw new Error('no recordings');
  const values = new Float32Array(column.sequences.bytes.buffer);
  expect(values.every(v => v >= Math.log(1e-10) - 1e-3 && v < 10)).toBe(true);
  expect(new Set(values).size).toBeGreaterThan(1000);
});
