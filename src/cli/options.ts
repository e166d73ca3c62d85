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

/** Names of passes with commas between them; given again, more of them. */
function passNames(text: string, before: readonly string[] | undefined): readonly string[] {
  const names = text.split(',').map(name => name.trim());
  if (names.some(name => name === ''))
    throw new InvalidArgumentError('It has to be names of passes, as attention,pack-products.');
  return [...new Set([...(before ?? []), ...names])].sort();
}

/** Which passes of the compiler and of the engine are left out. */
export const withoutOption = (otherwise = ''): Option =>
  new Option(
    '--without <passes>',
    `passes to leave out, as attention,pack-products${otherwise}; mm print --passes lists them`,
  ).argParser(passNames);

/** How precise matrix products and convolutions of training are. */
export const precisionOption = (): Option =>
  new Option('--precision <name>', 'of matrix products and convolutions in training').choices([
    ...precisions,
  ]);
