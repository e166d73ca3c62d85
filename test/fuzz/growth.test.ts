// Checking takes time in proportion to the size of a spec.

import { expect, test } from 'vitest';
import { exponentOf, repeated, timed, writtenOut } from '../../bench/check.ts';

const nothing = () => undefined;

test('a spec of four times the layers takes some four times as long', async () => {
  // What runs first is slow.
  timed('warm', writtenOut(24), 'spec.mm', nothing, 3);
  const curve = [];
  for (const n of [24, 48, 96, 192]) {
    await new Promise(resolve => setImmediate(resolve));
    curve.push(timed(`${n}`, writtenOut(n), 'spec.mm', nothing, 3));
  }
  expect(exponentOf(curve), JSON.stringify(curve)).toBeLessThan(1.7);
});

test('repeated layers take no time each', () => {
  timed('warm', repeated(2), 'spec.mm', nothing, 3);
  const [few, many] = [2, 1000].map(n => timed(`${n}`, repeated(n), 'spec.mm', nothing, 5).milliseconds);
  expect(many).toBeLessThan(10 * (few ?? 0) + 200);
});

test('the exponent of a curve', () => {
  const points = (power: number) =>
    [1, 2, 4].map(n => ({ name: '', lines: n, milliseconds: 3 * n ** power }));
  expect(exponentOf(points(1))).toBeCloseTo(1);
  expect(exponentOf(points(2))).toBeCloseTo(2);
});
