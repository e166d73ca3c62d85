// Numbers on the command line.

import { InvalidArgumentError } from 'commander';

/** A whole number from 1. */
export function positive(text: string): number {
  const n = Number(text);
  if (Number.isSafeInteger(n) && n >= 1) return n;
  throw new InvalidArgumentError('It must be a whole number from 1.');
}
