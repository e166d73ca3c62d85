// Where the elements of a reduction stand: `i` counts results, `k` what each is a sum or maximum of.

import { product } from '../node-query.ts';
import { coordIndex, flatIndex, type Index } from './indexing.ts';
import { plus, type Scribe, times } from './scribe.ts';

/** The key of the index at which a kernel of so many positions works. */
export const domainKey = (count: number): string => (count === 1 ? '0u' : 'i');

export const innerCount = (shape: readonly number[], axes: readonly number[]): number =>
  product(axes.map(a => shape[a] ?? 1));

/** Whether the reduced axes are the last ones, so that what is summed lies side by side. */
export function isTrailing(shape: readonly number[], axes: readonly number[]): boolean {
  const first = Math.min(...axes, shape.length);
  return shape.every((d, axis) => d === 1 || axis < first || axes.includes(axis));
}

function isLeading(shape: readonly number[], axes: readonly number[]): boolean {
  const last = Math.max(...axes, -1);
  return shape.every((d, axis) => d === 1 || axis > last || axes.includes(axis));
}

export function reducedIndex(
  s: Scribe,
  shape: readonly number[],
  axes: readonly number[],
  i: string,
  k: string,
): Index {
  const inner = innerCount(shape, axes);
  const outer = product(shape) / Math.max(1, inner);
  const [at, along] = [outer === 1 ? '0u' : i, inner === 1 ? '0u' : k];
  if (isTrailing(shape, axes)) return flatIndex(s, shape, s.name('u32', plus(times(at, inner), along)));
  if (isLeading(shape, axes)) return flatIndex(s, shape, s.name('u32', plus(times(along, outer), at)));
  const kept = shape.map((d, axis) => (axes.includes(axis) ? 1 : d));
  const gone = shape.map((d, axis) => (axes.includes(axis) ? d : 1));
  const [a, b] = [flatIndex(s, kept, at).coords(), flatIndex(s, gone, along).coords()];
  return coordIndex(
    s,
    shape,
    shape.map((_, axis) => (axes.includes(axis) ? b[axis] : a[axis]) ?? '0u'),
  );
}
