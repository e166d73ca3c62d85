// What a mask that was stretched, reshaped and transposed still says of the mask that it came from. Without this a
// value split into heads and merged again would carry its mask twice, and twice that after the next layer.

import { type Dim, dimEqual, dimProduct } from '../base/dim.ts';
import type { Builder } from '../ir/builder.ts';
import type { ValueId } from '../ir/graph.ts';
import type { Keep } from '../ir/op.ts';
import { axisGroups } from './reshape-groups.ts';

/** A stretch of an axis: a whole axis of the source, or (without `source`) a repetition. */
interface Factor {
  readonly dim: Dim;
  readonly source?: number;
}

/** Each axis as the product of its factors, slowest first. */
interface View {
  readonly source: ValueId;
  readonly axes: readonly (readonly Factor[])[];
}

/** Nodes looked through. */
const deepest = 16;

/** The keep without axes along which its mask is the same everywhere, by the mask itself where that is what is left. */
export function narrowKeep(builder: Builder, keep: Keep): Keep {
  const { source, axes } = viewOf(builder, keep.mask, 0);
  const own = keep.axes.flatMap((axis, i) => {
    const factors = withoutUnits(axes[i]!);
    return factors.every(f => f.source === undefined) ? [] : [{ axis, factors }];
  });
  const perm = own.flatMap(({ factors: [first, more] }) =>
    more === undefined && first?.source !== undefined ? [first.source] : [],
  );
  if (source === keep.mask || own.length === 0 || perm.length !== own.length) return keep;
  const shape = builder.shapeOf(source);
  const used = shape.flatMap((_, axis) => (perm.includes(axis) ? [axis] : []));
  // Axes of 1 may have gone, others not.
  if (used.length !== perm.length || !shape.every((dim, axis) => dim === 1 || used.includes(axis)))
    return keep;
  const dims = used.map(axis => shape[axis]!);
  const mask = used.length === shape.length ? source : builder.one('reshape', [source], { shape: dims });
  const order = perm.map(axis => used.indexOf(axis));
  const inOrder = order.every((axis, i) => axis === i);
  return {
    mask: inOrder ? mask : builder.one('transpose', [mask], { perm: order }),
    axes: own.map(o => o.axis),
  };
}

/** Axes of 1 say nothing beside others. */
function withoutUnits(factors: readonly Factor[]): readonly Factor[] {
  const more = factors.filter(f => f.dim !== 1);
  return more.length > 0 ? more : factors;
}

function viewOf(b: Builder, id: ValueId, depth: number): View {
  const node = b.producer(id);
  const shape = b.shapeOf(id);
  const itself: View = { source: id, axes: shape.map((dim, source) => [{ dim, source }]) };
  if (node === undefined || depth === deepest) return itself;
  const [input] = node.inputs;
  switch (node.op) {
    case 'transpose': {
      const inner = viewOf(b, input!, depth + 1);
      return { ...inner, axes: (node.attrs.perm as readonly number[]).map(axis => inner.axes[axis]!) };
    }
    case 'broadcast': {
      const from = b.shapeOf(input!);
      const lead = shape.length - from.length;
      const inner = viewOf(b, input!, depth + 1);
      const stretched = (i: number): boolean => i < lead || (from[i - lead] === 1 && shape[i] !== 1);
      return {
        ...inner,
        axes: shape.map((dim, i) => (stretched(i) ? [{ dim }] : inner.axes[i - lead]!)),
      };
    }
    case 'reshape': {
      const inner = viewOf(b, input!, depth + 1);
      const axes: (readonly Factor[])[] = shape.map(() => []);
      for (const { from, to } of axisGroups(b.shapeOf(input!), shape)) {
        const split = splitFactors(
          from.flatMap(axis => inner.axes[axis]!).filter(f => f.source !== undefined || f.dim !== 1),
          to.map(axis => shape[axis]!),
        );
        if (split === undefined) return itself;
        for (const [i, axis] of to.entries()) axes[axis] = split[i]!;
      }
      return { ...inner, axes };
    }
    default:
      return itself;
  }
}

/** The factors dealt out to axes of these sizes; undefined where an axis ends inside a factor of the source. */
function splitFactors(
  factors: readonly Factor[],
  dims: readonly Dim[],
): readonly (readonly Factor[])[] | undefined {
  if (factors.every(f => f.source === undefined)) return dims.map(dim => [{ dim }]);
  let at = 0;
  const split: (readonly Factor[])[] = [];
  for (const dim of dims) {
    const start = at;
    while (at < factors.length && !isProduct(factors.slice(start, at), dim)) at++;
    if (!isProduct(factors.slice(start, at), dim)) return undefined;
    split.push(factors.slice(start, at));
  }
  // Axes of 1 that are left belong to the last.
  const rest = factors.slice(at);
  if (rest.some(f => f.dim !== 1)) return undefined;
  return split.map((own, i) => (i === split.length - 1 ? [...own, ...rest] : own));
}

const isProduct = (factors: readonly Factor[], dim: Dim): boolean =>
  dimEqual(dimProduct(factors.map(f => f.dim)), dim) === 'equal';
