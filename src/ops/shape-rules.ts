// Shared by the shape rules: arity, broadcasting, and the texts in which a rule says no.

import type { Dim } from '../base/dim.ts';
import { showDim } from '../base/dim.ts';
import { fault } from '../ir/builder.ts';
import type { Attrs, Shape, TensorType } from '../ir/graph.ts';
import type { DimCheck, TypeQuery } from '../ir/op.ts';

export const showShape = (shape: Shape): string => `[${shape.map(showDim).join(', ')}]`;

/** As a person writes it: `f32[B, 3]`. */
export const showType = (type: TensorType): string => `${type.dtype}${showShape(type.shape)}`;

/** The inputs of an op that takes exactly `count` (or between `count` and `most`). */
export function takes(
  op: string,
  q: TypeQuery<Attrs> | { readonly inputs: readonly TensorType[] },
  count: number,
  most = count,
): readonly TensorType[] {
  if (q.inputs.length < count || q.inputs.length > most)
    fault(
      `${op} takes ${count === most ? count : `${count} to ${most}`} inputs; it was given ${q.inputs.length}`,
    );
  return q.inputs;
}

/** An axis of a shape, which must be there. */
export function dimAt(op: string, shape: Shape, axis: number): Dim {
  const dim = shape[axis];
  if (dim === undefined || !Number.isInteger(axis))
    fault(`${op} wants an axis of its input; axis ${axis} of ${showShape(shape)} isn't there`);
  return dim;
}

/** Every axis is there and none comes twice. */
export function checkAxes(op: string, shape: Shape, axes: readonly number[]): void {
  for (const axis of axes) dimAt(op, shape, axis);
  if (new Set(axes).size !== axes.length) fault(`${op} takes each axis once; got ${axes.join(', ')}`);
}

/** Missing leading dims and literal 1 stretch; everything else must be equal. */
export function broadcastShapes(op: string, shapes: readonly Shape[], dims: DimCheck): Shape {
  let rank = 0;
  for (const s of shapes) rank = Math.max(rank, s.length);
  const stretched: Dim[] = [];
  for (let axis = 0; axis < rank; axis++) {
    let out: Dim = 1;
    for (const shape of shapes) {
      const dim = shape[axis - rank + shape.length] ?? 1;
      if (dim === 1) continue;
      if (out === 1) out = dim;
      else if (!dims.same(out, dim))
        fault(
          `${op} wants equal dims, 1 or missing leading dims; got ${shapes.map(showShape).join(' and ')}, where ${showDim(out)} meets ${showDim(dim)}`,
        );
      else if (typeof dim === 'number') out = dim;
    }
    stretched.push(out);
  }
  return stretched;
}

/** The shape without `axes`, or with 1 in their places. */
export function reducedShape(shape: Shape, axes: readonly number[], keepdims: boolean): Shape {
  const kept: Dim[] = [];
  for (const [axis, dim] of shape.entries()) {
    if (!axes.includes(axis)) kept.push(dim);
    else if (keepdims) kept.push(1);
  }
  return kept;
}

/** Where each kept axis goes when `axes` are reduced; undefined for a reduced one. */
export function reducedAxis(axis: number, axes: readonly number[], keepdims: boolean): number | undefined {
  if (axes.includes(axis)) return undefined;
  return keepdims ? axis : axis - axes.filter(a => a < axis).length;
}

/** 0, 1, …, n − 1. */
export const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);

/** For code that runs on instantiated graphs only. */
export function concreteDim(dim: Dim): number {
  if (typeof dim !== 'number') throw new Error(`the dim ${showDim(dim)} has no value yet`);
  return dim;
}

export const concreteShape = (shape: Shape): readonly number[] => shape.map(concreteDim);

export const sizeOf = (type: TensorType): number => concreteShape(type.shape).reduce((n, d) => n * d, 1);
