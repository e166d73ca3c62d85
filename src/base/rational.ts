// Exact fractions of whole numbers, in lowest terms: 25ms · 16kHz is 400 and no double near it.

export interface Rational {
  readonly numerator: bigint;
  /** More than 0. */
  readonly denominator: bigint;
}

/** Past this many bits nobody means the number, and arithmetic would take its time. */
const mostBits = 4096;

function lowest(numerator: bigint, denominator: bigint): Rational | undefined {
  let [a, b] = [numerator < 0n ? -numerator : numerator, denominator < 0n ? -denominator : denominator];
  if (bitsOf(a) > mostBits || bitsOf(b) > mostBits) return undefined;
  while (b !== 0n) [a, b] = [b, a % b];
  const sign = denominator < 0n ? -1n : 1n;
  return { numerator: (sign * numerator) / a, denominator: (sign * denominator) / a };
}

const bitsOf = (n: bigint): number => 4 * n.toString(16).length;

/** A number as it is written in decimal digits: 0.1 is 1/10. */
export function rational(value: number): Rational {
  const [, sign = '', whole = '0', part = '', exponent = '0'] =
    /^(-?)(\d+)(?:\.(\d+))?(?:e([+-]?\d+))?$/.exec(String(value)) ?? [];
  const digits = BigInt(`${sign}${whole}${part}`);
  const shift = Number(exponent) - part.length;
  const scale = 10n ** BigInt(Math.abs(shift));
  return (
    (shift < 0 ? lowest(digits, scale) : lowest(digits * scale, 1n)) ?? { numerator: 0n, denominator: 1n }
  );
}

// Each is undefined where the result has more digits than anybody means.

export const addRationals = (a: Rational, b: Rational): Rational | undefined =>
  lowest(a.numerator * b.denominator + b.numerator * a.denominator, a.denominator * b.denominator);

export const multiplyRationals = (a: Rational, b: Rational): Rational | undefined =>
  lowest(a.numerator * b.numerator, a.denominator * b.denominator);

/** `b` is not 0. */
export const divideRationals = (a: Rational, b: Rational): Rational | undefined =>
  lowest(a.numerator * b.denominator, a.denominator * b.numerator);

export const negateRational = (a: Rational): Rational => ({ ...a, numerator: -a.numerator });

/** Less than 0, 0, or more than 0, as a is less than, equal to or more than b. */
export function compareRationals(a: Rational, b: Rational): number {
  const difference = a.numerator * b.denominator - b.numerator * a.denominator;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

/** The largest whole number at most a. */
export function floorRational({ numerator, denominator }: Rational): bigint {
  const quotient = numerator / denominator;
  return numerator < 0n && quotient * denominator !== numerator ? quotient - 1n : quotient;
}

export const isWhole = (a: Rational): boolean => a.denominator === 1n;

/** The nearest double: of the first forty digits, which is all of most. */
export function toNumber({ numerator, denominator }: Rational): number {
  const shift = 40 - numerator.toString().length + denominator.toString().length;
  const digits =
    shift < 0
      ? numerator / (denominator * 10n ** BigInt(-shift))
      : (numerator * 10n ** BigInt(shift)) / denominator;
  return Number(`${digits}e${-shift}`);
}
