// What one op's rule is given to write itself as ONNX nodes.

import { type NodeQuery, sameShape } from '../node-query.ts';
import type { Writer } from './writer.ts';

export interface EmitQuery extends NodeQuery {
  readonly w: Writer;
  /** The ops of the whole graph: some have a faster form where their gradient isn't there. */
  readonly graphOps: ReadonlySet<string>;
}

/** Writes one op's nodes and gives the ONNX names of its outputs. */
export type Emit = (q: EmitQuery) => readonly string[];

/** A Reshape, or the value itself where the shape is already that. */
export function reshaped(w: Writer, name: string, from: readonly number[], to: readonly number[]): string {
  if (sameShape(from, to)) return name;
  return w.one('Reshape', [name, w.ints(to)], to.includes(0) ? { allowzero: 1 } : {});
}

/** A Transpose, or a Reshape where only axes of size 1 move, or the value itself. */
export function transposed(
  w: Writer,
  name: string,
  from: readonly number[],
  perm: readonly number[],
): string {
  const moved = perm.filter(p => from[p] !== 1);
  const to = perm.map(p => from[p]!);
  if (moved.every((p, i) => i === 0 || moved[i - 1]! < p)) return reshaped(w, name, from, to);
  return w.one('Transpose', [name], { perm });
}
