// only(x, mask) drops on purpose what padding drops by itself: it counts nowhere, whatever stands there.

import { expect, test } from 'vitest';
import type { HostTensor } from '../../../src/base/tensor.ts';
import { type ProbeInput, probe, run } from './probe.ts';

const inputs: Readonly<Record<string, ProbeInput>> = {
  x: { shape: [2, 3] },
  c: { shape: [2, 3], of: 2 },
};

const chosen = [1, 0, 1, 0, 0, 1];

/** What a body gives for x = 1 … 6, with `dropped` where c is 0. */
function given(body: string, dropped?: number): readonly number[] {
  const p = probe(`block probe(x: float[B, T], c: index(V)[B, T]) {\n  ${body}\n}\n`, inputs);
  const x = chosen.map((c, i) => (c === 1 || dropped === undefined ? i + 1 : dropped));
  const feeds = new Map<string, HostTensor>([
    ['x', { dtype: 'f32', shape: [2, 3], data: Float32Array.from(x) }],
    ['c', { dtype: 'i32', shape: [2, 3], data: Int32Array.from(chosen) }],
  ]);
  return [...(run(p, feeds).get('out')?.data ?? [])];
}

const mask = 'let m = c == iota(2)[1]\n  ';

test.each([
  ['the mean', `${mask}return mean(only(x, m))`, [(1 + 3 + 6) / 3]],
  ['along an axis', `${mask}return mean(only(x, m), axis: -1)`, [2, 6]],
  ['how many there are', `${mask}return count(only(x, m), axis: -1) + 0 * x[:, 0]`, [2, 1]],
  ['the largest', `${mask}return max(only(-x, m), axis: -1)`, [-1, -6]],
  ['narrowed twice', `${mask}return mean(only(only(x, m), x > 2))`, [4.5]],
  ['nothing left', `${mask}return mean(only(x, m and not m))`, [0]],
  [
    'rows by a mask of their own',
    `return mean(only(x, sum(to_float(c == iota(2)[1]), axis: -1) > 1.5))`,
    [2],
  ],
] as const)('%s', (_, body, expected) => {
  const found = given(body);
  expect(found.length).toBe(expected.length);
  for (const [i, v] of expected.entries()) expect(found[i]).toBeCloseTo(v, 6);
});

test.each([Number.NaN, Number.POSITIVE_INFINITY, -1e30])('%d in what is dropped changes nothing', dropped => {
  for (const body of ['return mean(only(x, m), axis: -1)', 'return sum(softmax(only(x, m)) * x, axis: -1)'])
    expect(given(`${mask}${body}`, dropped)).toEqual(given(`${mask}${body}`));
});

test('a mask over other axes is refused', () => {
  expect(() => given(`${mask}return only(x, m[:, :2])`)).toThrow(
    'mask of only must be a mask over the first axes',
  );
});
