// Locks written and read back, and what is said of those that aren't what `mm lock` wrote.

import { describe, expect, test } from 'vitest';
import { readLock } from '../../src/versioning/lock-read.ts';
import { lockText } from '../../src/versioning/lock-text.ts';
import { folded, spread } from '../../src/versioning/ranges.ts';
import { lockOfFile } from './locks.ts';

const codes = (text: string) => readLock('a.lock', text).diagnostics.map(d => d.code);

test.each(['emoji.mm', 'clip.mm', 'resnet.mm', 'moco.mm'])(
  '%s comes back as it was, and twice the same',
  file => {
    const lock = lockOfFile(file);
    const text = lockText(lock);
    expect(readLock('a.lock', text)).toEqual({ value: lock, diagnostics: [] });
    expect(lockText(lockOfFile(file))).toBe(text);
    expect(readLock('a.lock', text.replaceAll('\n', '\r\n')).value).toEqual(lock);
  },
);

test('layers that are alike are one entry', () => {
  const said = (path: string, value: number) => ({ path, value });
  const list = [
    said('a', 1),
    ...[0, 1, 2].flatMap(n => [
      said(`a.layers.${n}`, 2),
      ...[0, 1].map(m => said(`a.layers.${n}.steps.${m}.w`, 3)),
      said(`a.layers.${n}.b`, 4),
    ]),
    said('a.layers.3.b', 4),
  ];
  const short = folded(list, (a, b) => a === b);
  expect(short).toHaveLength(3);
  expect(short[1]).toMatchObject({ kind: 'layers', prefix: 'a.layers', from: 0, to: 2 });
  expect(spread(short)).toEqual(list);
});

describe('what is no lock', () => {
  const text = lockText(lockOfFile('emoji.mm'));
  test.each([
    ['cut off', text.slice(0, text.length / 2), 'lock-unreadable'],
    ['edited', text.replace('f32[128, 128] = normal', 'f32[128, 64] = normal'), 'lock-edited'],
    ['a comment added', text.replace('models:', 'models: # ours'), 'lock-edited'],
    ['of another form', text.replace('lock: 1', 'lock: 2'), 'lock-of-another-form'],
    ['empty', '', 'lock-unreadable'],
    ['binary', '\0\u0001', 'lock-unreadable'],
    ['something else', 'source: { table: a.csv }', 'lock-unreadable'],
    [
      'a key that there is not',
      text.replace('    model: Emoji', '    model: Emoji\n    colour: red'),
      'lock-unreadable',
    ],
    ['nested deep', `lock: 1\nmodels: ${'['.repeat(100_000)}`, 'lock-unreadable'],
    ['a bomb of aliases', 'a: &a [x, x]\nb: &b [*a, *a]\nlock: [*b, *b]', 'lock-unreadable'],
  ])('%s', (_, broken, code) => expect(codes(broken)).toEqual([code]));
});
