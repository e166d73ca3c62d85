// Moving keeps from inputs to outputs: masks follow the axes that they cover. A keep says which positions along its
// axes are real; what stands at a dropped position is never read by a kept one.

import type { DType } from '../base/dtype.ts';
import type { Builder } from '../ir/builder.ts';
import type { Shape, ValueId } from '../ir/graph.ts';
import type { Fill, Keep, KeepFlow } from '../ir/op.ts';
import { narrowKeep } from './mask-views.ts';
import { range } from './shape-rules.ts';

/** Each mask on the same axes once. */
export function distinctKeeps(keeps: readonly Keep[]): readonly Keep[] {
  const seen = new Map<string, Keep>();
  for (const keep of keeps) {
    const key = `${keep.mask} ${keep.axes.join(' ')}`;
    if (!seen.has(key)) seen.set(key, keep);
  }
  return [...seen.values()];
}

/** The flow of an op that reads no position for another and moves no axis. */
export const noKeeps = (outputs: number): KeepFlow => ({ fills: [], outputs: range(outputs).map(() => []) });

/** The keep with its axes renamed; the mask is transposed where their order changes. */
export function renameAxes(builder: Builder, keep: Keep, rename: (axis: number) => number): Keep {
  const renamed = keep.axes.map(rename);
  const order = range(renamed.length).toSorted((a, b) => renamed[a]! - renamed[b]!);
  const axes = order.map(i => renamed[i]!);
  if (order.every((at, i) => at === i)) return { mask: keep.mask, axes };
  return narrowKeep(builder, { mask: builder.one('transpose', [keep.mask], { perm: order }), axes });
}

/** The keep of a value of shape `from` after it is broadcast to `to`. */
export function broadcastKeep(builder: Builder, keep: Keep, from: Shape, to: Shape): Keep {
  const lead = to.length - from.length;
  const axes = keep.axes.map(a => a + lead);
  const stretched = keep.axes.some(a => from[a] === 1 && to[a + lead] !== 1);
  if (!stretched) return { mask: keep.mask, axes };
  return { mask: builder.one('broadcast', [keep.mask], { shape: axes.map(a => to[a]!) }), axes };
}

/** Stretches the mask over further axes of a value of shape `shape`; `axes` ascend and contain the keep's own. */
export function widenKeep(builder: Builder, keep: Keep, axes: readonly number[], shape: Shape): Keep {
  if (axes.length === keep.axes.length) return keep;
  const maskShape = builder.shapeOf(keep.mask);
  const spread = axes.map(a => (keep.axes.includes(a) ? maskShape[keep.axes.indexOf(a)]! : 1));
  const mask = builder.one('reshape', [keep.mask], { shape: spread });
  return { mask: builder.one('broadcast', [mask], { shape: axes.map(a => shape[a]!) }), axes };
}

/** One mask that is true where all of these are; they cover the same axes. */
export function intersectMasks(builder: Builder, masks: readonly ValueId[]): ValueId {
  const [first, ...rest] = [...new Set(masks)];
  return rest.reduce((a, b) => builder.one('and', [a, b]), first!);
}

/** Positions that `keep` drops hold `value`; all others hold what `x` holds. Any shape, any dtype but bool. */
export function fillDropped(builder: Builder, x: ValueId, keep: Keep, value: number): ValueId {
  const type = builder.typeOf(x);
  const last = type.shape.length - 1;
  const first = keep.axes[0] ?? last + 1;
  const maskShape = builder.shapeOf(keep.mask);
  const shape = range(last + 1 - first).map(i => {
    const at = keep.axes.indexOf(first + i);
    return at < 0 ? 1 : maskShape[at]!;
  });
  const mask = shape.length === maskShape.length ? keep.mask : builder.one('reshape', [keep.mask], { shape });
  return builder.one('select', [mask, x, builder.constant(value, type.dtype)]);
}

/** What no maximum prefers: finite, so that a fully dropped row stays away from NaN. */
export function lowest(dtype: DType): number {
  switch (dtype) {
    case 'f32':
    case 'bf16':
      return -1e30;
    case 'f16':
      return -65504;
    case 'i32':
      return -2147483648;
    case 'bool':
      return 0;
    default:
      return dtype satisfies never;
  }
}

/**
 * Keeps of one input of an op that reads all of some axes for each output position. Keeps that touch those axes are
 * filled with `identity` and end there; `place` says where each other axis goes.
 */
export function consumeKeeps(
  builder: Builder,
  input: number,
  keeps: readonly Keep[],
  consumed: readonly number[],
  identity: number,
  place: (axis: number) => number,
): { readonly fills: readonly Fill[]; readonly kept: readonly Keep[] } {
  const touches = (keep: Keep): boolean => keep.axes.some(a => consumed.includes(a));
  return {
    fills: keeps.filter(touches).map(keep => ({ input, keep, value: identity })),
    kept: keeps.filter(keep => !touches(keep)).map(keep => renameAxes(builder, keep, place)),
  };
}
