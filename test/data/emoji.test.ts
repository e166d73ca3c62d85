// The emoji manifest of this project on the packages that are installed: what the splits hold and how captions read.

import { join } from 'node:path';
import { expect, it } from 'vitest';
import { fieldText } from '../../src/data/fields.ts';
import { findManifest, openDataset, readManifest } from '../../src/data/index.ts';
import type { FieldRule } from '../../src/data/manifest/manifest.ts';
import { decodePicture } from '../../src/data/picture/decode.ts';

it('splits four styles of 1,594 concepts', async () => {
  const specFile = join(import.meta.dirname, '../../specs/emoji.mm');
  const found = findManifest('emoji', { specFile }).value;
  expect(found?.because).toBe('beside the spec');
  const manifest = readManifest('emoji', found?.file ?? '');
  expect(manifest.diagnostics).toEqual([]);
  const { value, diagnostics } = await openDataset(manifest.value as NonNullable<typeof manifest.value>);
  expect(diagnostics).toEqual([]);
  if (value === undefined) return;
  expect(value.rows.length).toBe(4 * 1594);
  const cells = (split: string, column: string): Set<string> =>
    new Set(Array.from(value.splits.get(split) ?? [], i => String(value.rows[i]?.cells.get(column))));
  expect([...cells('train', 'style')].sort()).toEqual(['fluent', 'openmoji', 'twemoji']);
  expect([...cells('unseen_style', 'style')]).toEqual(['noto']);
  expect(cells('unseen_concepts', 'style').size).toBe(4);
  const trained = cells('train', 'concept');
  const unseen = cells('unseen_concepts', 'concept');
  expect([...unseen].some(c => trained.has(c))).toBe(false);
  expect(unseen.size).toBe(290);
  expect(cells('unseen_style', 'concept').size).toBe(1304);
  const count = (split: string): number => value.splits.get(split)?.length ?? 0;
  expect(count('train') + count('validation')).toBe(3 * 1304);
  expect(count('validation') / (3 * 1304)).toBeCloseTo(0.05, 1);

  const caption = value.manifest.fields.get('caption') as FieldRule;
  const captions = value.rows.map(row => fieldText(caption, row));
  expect(new Set(captions).size).toBe(1594);
  expect(captions[value.rows.findIndex(r => r.cells.get('concept') === '1f335')]).toBe(
    'cactus: desert, drought, nature, plant',
  );

  const svg = value.rows.find(r => r.cells.get('concept') === '1f335')?.cells.get('svg');
  const drawn = await decodePicture(new TextEncoder().encode(String(svg)), {
    height: 32,
    width: 32,
    trim: true,
  });
  if ('problem' in drawn) throw new Error(drawn.problem);
  const rows = Array.from({ length: 32 }, (_, y) =>
    Math.max(...drawn.rgba.subarray(y * 128, y * 128 + 128).filter((_, i) => i % 4 === 3)),
  );
  // A cactus is higher than it is wide: trimmed, it fills the height but for the margin.
  expect([rows[0], rows[31]].every(a => (a ?? 255) < 128)).toBe(true);
  expect([rows[1], rows[30]].every(a => (a ?? 0) > 40)).toBe(true);
});
