// Option values that several commands take, checked as they are parsed: a wrong one is wrong usage.

import { InvalidArgumentError, Option } from 'commander';
import { precisions } from '../base/dtype.ts';

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(value) && value > 0) return value;
  throw new InvalidArgumentError('It has to be a whole number from 1.');
}

/** Seeds: from 0 below 2³². */
export function seedNumber(text: string): number {
  const value = Number(text);
  if (/^\d+$/.test(text) && value < 2 ** 32) return value;
  throw new InvalidArgumentError('It has to be a whole number from 0 below 4294967296.');
}

/** How precise matrix products and convolutions of training are. */
export const precisionOption = (): Option =>
  new Option('--precision <name>', 'of matrix products and convolutions in training').choices([
    ...precisions,
  ]);
