// Visits the positions of a shape in rows: axes along which every operand goes on evenly are one, so that most
// elementwise work is a few long loops.

import { strideIndex } from '../../ops/host-index.ts';

export interface Walk {
  /** Positions in a row. */
  readonly length: number;
  readonly rows: number;
  /** Of each operand: where each row begins. */
  readonly starts: readonly Int32Array[];
  /** Of each operand: how far it goes between neighbours in a row. */
  readonly steps: readonly number[];
}

export function walk(shape: readonly number[], strides: readonly (readonly number[])[]): Walk {
  const sizes: number[] = [];
  const merged: number[][] = strides.map(() => []);
  for (const [axis, size] of shape.entries()) {
    if (size === 1) continue;
    const last = sizes.length - 1;
    const goesOn =
      last >= 0 && strides.every((s, k) => merged[k]?.[last] === (s[axis] ?? 0) * size) && size !== 0;
    if (goesOn) sizes[last] = (sizes[last] ?? 1) * size;
    else sizes.push(size);
    for (const [k, s] of strides.entries()) {
      const own = merged[k] ?? [];
      own[goesOn ? last : sizes.length - 1] = s[axis] ?? 0;
    }
  }
  const outer = sizes.slice(0, -1);
  return {
    length: sizes.at(-1) ?? 1,
    rows: outer.reduce((n, d) => n * d, 1),
    starts: merged.map(m => strideIndex(outer, m.slice(0, -1))),
    steps: merged.map(m => m.at(-1) ?? 0),
  };
}
