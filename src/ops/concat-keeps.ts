// Keeps through concat: masks that cover the joined axis are joined like the values; others drop a position where
// any input drops it, as in elementwise ops.

import type { ValueId } from '../ir/graph.ts';
import type { Keep, KeepFlow, KeepQuery } from '../ir/op.ts';
import { distinctKeeps, intersectMasks } from './keep-rules.ts';

export function concatKeeps(q: KeepQuery<{ readonly axis: number }>): KeepFlow {
  const { axis } = q.attrs;
  const all = q.inputs.flat();
  const across = distinctKeeps(all.filter(keep => !keep.axes.includes(axis)));
  const along = new Map<string, readonly number[]>();
  for (const keep of all) if (keep.axes.includes(axis)) along.set(keep.axes.join(' '), keep.axes);
  const joined = [...along.values()].map((axes): Keep => {
    const masks = q.inputs.map((_, i) => maskOf(q, i, axes));
    return { mask: q.builder.one('concat', masks, { axis: axes.indexOf(axis) }), axes };
  });
  return { fills: [], outputs: [[...across, ...joined]] };
}

/** The mask of input `i` over exactly these axes: all true where it has no keep on them. */
function maskOf(q: KeepQuery<{ readonly axis: number }>, i: number, axes: readonly number[]): ValueId {
  const masks = q.inputs[i]!.filter(keep => keep.axes.join(' ') === axes.join(' ')).map(keep => keep.mask);
  if (masks.length > 0) return intersectMasks(q.builder, masks);
  return q.builder.constant(
    1,
    'bool',
    axes.map(axis => q.types[i]!.shape[axis]!),
  );
}
