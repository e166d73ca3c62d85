// Exact fractions: decimal digits as they are written, lowest terms, and bounded size.

import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addRationals,
  compareRationals,
  divideRationals,
  floorRational,
  isWhole,
  multiplyRationals,
  type Rational,
  rational,
  toNumber,
} from '../../src/base/rational.ts';

const of = (numerator: bigint, denominator: bigint): Rational => ({ numerator, denominator });

test.each([
  [0.1, of(1n, 10n)],
  [-2.5, of(-5n, 2n)],
  [16_000, of(16_000n, 1n)],
  [1e-7, of(1n, 10_000_000n)],
  [1.5e21, of(1_500_000_000_000_000_000_000n, 1n)],
  [0, of(0n, 1n)],
] as const)('%d', (value, expected) => {
  expect(rational(value)).toEqual(expected);
});

test('0.1 + 0.2 is 0.3, and 0.025 · 16000 is 400', () => {
  expect(addRationals(rational(0.1), rational(0.2))).toEqual(rational(0.3));
  expect(multiplyRationals(rational(0.025), rational(16_000))).toEqual(of(400n, 1n));
});

test('rounding down goes down below 0 too', () => {
  expect(floorRational(of(-5n, 2n))).toBe(-3n);
  expect(floorRational(of(5n, 2n))).toBe(2n);
  expect(floorRational(of(-4n, 2n))).toBe(-2n);
});

test('numbers survive the way there and back, and quotients are exact', () => {
  const numbers = fc.double({ noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(numbers, numbers, (a, b) => {
      expect(toNumber(rational(a)) === a).toBe(true);
      expect(Math.sign(compareRationals(rational(a), rational(b)))).toBe(a < b ? -1 : a > b ? 1 : 0);
      if (b === 0) return;
      const quotient = divideRationals(rational(a), rational(b));
      expect(quotient && multiplyRationals(quotient, rational(b))).toEqual(rational(a));
    }),
  );
});

test('numbers of thousands of digits are refused, not computed with', () => {
  let x: Rational | undefined = rational(1.7e308);
  for (let i = 0; i < 100 && x !== undefined; i++) x = multiplyRationals(x, x);
  expect(x).toBeUndefined();
  expect(isWhole(rational(3))).toBe(true);
});
