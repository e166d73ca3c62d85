// `mm fmt` on files: what is written, with which permissions, what is said, and what is left alone.
import {
  chmodSync,
  lstatSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { firstDifference } from '../../src/cli/first-difference.ts';
import { main } from '../../src/cli/main.ts';
import { channel } from '../../src/cli/output.ts';

async function fmt(...args: readonly string[]) {
  const text = { out: [] as string[], err: [] as string[] };
  const plain = { color: false, terminal: false };
  const code = await main(['fmt', ...args], {
    out: channel(t => void text.out.push(t), plain),
    err: channel(t => void text.err.push(t), plain),
  });
  return { code, out: text.out.join(''), err: text.err.join('') };
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mm-fmt-'));
});
afterEach(() => rmSync(folder, { recursive: true }));

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}

const loose = 'block f(x: float) -> float {\n  // why\n  return (x+ 1)\n}\n';
const neat = 'block f(x: float) -> float {\n  // why\n  return x + 1\n}\n';
const broken = 'block f(x: float) -> float {\n  retrun x\n}\n';

test('writes what changes and keeps its permissions', async () => {
  const path = file('a.mm', loose);
  chmodSync(path, 0o640);
  expect(await fmt(path)).toEqual({ code: 0, out: `formatted ${path}\n`, err: '' });
  expect(readFileSync(path, 'utf8')).toBe(neat);
  expect(statSync(path).mode & 0o777).toBe(0o640);
  expect(readdirSync(folder)).toEqual(['a.mm']);
});

test('leaves a formatted file as it is, to its time', async () => {
  const path = file('a.mm', neat);
  utimesSync(path, 1000, 1000);
  expect(await fmt(path)).toEqual({ code: 0, out: '1 file was formatted already\n', err: '' });
  expect(statSync(path).mtimeMs).toBe(1_000_000);
});

test('formats what a link points to', async () => {
  const path = file('a.mm', loose);
  const link = join(folder, 'b.mm');
  symlinkSync('a.mm', link);
  expect((await fmt(link)).code).toBe(0);
  expect(lstatSync(link).isSymbolicLink()).toBe(true);
  expect(readFileSync(path, 'utf8')).toBe(neat);
});

test('--check writes nothing, shows where a file would change, and fails', async () => {
  const [a, b] = [file('a.mm', loose), file('b.mm', neat)];
  const { code, out, err } = await fmt('--check', a, b);
  expect([code, err]).toEqual([1, '']);
  expect(out).toBe(
    `${a}:3 would change\n-   return (x+ 1)\n+   return x + 1\n1 file was formatted already\n`,
  );
  expect(readFileSync(a, 'utf8')).toBe(loose);
  expect((await fmt('--check', b)).code).toBe(0);
});

test('a file with syntax errors is shown and not touched; the others are formatted', async () => {
  const [a, b] = [file('a.mm', broken), file('b.mm', loose)];
  const { code, out, err } = await fmt(a, b, join(folder, 'none.mm'));
  expect(code).toBe(1);
  expect(out).toBe(`formatted ${b}\n`);
  expect(err).toContain('a.mm:2:3');
  expect(err).toContain('there is no file');
  expect(readFileSync(a, 'utf8')).toBe(broken);
});

test('--json holds every file', async () => {
  const [a, b, c] = [file('a.mm', loose), file('b.mm', neat), file('c.mm', broken)];
  const { code, out, err } = await fmt('--check', '--json', a, b, c);
  expect([code, err]).toEqual([1, '']);
  expect(JSON.parse(out)).toMatchObject([
    { file: a, changed: true, difference: { line: 3, old: ['  return (x+ 1)'] }, errors: [] },
    { file: b, changed: false, difference: null, errors: [] },
    { file: c, changed: false, errors: [{ line: 2 }] },
  ]);
});

/** As a user who isn't root, who may write anything. */
async function unprivileged<T>(action: () => Promise<T>): Promise<T> {
  if (process.getuid?.() !== 0) return action();
  chmodSync(folder, 0o755);
  // The run's own folder of temporary files (test/temporary.ts), never the machine's.
  if (tmpdir().includes('mmlang-test-')) chmodSync(tmpdir(), 0o755);
  process.seteuid?.(65_534);
  try {
    return await action();
  } finally {
    process.seteuid?.(0);
  }
}

test('a file that may not be written is said so and kept', async () => {
  const path = file('a.mm', loose);
  chmodSync(path, 0o444);
  const { code, err } = await unprivileged(() => fmt(path));
  expect([code, readFileSync(path, 'utf8')]).toEqual([1, loose]);
  expect(err).toContain('permission is denied');
});

test('a name as long as names can be is no hindrance', async () => {
  const path = file(`${'a'.repeat(252)}.mm`, loose);
  expect((await fmt(path)).code).toBe(0);
  expect(readFileSync(path, 'utf8')).not.toBe(loose);
});

describe('the first difference', () => {
  test.each([
    ['a\nb\nc', 'a\nx\ny\nc', { line: 2, old: ['b'], new: ['x', 'y'] }],
    ['a\nb\nc', 'a\nc', { line: 2, old: ['b'], new: [] }],
    ['a\nc', 'a\nb\nc', { line: 2, old: [], new: ['b'] }],
    ['a', 'a\n', { line: 2, old: [], new: [''] }],
    ['a\n', 'a\n', undefined],
  ])('of %j and %j', (before, after, difference) => {
    expect(firstDifference(before, after)).toEqual(difference);
  });
});
