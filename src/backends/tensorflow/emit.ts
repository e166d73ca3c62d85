// What one op's rule is given to write itself as TensorFlow nodes.

import { type NodeQuery, product, sameShape } from '../node-query.ts';
import type { Writer } from './writer.ts';

export interface EmitQuery extends NodeQuery {
  readonly w: Writer;
  /** XLA compiles what is written: it is inside a cluster. */
  readonly compiled: boolean;
}

/** Writes one op's nodes and gives its outputs. */
export type Emit = (q: EmitQuery) => readonly string[];

/** A Reshape, or the value itself where the shape is already that. */
export function reshaped(w: Writer, value: string, from: readonly number[], to: readonly number[]): string {
  return sameShape(from, to) ? value : w.one('Reshape', [value, w.ints(to)]);
}

/** A Transpose, or a Reshape where only axes of size 1 move, or the value itself. */
export function transposed(
  w: Writer,
  value: string,
  from: readonly number[],
  perm: readonly number[],
): string {
  const moved = perm.filter(p => from[p] !== 1);
  const to = perm.map(p => from[p] ?? 1);
  if (moved.every((p, i) => i === 0 || (moved[i - 1] ?? 0) < p)) return reshaped(w, value, from, to);
  return w.one('Transpose', [value, w.ints(perm)]);
}

/** The value at a larger shape, as broadcasting makes it. */
export function expanded(w: Writer, value: string, from: readonly number[], to: readonly number[]): string {
  if (product(from) === product(to)) return reshaped(w, value, from, to);
  return w.one('BroadcastTo', [value, w.ints(to)]);
}
