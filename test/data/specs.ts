// Batch specs as the compiler gives them, and small data sets on disk, for the tests of this room.

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import sharp from 'sharp';
import { onTestFinished } from 'vitest';
import type { BatchSpec, FieldSpec, TransformSpec } from '../../src/compiler/program.ts';

export const span = { file: 'test.mm', start: 0, end: 0, line: 3, column: 5, endLine: 3, endColumn: 9 };

export const transform = (name: string, settings: Record<string, number> = {}): TransformSpec => ({
  name,
  settings,
  span,
});

export function imageField(
  size: number,
  transforms: readonly TransformSpec[] = [],
  side = 8,
  channels = 3,
): FieldSpec {
  return {
    name: 'picture',
    type: {
      kind: 'modality',
      modality: { kind: 'image', name: 'picture', height: side, width: side, channels },
    },
    feeds: [
      { component: 'pixels', feed: 'picture.pixels', dtype: 'f32', shape: [size, side, side, channels] },
    ],
    transforms,
    span,
  };
}

export function textField(size: number, transforms: readonly TransformSpec[] = [], length = 8): FieldSpec {
  return {
    name: 'caption',
    type: {
      kind: 'modality',
      modality: {
        kind: 'text',
        name: 'caption',
        tokenizer: { kind: 'bpe', vocabulary: 300, special: [] },
        length,
      },
    },
    feeds: [
      { component: 'ids', feed: 'caption.ids', dtype: 'i32', shape: [size, length] },
      { component: 'keep', feed: 'caption.keep', dtype: 'bool', shape: [size, length] },
    ],
    transforms,
    span,
  };
}

export function labelField(size: number, classes: number, names?: readonly string[]): FieldSpec {
  return {
    name: 'kind',
    type: { kind: 'labels', name: 'Kind', size: classes, names },
    feeds: [{ component: 'index', feed: 'kind.index', dtype: 'i32', shape: [size] }],
    transforms: [],
    span,
  };
}

export function batchSpec(
  split: string,
  size: number,
  fields: readonly FieldSpec[],
  distinct: readonly string[] = [],
): BatchSpec {
  return {
    id: 'align/0',
    data: { set: 'toys', split },
    size,
    fields,
    keepFeed: 'keep',
    distinct,
    order: 'endless',
    span,
  };
}

/** A folder that is removed after the test. */
export function folder(files: Readonly<Record<string, string | Uint8Array>> = {}): string {
  const path = mkdtempSync(join(tmpdir(), 'mmlang-data-'));
  onTestFinished(() => rmSync(path, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(path, name)), { recursive: true });
    writeFileSync(join(path, name), content);
  }
  return path;
}

/** A plain PNG of one colour. */
export function png(r: number, g: number, b: number, alpha = 1, width = 8, height = 8): Promise<Buffer> {
  return sharp({ create: { width, height, channels: 4, background: { r, g, b, alpha } } })
    .png()
    .toBuffer();
}

/** `toys`: 12 pictures of six colours twice, captions by colour, a kind; splits train (id < 9), test. */
export async function toys(change: (files: Record<string, string | Uint8Array>) => void = () => undefined) {
  const files: Record<string, string | Uint8Array> = {};
  const lines = ['file,colour,kind,part'];
  for (let i = 0; i < 12; i++) {
    files[`pictures/${i}.png`] = await png((i % 6) * 40, i * 20, 200);
    lines.push(`${i}.png,colour ${i % 6},${i % 2 === 0 ? 'even' : 'odd'},${i < 9 ? 'a' : 'b'}`);
  }
  files['toys.csv'] = `${lines.join('\n')}\n`;
  files['data/toys.yaml'] = [
    'source: { table: ../toys.csv, folder: ../pictures }',
    'fields:',
    '  picture: { column: file, as: image }',
    '  caption: { template: "a {colour}", as: text }',
    '  kind: { column: kind, as: label }',
    'splits:',
    '  train: { where: { part: a } }',
    '  test: { where: { part: b } }',
  ].join('\n');
  change(files);
  return folder(files);
}
