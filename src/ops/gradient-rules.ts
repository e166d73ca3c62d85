// Shared by the gradient rules, which are graph to graph.

import type { Builder } from '../ir/builder.ts';
import type { Shape, ValueId } from '../ir/graph.ts';
import { range, reducedShape } from './shape-rules.ts';

/** The adjoint of broadcasting: sums over missing leading axes and over axes stretched from 1. */
export function unbroadcast(builder: Builder, grad: ValueId, shape: Shape): ValueId {
  const from = builder.shapeOf(grad);
  const lead = from.length - shape.length;
  const stretched = range(from.length).filter(
    axis => axis >= lead && shape[axis - lead] === 1 && from[axis] !== 1,
  );
  const axes = [...range(lead), ...stretched];
  if (axes.length === 0) return grad;
  const sum = builder.one('reduce_sum', [grad], { axes, keepdims: stretched.length > 0 && lead === 0 });
  return stretched.length > 0 && lead > 0 ? builder.one('reshape', [sum], { shape: [...shape] }) : sum;
}

/** Brings back axes that a reduction without keepdims took away, with size 1. */
export function withReducedAxes(
  builder: Builder,
  value: ValueId,
  shape: Shape,
  axes: readonly number[],
  keepdims: boolean,
): ValueId {
  if (keepdims) return value;
  return builder.one('reshape', [value], { shape: [...reducedShape(shape, axes, true)] });
}

/** A tensor times a constant number of its dtype. */
export const scaled = (builder: Builder, x: ValueId, by: number): ValueId =>
  builder.one('mul', [x, builder.constant(by, builder.typeOf(x).dtype)]);

export const notDifferentiable = (none: string): { readonly none: string } => ({ none });
