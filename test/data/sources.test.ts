// Tables and pictures as they come: malformed, hostile, broken; what is skipped and what stops.

import { chmodSync, readdirSync, readFileSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { openData, openDataset, parseManifest } from '../../src/data/index.ts';
import { batchSpec, folder, imageField, png, textField, toys } from './specs.ts';

async function open(files: Record<string, string | Uint8Array>, source: string) {
  const path = folder(files);
  const text = `source: ${source}\nfields: { a: { column: a, as: text } }\nsplits: { all: {} }\n`;
  const manifest = parseManifest('set', join(path, 'set.yaml'), text);
  if (manifest.value === undefined) throw new Error(manifest.diagnostics[0]?.message);
  const { value, diagnostics } = await openDataset(manifest.value);
  const rows = value?.rows.map(r => Object.fromEntries(r.cells));
  return { rows, messages: diagnostics.map(d => `${d.code}: ${d.message}`) };
}

/** Columns a (text), n (int64), tags (list of text), picture (struct of bytes and path); written by pyarrow. */
const parquet = Buffer.from(
  [
    'UEFSMRUAFSgVLCwVBBUAFQYVBhwAAAAUTAIAAAAEAQMAAABvbmUDAAAAdHdvFQAVLBUwLBUEFQAVBhUGHAAAABZUAgAAAAQBAQAA',
    'AAAAAAACAAAAAAAAABUAFS4VMCwVBhUAFQYVBhwAAAAXGAIAAAADAgMBBiwfAAEAAAB4AQAAAHkVABUiFSYsFQQVABUGFQYcAAAA',
    'EUACAAAABAICAAAAAQIBAAAAAxUAFRgVHCwVBBUAFQYVBhwAAAAMLAMAAAADCQABAAAAcBUEGZw1ABgGc2NoZW1hFQgAFQwlAhgB',
    'YSUATBwAAAAVBCUCGAFuADUCGAR0YWdzFQIVBkw8AAAANQQYBGxpc3QVAgAVDCUCGAdlbGVtZW50JQBMHAAAADUCGAdwaWN0dXJl',
    'FQQAFQwlAhgFYnl0ZXMAFQwlAhgEcGF0aCUATBwAAAAWBBkcGVwmABwVDBklBgAZGAFhFQIWBBZOFlImCEkcFQAVABUCADwWDBkG',
    'GSYABAAAACYAHBUEGSUGABkYAW4VAhYEFlIWViZaSRwVABUAFQIAPCkGGSYABAAAACYAHBUMGSUGABk4BHRhZ3MEbGlzdAdlbGVt',
    'ZW50FQIWBhZUFlYmsAFJHBUAFQAVAgA8FgQZJgQCGUYAAgAEAAAAJgAcFQwZJQYAGSgHcGljdHVyZQVieXRlcxUCFgQWSBZMJoYC',
    'SRwVABUAFQIAPBYGGQYZNgAABAAAACYAHBUMGSUGABkoB3BpY3R1cmUEcGF0aBUCFgQWPhZCJtICSRwVABUAFQIAPBYCGQYZNgAC',
    'AgAAABb6AhYEJggWjAMAKCBwYXJxdWV0LWNwcC1hcnJvdyB2ZXJzaW9uIDI2LjAuMRlcHAAAHAAAHAAAHAAAHAAAANEBAABQQVIx',
  ].join(''),
  'base64',
);

describe('tables', () => {
  it('reads CSV with quotes, line ends inside them, CRLF and a byte order mark', async () => {
    const { rows } = await open({ 't.csv': '\ufeffa,b\r\n"x, ""y""\r\nz",1\r\n,2\r\n' }, '{ table: t.csv }');
    expect(rows).toEqual([{ a: 'x, "y"\r\nz', b: '1' }, { b: '2' }]);
  });

  it('reads tables without quotes and without header', async () => {
    const { rows } = await open(
      { 't.txt': 'LJ1|he said "no\nLJ2|"yes" he said\n' },
      '{ table: t.txt, format: csv, delimiter: "|", quote: false, columns: [id, a] }',
    );
    expect(rows?.map(r => r.a)).toEqual(['he said "no', '"yes" he said']);
  });

  it('reads JSON lines; lists stay lists', async () => {
    const { rows } = await open(
      { 't.jsonl': '{"a": ["x", "y"], "n": 1}\n\n{"a": "z", "n": null}\n' },
      '{ table: t.jsonl }',
    );
    expect(rows).toEqual([{ a: ['x', 'y'], n: 1 }, { a: 'z' }]);
  });

  it('reads Parquet, pictures as bytes', async () => {
    const { rows } = await open({ 't.parquet': parquet }, '{ table: t.parquet }');
    expect(rows).toEqual([
      { a: 'one', n: 1, tags: ['x', 'y'], picture: Uint8Array.of(1, 2) },
      { a: 'two', n: 2, picture: Uint8Array.of(3) },
    ]);
  });

  it('never crashes on a Parquet file with a byte changed', async () => {
    for (let i = 0; i < parquet.length; i += 7) {
      const bytes = Buffer.from(parquet);
      bytes[i] = (bytes[i] as number) ^ 0xff;
      const { rows, messages } = await open({ 't.parquet': bytes }, '{ table: t.parquet }');
      if (rows === undefined) expect(messages[0]).toMatch(/^(table-malformed|manifest-reference)/);
    }
  });

  it.each([
    ['a missing file', {}, '{ table: t.csv }', /^table-missing: there is no table at .*t\.csv$/],
    ['an empty file', { 't.csv': '' }, '{ table: t.csv }', /t\.csv: it is empty/],
    [
      'a row of another length',
      { 't.csv': 'a,b\n1,2\n3\n' },
      '{ table: t.csv }',
      /t\.csv, row 2: it has 1 cells, and there are 2/,
    ],
    ['an open quote', { 't.csv': 'a,b\n1,2\n"3,4\n' }, '{ table: t.csv }', /table-malformed: t\.csv/],
    ['a column twice', { 't.csv': 'a,a\n1,2\n' }, '{ table: t.csv }', /two columns are called a/],
    ['bytes that are no text', { 't.csv': Buffer.from([0xff, 0xfe, 0x41]) }, '{ table: t.csv }', /not UTF-8/],
    [
      'a line that is no JSON',
      { 't.jsonl': '{"a": "x"}\n{"a": \n' },
      '{ table: t.jsonl }',
      /t\.jsonl, row 2: it is not JSON$/,
    ],
    [
      'a line that is no object',
      { 't.jsonl': '[1]\n' },
      '{ table: t.jsonl }',
      /row 1: it is not a JSON object/,
    ],
    ['an object in a cell', { 't.jsonl': '{"a": {"b": 1}}\n' }, '{ table: t.jsonl }', /row 1: a is neither/],
    [
      'a Parquet file that is none',
      { 't.parquet': 'PAR1 no PAR1' },
      '{ table: t.parquet }',
      /table-malformed: t\.parquet/,
    ],
    [
      'a Parquet file cut off',
      { 't.parquet': parquet.subarray(0, 500) },
      '{ table: t.parquet }',
      /table-malformed: t\.parquet/,
    ],
  ])('names %s', async (_, files, source, message) => {
    const { rows, messages } = await open(files as Record<string, string>, source as string);
    expect(rows).toBeUndefined();
    expect(messages[0]).toMatch(message as RegExp);
  });

  it('says which package of icons is missing and what adds it', async () => {
    const { diagnostics } = await openDataset(
      parseManifest(
        'set',
        join(folder(), 'set.yaml'),
        'source: { icons: { styles: { x: "@iconify-json/not-there" }, labels: ../../etc } }\nfields: { a: { column: svg, as: image } }\nsplits: { all: {} }',
      ).value as never,
    );
    expect(diagnostics.map(d => [d.code, d.help])).toEqual([
      ['package-missing', 'npm i -D @iconify-json/not-there'],
      ['package-content', undefined],
    ]);
    expect(diagnostics[0]?.span).toMatchObject({ line: 1, column: 30 });
  });
});

const spec = batchSpec('train', 4, [imageField(4), textField(4)]);
const prepare = async (path: string, cacheFolder: string | false = false) =>
  openData({ specFile: join(path, 'x.mm'), cacheFolder }).prepare(spec);

describe('rows that cannot be used', () => {
  const spoil = async (skip: string) =>
    toys(files => {
      files['pictures/1.png'] = 'no picture';
      files['pictures/2.png'] = (files['pictures/2.png'] as Buffer).subarray(0, 40);
      files['toys.csv'] = (files['toys.csv'] as string).replace('3.png,colour 3', '3.png,');
      files['data/toys.yaml'] += `\nskip: ${skip}\n`;
    });

  it('stop the run past the stated share, each named with its row', async () => {
    const { value, diagnostics } = await prepare(await spoil('10%'));
    expect(value).toBeUndefined();
    expect(diagnostics[0]?.message).toBe(
      "toys.train: 3 rows of 9 can't be used (33.333 %; the manifest allows 10 %)",
    );
    expect(diagnostics[0]?.notes[0]).toMatch(
      /^toys\.csv row 2: picture: [\w./-]+ is not a picture that can be read/,
    );
    expect(diagnostics[0]?.notes[2]).toBe('toys.csv row 4: caption is missing');
  });

  it('are skipped and counted up to it', async () => {
    const { value, diagnostics } = await prepare(await spoil('40%'));
    expect(diagnostics.map(d => [d.code, d.severity])).toEqual([['rows-skipped', 'warning']]);
    expect(value?.rows).toBe(6);
    expect(value?.skipped.map(s => s.place)).toEqual(['toys.csv row 2', 'toys.csv row 3', 'toys.csv row 4']);
    expect(value?.places).toEqual([1, 5, 6, 7, 8, 9].map(n => `toys.csv row ${n}`));
    const picture = value?.columns.picture;
    // The second kept row is picture 4: (160, 80, 200).
    expect(picture?.kind === 'image' ? [...picture.rgba.subarray(256, 259)] : []).toEqual([160, 80, 200]);
  });

  it('stop it by default', async () => {
    const path = await toys(files => {
      files['pictures/1.png'] = 'no';
    });
    expect((await prepare(path)).diagnostics[0]?.code).toBe('rows-broken');
  });
});

describe('pictures', () => {
  const problemOf = async (change: (path: string) => void, cell: string): Promise<string> => {
    const path = await toys(files => {
      files['toys.csv'] = (files['toys.csv'] as string).replace('\n1.png', `\n${cell}`);
    });
    change(path);
    return (await prepare(path)).diagnostics[0]?.notes[0] ?? '';
  };
  const nothing = (): void => undefined;

  it('stay inside their folder', async () => {
    expect(await problemOf(nothing, '../toys.csv')).toMatch(/leads out of its folder$/);
    expect(await problemOf(nothing, '/etc/hostname')).toMatch(/is an absolute path$/);
    expect(await problemOf(p => symlinkSync('../toys.csv', join(p, 'pictures/l.png')), 'l.png')).toMatch(
      /is a link out of its folder$/,
    );
    expect(await problemOf(nothing, 'none.png')).toMatch(/none\.png does not exist$/);
    expect(await problemOf(p => writeFileSync(join(p, 'pictures/e.png'), ''), 'e.png')).toMatch(/is empty$/);
  });

  it('are refused where they would unfold to too many pixels', async () => {
    const huge = '<svg xmlns="http://www.w3.org/2000/svg" width="30000" height="30000"/>';
    expect(await problemOf(p => writeFileSync(join(p, 'pictures/h.svg'), huge), 'h.svg')).toMatch(
      /is not a picture that can be read/,
    );
  });

  it('keep their aspect ratio, centred on transparent', async () => {
    const path = await toys();
    writeFileSync(join(path, 'pictures/0.png'), await png(255, 0, 0, 1, 16, 8));
    const picture = (await prepare(path)).value?.columns.picture;
    if (picture?.kind !== 'image') throw new Error('no picture');
    const alpha = Array.from({ length: 8 }, (_, y) => picture.rgba[(y * 8 + 4) * 4 + 3]);
    expect(alpha).toEqual([0, 0, 255, 255, 255, 255, 0, 0]);
  });

  it('are read from the cache, and made again where it is corrupt', async () => {
    const path = await toys();
    const cache = join(path, 'cache');
    const rgba = async () => {
      const column = (await prepare(path, cache)).value?.columns.picture;
      return column?.kind === 'image' ? Buffer.from(column.rgba).toString('hex') : '';
    };
    const first = await rgba();
    const [file, more] = readdirSync(cache);
    expect(more).toBeUndefined();
    const kept = join(cache, file as string);
    const whole = readFileSync(kept);
    expect(await rgba()).toBe(first);
    const flipped = Buffer.from(whole);
    flipped[whole.length - 5] = (flipped[whole.length - 5] as number) ^ 1;
    for (const broken of [flipped, whole.subarray(0, 100), Buffer.from('{}\n'), Buffer.alloc(0)]) {
      writeFileSync(kept, broken);
      expect(await rgba()).toBe(first);
      expect(readFileSync(kept).equals(whole)).toBe(true);
    }
    writeFileSync(join(path, 'pictures/0.png'), await png(1, 2, 3));
    expect(await rgba()).not.toBe(first);
    truncateSync(kept, 10);
    chmodSync(cache, 0o500);
    expect(await rgba()).not.toBe('');
    chmodSync(cache, 0o700);
  });
});
