// A share of `npm run fuzz`: made-up and mutated texts are answered with a value or with diagnostics, and what is
// built to exhaust the checker is refused in time.

import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { openInputs } from '../../bench/fuzz/corpus.ts';
import { drawOf } from '../../bench/fuzz/draw.ts';
import { inputOf } from '../../bench/fuzz/mutate.ts';
import { type Survived, survive } from '../../bench/fuzz/survive.ts';
import { check } from '../../src/compile.ts';

const { corpus, read } = openInputs(join(import.meta.dirname, '../..'));

test('six hundred inputs', async () => {
  const reached = new Map<string, number>();
  for (let i = 0; i < 600; i++) {
    // The test runner is answered in between.
    if (i % 20 === 0) await new Promise(resolve => setImmediate(resolve));
    const draw = drawOf(20261124, i);
    const { kind, text } = inputOf(corpus, draw);
    const found = survive(text, read, draw.chance(0.1));
    expect(found.fault, `input ${i}:\n${text}`).toBeUndefined();
    expect(found.milliseconds, `input ${i}`).toBeLessThan(30_000);
    for (const key of [kind, found.reached]) reached.set(key, (reached.get(key) ?? 0) + 1);
  }
  // Every way in and every way out is met.
  for (const key of ['bytes', 'words', 'trees', 'grammar', 'refused', 'read', 'right'])
    expect(reached.get(key), key).toBeGreaterThan(20);
}, 240_000);

test('an input is made from its number alone', () => {
  const again = (): string => inputOf(corpus, drawOf(7, 42)).text;
  expect(again()).toBe(again());
});

const deep = (open: string, inner: string, close: string): string =>
  `block f(x: float[N..., D]) -> float[N..., D] {\n  return ${open.repeat(10_000)}${inner}${close.repeat(10_000)}\n}\n`;
const lines = (n: number, line: (i: number) => string): string =>
  Array.from({ length: n }, (_, i) => line(i)).join('\n');
const body = (statements: string): string =>
  `block f(x: float[N..., T, D], n: int, m: int) {\n${statements}\n  return x\n}\n`;

describe('is refused in time', () => {
  test.each<readonly [string, string, string]>([
    ['parentheses', deep('(', 'x', ')'), 'nested-too-deep'],
    ['calls', deep('relu(', 'x', ')'), 'nested-too-deep'],
    ['lists', deep('[', 'x', ']'), 'nested-too-deep'],
    ['records', deep('{ a: ', 'x', ' }'), 'nested-too-deep'],
    ['indices', deep('x[', '0', ']'), 'nested-too-deep'],
    ['signs', deep('-', 'x', ''), 'chain-too-long'],
    ['sums', deep('x + ', 'x', ''), 'chain-too-long'],
    ['pipes', deep('', 'x', ' |> relu()'), 'chain-too-long'],
    ['choices', deep('x when true else ', 'x', ''), 'chain-too-long'],
    [
      'bodies',
      `block f(x: int) {\n${'repeat 2 {\n'.repeat(10_000)}${'}\n'.repeat(10_000)}}`,
      'nested-too-deep',
    ],
    [
      'conditions',
      `block f(x: int) {\n${lines(10_000, i => `${i > 0 ? 'else ' : ''}if x == ${i} { return x }`)}\n}`,
      'chain-too-long',
    ],
    [
      'types',
      `block f(x: ${'{ a: '.repeat(10_000)}int${' }'.repeat(10_000)}) { return x }`,
      'nested-too-deep',
    ],
    [
      'powers of sums of dims',
      body(lines(60, i => `let a${i} = ${i === 0 ? '(T + D + n + m + 1)' : `a${i - 1} * a${i - 1}`}`)),
      'too-large',
    ],
    [
      'quotients of products of dims',
      body(
        lines(60, i => `let a${i} = ${i === 0 ? 'T + D' : `(a${i - 1} * (a${i - 1} + n)) // (m + ${i})`}`),
      ),
      'too-large',
    ],
  ])('%s', (_, text, code) => {
    const started = performance.now();
    const found: Survived = survive(text, read, false);
    expect(found.fault).toBeUndefined();
    expect(check(text, 'spec.mm', read).diagnostics.map(d => d.code)).toContain(code);
    expect(performance.now() - started).toBeLessThan(10_000);
  });
});
