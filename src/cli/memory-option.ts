// `--memory`: an amount of memory on the command line, and what a train step makes of it.

import { InvalidArgumentError } from 'commander';
import type { MemoryNote } from '../compiler/program.ts';
import { bytes } from './units.ts';

const units = new Map([
  ['b', 1],
  ['kb', 1e3],
  ['mb', 1e6],
  ['gb', 1e9],
  ['tb', 1e12],
  ['kib', 2 ** 10],
  ['mib', 2 ** 20],
  ['gib', 2 ** 30],
  ['tib', 2 ** 40],
]);

/** `8GB`, `1.5 GiB`, `500MB`, in bytes. */
export function memorySize(text: string): number {
  const [, number, unit] = /^(\d+(?:\.\d+)?) ?([a-z]+)$/i.exec(text.trim()) ?? [];
  const size = units.get((unit ?? '').toLowerCase());
  const amount = Math.floor(Number(number) * (size ?? Number.NaN));
  if (Number.isSafeInteger(amount) && amount > 0) return amount;
  throw new InvalidArgumentError('It has to be an amount with its unit: 8GB, 500MB, 1.5GiB.');
}

/** What it takes without the limit, and what is given for it. */
export function memoryText({ limit, before, peak, values, parts, addedWork }: MemoryNote): string {
  if (values === 0 && before <= limit) return `fits ${bytes(limit)} with every value kept`;
  const fits = peak <= limit ? 'under' : 'DOES NOT FIT';
  const split = parts === 1 ? '' : `, the batch in ${parts} parts`;
  const work = `${(100 * addedWork).toFixed(1)} % more operations`;
  return `${fits} ${bytes(limit)}: ${bytes(peak)} instead of ${bytes(before)}, ${values} values computed again${split}, ${work}`;
}
