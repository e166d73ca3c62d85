import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { findManifest, parseManifest, readManifest } from '../../src/data/index.ts';
import { folder } from './specs.ts';

const good = `source: { table: a.csv }
fields:
  caption: { template: "{label}: {tags}", as: text }
splits:
  train: {}
`;

/** The diagnostics of a manifest as `line:column code message`, with their help. */
function check(text: string): string[] {
  return parseManifest('set', 'set.yaml', text).diagnostics.map(
    d =>
      `${d.span?.line}:${d.span?.column} ${d.code} ${d.message}${d.help === undefined ? '' : ` | ${d.help}`}`,
  );
}

describe('reading a manifest', () => {
  it('takes a good one', () => {
    const { value, diagnostics } = parseManifest('set', '/x/set.yaml', good);
    expect(diagnostics).toEqual([]);
    expect(value?.source).toMatchObject({ kind: 'table', file: '/x/a.csv', format: 'csv', folder: '/x' });
    expect(value?.fields.get('caption')?.from).toEqual({
      template: [{ column: 'label' }, { literal: ': ' }, { column: 'tags' }],
    });
    expect(value?.skip).toBe(0);
  });

  it('points at an unknown key and says the nearest known one', () => {
    expect(check(good.replace('as: text', 'as: text, lowercas: true'))).toEqual([
      '3:53 manifest-key fields.caption has no key lowercas | did you mean lowercase?',
    ]);
    expect(check(good.replace('splits:', 'split:'))).toEqual([
      '1:1 manifest-value a manifest lacks the key splits',
      '4:1 manifest-key a manifest has no key split | did you mean splits?',
    ]);
  });

  it('reports every mistake in one go', () => {
    const text = `source: { table: a.csv, icons: { styles: { a: b }, labels: c } }
fields:
  caption: { as: txt }
splits:
  train: { less: validaton }
  validation: { less: train, share: { of: id, from: 2 } }
skip: 5 percent
`;
    expect(check(text)).toEqual([
      '3:14 manifest-value fields.caption.as must be one of image, text, audio, video, label, number, tags, numbers, place (did you mean text?)',
      '6:30 manifest-value splits.validation.share must be of the form { of: COLUMN, from: 0.2, to: 0.8 } with numbers from 0 to 1, or a list of these',
      '7:1 manifest-value skip must be a share of the rows such as 1% or 0.01',
    ]);
    const second = text.replace('as: txt', 'as: text').replace('from: 2', 'from: 1').replace(' percent', '%');
    expect(check(second)).toEqual([
      '1:1 manifest-value source names either a table or icons',
      '3:3 manifest-value fields.caption has either a column or a template',
      '5:12 manifest-reference there is no split validaton | did you mean validation?',
      '6:30 manifest-value splits.validation.share is empty: from 1 to 1',
    ]);
  });

  it('refuses splits that leave each other out in a circle', () => {
    const text = good.replace('train: {}', 'a: { less: b }\n  b: { less: a }');
    expect(check(text)).toEqual(['5:8 splits-cycle splits leave each other out in a circle: a → b → a']);
  });

  it.each([
    ['', 'manifest-value'],
    ['[1, 2', 'manifest-syntax'],
    ['a: b: c', 'manifest-syntax'],
    ['\0\x01\x02', 'manifest-syntax'],
    ['a: 1\na: 2', 'manifest-syntax'],
    ['x: &a [*a]\n', 'manifest-key'],
    ['&a [1]\n', 'manifest-value'],
    ['source: 3\nfields: 4\nsplits: []', 'manifest-value'],
  ])('gives a diagnostic for %j', (text, code) => {
    const { value, diagnostics } = parseManifest('set', 'set.yaml', text);
    expect(value).toBeUndefined();
    expect(diagnostics.map(d => d.code)).toContain(code);
  });

  it('refuses one that is nested without end', () => {
    expect(check('['.repeat(20_000))).toEqual([
      expect.stringMatching(/manifest-syntax this is not YAML: it is nested too deep/),
    ]);
  });

  it('says what an empty one should hold', () => {
    expect(check('')[0]).toMatch(/source:.*fields:.*splits:/);
  });

  it('says the first mistake of a line of YAML, and not its echoes', () => {
    expect(check('a: [b: }{\n- x').length).toBeLessThan(3);
  });

  it('refuses what is not text', () => {
    const path = folder({ 'bytes.yaml': '' });
    writeFileSync(join(path, 'bytes.yaml'), Buffer.from(good.replace('label', 'l\u00e4bel'), 'latin1'));
    expect(readManifest('bytes', join(path, 'bytes.yaml')).diagnostics[0]?.message).toMatch(/binary data/);
  });

  it('does not unfold a bomb of aliases', () => {
    let text = 'a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n';
    for (let i = 1; i < 12; i++) text += `a${i}: &a${i} [${`*a${i - 1}, `.repeat(10)}]\n`;
    expect(check(text)[0]).toMatch(/manifest-syntax/);
  });

  it('refuses a file that is too large or is not there', () => {
    const path = folder({ 'big.yaml': 'x'.repeat(2 << 20) });
    expect(readManifest('big', join(path, 'big.yaml')).diagnostics[0]?.code).toBe('too-large');
    expect(readManifest('none', join(path, 'none.yaml')).diagnostics[0]?.message).toMatch(/does not exist/);
    expect(readManifest('folder', path).diagnostics[0]?.message).toMatch(/folder/);
  });
});

describe('finding a manifest', () => {
  const files = {
    'a/b/x.mm': '',
    'a/data/toys.yaml': good,
    'other/mine.yaml': good,
    'bad/mm.yaml': 'data: 3',
    'bad/x.mm': '',
  };

  it('looks beside the spec and above it', () => {
    const path = folder(files);
    const found = findManifest('toys', { specFile: join(path, 'a/b/x.mm') });
    expect(found.value).toEqual({ file: join(path, 'a/data/toys.yaml'), because: 'beside the spec' });
  });

  it('does what mm.yaml says, and what the option says before it', () => {
    const path = folder({ ...files, 'a/mm.yaml': 'data: { toys: ../other/mine.yaml }' });
    const specFile = join(path, 'a/b/x.mm');
    expect(findManifest('toys', { specFile }).value?.file).toBe(join(path, 'other/mine.yaml'));
    const overrides = new Map([['toys', join(path, 'a/data/toys.yaml')]]);
    expect(findManifest('toys', { specFile, overrides }).value?.because).toBe('option');
  });

  it('names every place where a missing one could have been', () => {
    const path = folder({ ...files, 'mm.yaml': '' });
    const { diagnostics } = findManifest('birds', { specFile: join(path, 'a/b/x.mm') });
    expect(diagnostics[0]?.code).toBe('manifest-missing');
    expect(diagnostics[0]?.notes.join('\n')).toContain(`  ${join(path, 'mm.yaml')} (it has no data.birds)`);
    expect(diagnostics[0]?.notes.join('\n')).toContain(`  ${join(path, 'a/b/data/birds.yaml')}`);
    expect(diagnostics[0]?.help).toContain('--data birds=PATH');
  });

  it('says what is wrong with mm.yaml', () => {
    const path = folder(files);
    expect(findManifest('toys', { specFile: join(path, 'bad/x.mm') }).diagnostics[0]?.message).toBe(
      'mm.yaml: data is not a map',
    );
  });
});
