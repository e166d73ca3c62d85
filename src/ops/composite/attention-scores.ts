// Scores of attention [B, H, T, S]: what hides the future in them, and biases that broadcast to them.

import type { Dim } from '../../base/dim.ts';
import type { Builder } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/graph.ts';
import type { DimCheck } from '../../ir/op.ts';

/** Hides what causality hides, also beside scores that a bias of −1e30 hides: query 0 always sees key 0. */
const unseen = -3e38;

/** Query t sees the keys up to t. */
export function withoutFuture(b: Builder, scores: ValueId): ValueId {
  const [, , queries, keys] = b.shapeOf(scores);
  const line = (shape: readonly Dim[], axis: number) => b.one('iota', [], { dtype: 'i32', shape, axis });
  const sees = b.one('less_equal', [line([1, keys!], 1), line([queries!, 1], 0)]);
  return b.one('select', [sees, scores, b.constant(unseen, b.typeOf(scores).dtype)]);
}

export function broadcasts(dims: DimCheck, from: readonly Dim[], to: readonly Dim[]): boolean {
  const lead = to.length - from.length;
  return lead >= 0 && from.every((d, i) => d === 1 || dims.same(d, to[lead + i]!));
}

/** Maps a flat index of `to` to the flat index of the element of `from` that is broadcast there. */
export function broadcastIndex(from: readonly number[], to: readonly number[]): (index: number) => number {
  const lead = to.length - from.length;
  return index => {
    let rest = index;
    let at = 0;
    let step = 1;
    for (let axis = to.length - 1; axis >= 0; axis--) {
      const position = rest % to[axis]!;
      rest = Math.floor(rest / to[axis]!);
      if (axis < lead) break;
      if (from[axis - lead] !== 1) at += position * step;
      step *= from[axis - lead]!;
    }
    return at;
  };
}
