// Which positions of a value are 0 because a mask drops them, through transposes and reshapes: padding is filled where
// it is cheapest, which may be on the other side of a product.

import type { Dim } from '../../base/dim.ts';
import type { Builder } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/graph.ts';
import { numberOf } from '../../ir/pattern.ts';
import { axisGroups } from '../../ops/reshape-groups.ts';

/** A mask and the axes of a value that it covers, in its own order; axes of 1 are left out. */
interface Cover {
  /** The mask before reshapes and broadcasts. */
  readonly mask: ValueId;
  readonly axes: readonly number[];
}

/** Whether `v` is 0 wherever `mask` is false, its axes being those of `v` that `place` gives (axes from the first). */
export function isZeroedBy(
  b: Builder,
  v: ValueId,
  mask: ValueId,
  rank: number,
  place: (axis: number) => number,
): boolean {
  const own = b.shapeOf(mask);
  const lead = rank - own.length;
  const axes = own.flatMap((d, axis) => (d === 1 ? [] : [place(axis + lead)]));
  const zeroed = coverOf(b, v);
  if (zeroed === undefined || zeroed.mask !== origin(b, mask)) return false;
  return axes.length === zeroed.axes.length && axes.every((axis, i) => axis === zeroed.axes[i]);
}

function coverOf(b: Builder, v: ValueId): Cover | undefined {
  const node = b.producer(v);
  switch (node?.op) {
    case 'select': {
      const [condition, , no] = node.inputs as readonly [ValueId, ValueId, ValueId];
      if (numberOf(b, no) !== 0) return undefined;
      const shape = b.shapeOf(condition);
      const lead = b.shapeOf(v).length - shape.length;
      return {
        mask: origin(b, condition),
        axes: shape.flatMap((d, axis) => (d === 1 ? [] : [axis + lead])),
      };
    }
    case 'transpose': {
      const inner = coverOf(b, node.inputs[0]!);
      const perm = node.attrs.perm as readonly number[];
      return inner && { ...inner, axes: inner.axes.map(axis => perm.indexOf(axis)) };
    }
    case 'reshape': {
      const inner = coverOf(b, node.inputs[0]!);
      const axes = inner && reshapedAxes(inner.axes, b.shapeOf(node.inputs[0]!), b.shapeOf(v));
      return axes && inner && { ...inner, axes };
    }
    default:
      return undefined;
  }
}

/** Where covered axes stand after a reshape; undefined where only a part of an axis would be covered. */
function reshapedAxes(
  axes: readonly number[],
  from: readonly Dim[],
  to: readonly Dim[],
): readonly number[] | undefined {
  const out: number[] = [];
  const groups = axisGroups(from, to);
  for (let at = 0; at < axes.length; ) {
    const group = groups.find(g => g.from.includes(axes[at]!));
    const whole = group?.from.filter(axis => from[axis] !== 1) ?? [];
    if (group === undefined || !whole.every((axis, i) => axes[at + i] === axis)) return undefined;
    out.push(...group.to.filter(axis => to[axis] !== 1));
    at += whole.length;
  }
  return out;
}

function origin(b: Builder, mask: ValueId): ValueId {
  const node = b.producer(mask);
  return node?.op === 'reshape' || node?.op === 'broadcast' ? origin(b, node.inputs[0]!) : mask;
}
