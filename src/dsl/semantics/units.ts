// Units of time and frequency, and how a number with one is shown.

import {
  divideRationals,
  multiplyRationals,
  type Rational,
  rational,
  toNumber,
} from '../../base/rational.ts';
import type { QuantityValue } from './values.ts';

interface Unit {
  /** One of it in seconds to the power. */
  readonly amount: Rational;
  readonly power: number;
}

const unit = (factor: number, power: number): Unit => ({ amount: rational(factor), power });

/** Units of time and of frequency. Frames per second are hertz. */
export const units: Readonly<Record<string, Unit>> = {
  s: unit(1, 1),
  ms: unit(0.001, 1),
  Hz: unit(1, -1),
  kHz: unit(1000, -1),
  fps: unit(1, -1),
};

export function quantity(value: number, of: Unit, name: string): QuantityValue {
  const amount = multiplyRationals(rational(value), of.amount);
  return { kind: 'quantity', amount, power: of.power, unit: name, made: undefined };
}

/** `25ms`, `0.0001 s^2`: in the unit that it was written in, else in seconds. */
export function showQuantity(q: QuantityValue): string {
  if (q.amount === undefined)
    return q.power === 1 ? 'a time' : q.power === -1 ? 'a frequency' : `s^${q.power}`;
  const named = q.unit === undefined ? undefined : units[q.unit];
  if (named?.power === q.power)
    return `${toNumber(divideRationals(q.amount, named.amount) ?? q.amount)}${q.unit}`;
  const plain = q.power === 1 ? 's' : q.power === -1 ? 'Hz' : undefined;
  return plain === undefined ? `${toNumber(q.amount)} s^${q.power}` : `${toNumber(q.amount)}${plain}`;
}

/** `the time 25ms`, `the frequency 16kHz`. */
export function quantityType(q: QuantityValue): string {
  const kind = q.power === 1 ? 'time' : q.power === -1 ? 'frequency' : 'quantity';
  return q.amount === undefined ? `a ${kind}` : `the ${kind} ${showQuantity(q)}`;
}
