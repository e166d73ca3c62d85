// `mm diff`: what it compares, what it prints, and what it says of what can't be compared.

import { existsSync, readFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { code as cell } from '../../src/cli/diff-markdown.ts';
import { kindsHome, kindsSpec } from '../train/kinds.ts';
import { type Folder, folder, mm, spec } from './versioned.ts';

let at: Folder;
let old: string;
let now: string;
const deeper = spec
  .replace('depth: int = 2', 'depth: int = 3')
  .replace('1.0.0', '1.1.0')
  .replace('batch 8', 'batch 16');
beforeEach(() => {
  at = folder();
  old = at.write('old.mm', spec);
  now = at.write('now.mm', deeper);
});
afterEach(() => at.remove());

interface Told {
  readonly verdict: string;
  readonly version: object;
  readonly changes: readonly { kind: string; path: string; from: string; to: string; line: number | null }[];
  readonly weights: readonly { path: string; verdict: string; from: object | null; to: object | null }[];
}
const json = async (...args: readonly string[]): Promise<Told> =>
  JSON.parse((await mm('diff', '--json', ...args)).out) as Told;

describe('what is printed', () => {
  test('text for people, by group', async () => {
    const { code, out, err } = await mm('diff', old, now);
    expect([code, err]).toEqual([0, '']);
    expect(out).toMatch(/^partial: some weights have no old one to come from/);
    expect(out).toContain(
      '\ncalls for a major version: the new one is 1.1.0, which has to be 2.0.0 or higher\n',
    );
    expect(out).toContain('\n  parts\n    ~ read.transformer depth: 2 → 3\n');
    expect(out).toMatch(/\n {2}weights: 37 identical, 16 fresh\n {4}\+ read\.transformer\.layers\.2\./);
    expect(out).toContain(
      '    ~ tune minimize kinds: 1 × texts.train, batch 8 → 1 × texts.train, batch 16\n',
    );
    expect((await mm('diff', old, old)).out).toBe(
      'identical: nothing changed for checkpoints or callers\ncalls for no new version\n',
    );
  });

  test('JSON: exactly verdict, version, changes with lines of the new spec, weights', async () => {
    const told = await json(old, now);
    expect(Object.keys(told)).toEqual(['verdict', 'version', 'changes', 'weights']);
    expect(told).toMatchObject({
      verdict: 'partial',
      version: { from: '1.0.0', to: '1.1.0', calls: 'major' },
    });
    const lines = deeper.split('\n');
    const lineOf = (path: string): string =>
      lines[(told.changes.find(c => c.path === path)?.line ?? 0) - 1]?.trim() ?? '';
    for (const c of told.changes) expect(Object.keys(c)).toEqual(['kind', 'path', 'from', 'to', 'line']);
    expect(lineOf('version')).toMatch(/^model Kinds/);
    expect(lineOf('read.transformer depth')).toMatch(/^\|> transformer/);
    expect(lineOf('read.transformer.layers.2.norm1.scale')).toMatch(/^\|> transformer/);
    expect(lineOf('tune minimize kinds')).toMatch(/^stage tune/);
    expect(told.weights.find(w => w.verdict === 'fresh')).toMatchObject({ from: null });
    expect(told.weights.find(w => w.path === 'scores.out.weight')).toEqual({
      path: 'scores.out.weight',
      verdict: 'identical',
      from: { path: 'scores.out.weight', type: 'f32[8, 3]' },
      to: { path: 'scores.out.weight', type: 'f32[8, 3]' },
    });
    await mm('lock', now);
    expect((await json(old, `${now}.lock`)).changes.map(c => c.line)).toEqual(told.changes.map(() => null));
  });

  test('Markdown for a pull request', async () => {
    const { code, out } = await mm('diff', old, now, '--markdown');
    expect(code).toBe(0);
    expect(out).toMatch(/^### `.*now\.mm`: partial\n/);
    expect(out).toContain('| ~ | `read.transformer depth` | `2` | `3` |\n');
    expect(out).toContain('<details><summary>weights: 37 identical, 16 fresh</summary>');
  });

  test('a cell of Markdown holds any text', () => {
    expect(cell('a|`b` <img>')).toBe('``a\\|`b` <img>``');
    expect(cell('`a')).toBe('`` `a ``');
    expect(cell('a\n# b')).toBe('`a # b`');
  });

  test('a page with both graphs, changes coloured, and nothing from outside', async () => {
    const page = `${at.path}/diff.html`;
    const { out } = await mm('diff', old, now, '--html', page);
    expect(out).toMatch(/\n\npage: .*diff\.html\n$/);
    const html = readFileSync(page, 'utf8');
    const svgs = [...html.matchAll(/data:image\/svg\+xml;base64,([^"]+)/g)].map(m =>
      Buffer.from(m[1]!, 'base64').toString('utf8'),
    );
    expect(svgs).toHaveLength(2);
    for (const svg of svgs) expect(svg).toMatch(/<rect class="[a-z0-9]+ changed"/);
    expect(svgs.join()).not.toMatch(/class="[a-z0-9]+ (added|gone)"/);
    expect(html.replaceAll('http://www.w3.org/2000/svg', '')).not.toMatch(/https?:\/\/|<script/);
    expect(html).toContain('<td>read.transformer depth</td><td>2</td><td>3</td>');
  });

  test('parts that were added and that are gone have colours of their own', async () => {
    const normed = at.write('normed.mm', spec.replace('        |> mean', '        |> layer_norm() |> mean'));
    const page = `${at.path}/diff.html`;
    for (const [a, b, place, mark] of [
      [old, normed, 1, 'added'],
      [normed, old, 0, 'gone'],
    ] as const) {
      await mm('diff', a, b, '--html', page);
      const svgs = [...readFileSync(page, 'utf8').matchAll(/base64,([^"]+)/g)].map(m =>
        Buffer.from(m[1]!, 'base64').toString('utf8'),
      );
      expect(svgs[place]).toContain(`<rect class="part ${mark}"`);
      expect(svgs[1 - place]).not.toMatch(/class="part (added|gone)"/);
    }
  });

  test('--require sets the exit code', async () => {
    const code = async (verdict: string): Promise<number> =>
      (await mm('diff', old, now, '--require', verdict)).code;
    expect([await code('loads'), await code('partial'), await code('changes-meaning')]).toEqual([1, 0, 0]);
    expect((await mm('diff', old, now, '--require', 'fine')).code).toBe(2);
  });

  test('an activation that no part names is told by its export', async () => {
    const relu = at.write('relu.mm', spec.replace('|> mean(axis: -2)', '|> mean(axis: -2) |> relu'));
    const told = await json(old, relu);
    expect(told.verdict).toBe('changes meaning');
    expect(told.changes).toEqual([
      expect.objectContaining({ kind: 'stage', path: 'tune what it minimizes', line: 16 }),
      expect.objectContaining({ kind: 'export', path: 'kind computes', line: 23 }),
    ]);
  });
});

describe('several models', () => {
  const variants = (text: string): string => `${text}\nvariant Wide = Kinds(width: 16)\n`;

  test('variants are compared by name, and what all tell is told once', async () => {
    at.write('old.mm', variants(spec));
    at.write('now.mm', variants(deeper));
    const { out } = await mm('diff', old, now);
    expect(out).toMatch(/\nWide \(partial\)\n {2}weights: /);
    expect(out).toMatch(/\d+ changes as told above/);
    const told = await json(old, now);
    expect(told.changes.filter(c => c.path.includes('transformer depth'))).toHaveLength(1);
    expect(told.changes.some(c => c.path.startsWith('Wide: read.transformer.layers.2.'))).toBe(true);
    expect((await json(old, now, '--variant', 'Wide')).weights[0]?.path).toMatch(/^read/);
  });

  test('the worst counts; what is gone or new is told', async () => {
    at.write('old.mm', variants(spec));
    at.write('now.mm', spec);
    expect((await mm('diff', old, now)).out).toMatch(
      /^incompatible[\s\S]*\nWide \(incompatible\)\n[\s\S]*- Wide: Kinds 1\.0\.0/,
    );
    expect(await json(now, old)).toMatchObject({ verdict: 'loads', version: { calls: 'minor' } });
    at.write('now.mm', variants(spec).replace('width: 16', 'width: 32'));
    expect(await json(old, now)).toMatchObject({ verdict: 'incompatible', version: { calls: 'major' } });
    at.write('now.mm', spec.replace('model Kinds', 'model Sorts'));
    expect((await mm('diff', old, now, '--variant', 'Wide')).err).toContain(
      'now.mm has no model or variant Wide',
    );
    at.write('old.mm', spec);
    expect(await json(old, now)).toMatchObject({
      verdict: 'identical',
      changes: [{ kind: 'model', path: 'name', from: 'Kinds', to: 'Sorts', line: 2 }],
    });
  });
});

describe('git', () => {
  beforeEach(() => {
    at.write('specs/parts.mm', 'block last(x: float[N..., D]) -> float[N..., D] { return gelu(x) }\n');
    at.write(
      'specs/a.mm',
      `use "parts.mm" as Parts\n\n${spec.replace('|> mean(axis: -2)', '|> mean(axis: -2) |> Parts.last()')}`,
    );
    at.git('init', '-q', '-b', 'main');
    at.git('add', '.');
    at.git('commit', '-qm', 'first');
    process.chdir(at.path);
  });
  const home = process.cwd();
  afterEach(() => process.chdir(home));

  test('a revision is read with the files that it uses', async () => {
    at.write('specs/parts.mm', 'block last(x: float[N..., D]) -> float[N..., D] { return relu(x) }\n');
    for (const [from, to] of [
      ['main:specs/a.mm', 'specs/a.mm'],
      ['HEAD:./specs/a.mm', 'specs/a.mm'],
    ] as const)
      expect(await json(from, to)).toMatchObject({ verdict: 'changes meaning' });
    expect((await json('main:specs/a.mm', 'HEAD:specs/a.mm')).verdict).toBe('identical');
    process.chdir(`${at.path}/specs`);
    expect(await json('main:./a.mm', 'a.mm')).toMatchObject({ verdict: 'changes meaning' });
    expect((await mm('diff', 'main:a.mm', 'a.mm')).err).toContain(
      "a path after a revision is from the repository's root",
    );
  });

  test('a lock of a revision', async () => {
    await mm('lock', 'specs/a.mm');
    at.git('add', '.');
    at.git('commit', '-qm', 'lock');
    expect((await json('HEAD:specs/a.mm.lock', 'specs/a.mm')).verdict).toBe('identical');
  });

  test.each([
    ['mian:specs/a.mm', 'unknown-revision'],
    ['main:specs/b.mm', 'not-in-revision'],
    ['main:specs', 'not-in-revision'],
    ['--exec=x:specs/a.mm', 'unknown-revision'],
    ['$(touch x):a.mm', 'unknown-revision'],
    ['nothing.mm', 'spec-not-found'],
    ['nothing', 'nothing-to-compare'],
    ['specs', 'not-a-run'],
    ['x'.repeat(5000), 'nothing-to-compare'],
  ])('%s', async (side, code) => {
    const { code: ended, err } = await mm('diff', '--', side, 'specs/a.mm');
    expect([ended, err]).toEqual([1, expect.stringContaining(`error[${code}]`)]);
    expect(existsSync('x')).toBe(false);
  });
});

test('a run and a checkpoint: the one model that they are of', async () => {
  const kinds = kindsHome();
  const { run } = await kinds.go();
  const twice = at.write('kinds.mm', `${kindsSpec}\nvariant Other = Kinds()\n`);
  for (const side of [run, `${run}/stages/tune/checkpoints/last.safetensors`]) {
    const told = await json(side, twice);
    expect(['identical', 'loads']).toContain(told.verdict);
    expect(told.weights.length).toBeGreaterThan(0);
    expect(told.weights.every(w => w.verdict === 'identical')).toBe(true);
    expect((await mm('diff', side, old)).code).toBe(0);
  }
  const broken = at.write('broken.safetensors', 'no header');
  expect((await mm('diff', broken, old)).err).toContain('error[broken-file]');
});

test('mistakes of both sides are shown, each with its file', async () => {
  at.write('old.mm', spec.replace('linear(read', 'linaer(read'));
  at.write('now.mm', spec.replace('argmax(scores', 'argmaks(scores'));
  const { code, err } = await mm('diff', old, now);
  expect(code).toBe(1);
  expect(err).toMatch(/old\.mm:12:\d+[\s\S]*now\.mm:23:\d+/);
  const lock = at.write('now.mm.lock', 'lock: 1\nmodels: {}\n');
  expect((await mm('diff', '--json', lock, lock)).out).toContain('"code":"lock-unreadable"');
});
