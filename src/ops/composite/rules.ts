// Rules that several composites share: types of elementwise ops, keeps of ops that work along one axis, dependence
// of rows on rows. What is particular to one op stands with that op.

import type { Dim } from '../../base/dim.ts';
import { type DType, isFloat } from '../../base/dtype.ts';
import { elements, type HostTensor } from '../../base/tensor.ts';
import { fault } from '../../ir/builder.ts';
import type { Attrs, TensorType } from '../../ir/graph.ts';
import type { Dependence, DependenceQuery, DimCheck, Fill, Keep, KeepFlow, KeepQuery } from '../../ir/op.ts';
import { distinctKeeps } from '../keep-rules.ts';
import { showType } from '../shape-rules.ts';

/** Low enough to vanish in a softmax beside any score, and finite, so that a row of nothing else stays finite. */
export const masked = -1e30;

export function operand(op: string, inputs: readonly TensorType[], index: number): TensorType {
  return inputs[index] ?? fault(`${op} takes more than ${inputs.length} inputs`);
}

export function floatOperand(op: string, inputs: readonly TensorType[], index: number): DType {
  const { dtype } = operand(op, inputs, index);
  return isFloat(dtype) ? dtype : fault(`${op} works on floats; input ${index} is ${dtype}`);
}

/** Every input has the dtype of the first, a float. */
export function oneFloat(op: string, inputs: readonly TensorType[]): DType {
  const dtype = floatOperand(op, inputs, 0);
  for (const [i, type] of inputs.entries()) {
    if (type.dtype !== dtype)
      fault(`${op} takes inputs of one dtype; input ${i} is ${type.dtype}, not ${dtype}`);
  }
  return dtype;
}

export function sameShape(op: string, dims: DimCheck, a: TensorType, b: TensorType): void {
  if (a.shape.length !== b.shape.length || !a.shape.every((d, i) => dims.same(d, b.shape[i]!))) {
    fault(`${op} takes inputs of equal shape; these are ${showType(a)} and ${showType(b)}`);
  }
}

export function axisOf(op: string, axis: number, type: TensorType): Dim {
  return type.shape[axis] ?? fault(`${op} has no axis ${axis} in ${showType(type)}`);
}

export function lastOf(op: string, type: TensorType): Dim {
  return type.shape.at(-1) ?? fault(`${op} takes a tensor with at least one axis`);
}

/** `shape` with 1 in the place of the axis. */
export const flattenedAt = (shape: readonly Dim[], axis: number): readonly Dim[] =>
  shape.map((d, i) => (i === axis ? 1 : d));

/** Elementwise on inputs of one shape. */
export function elementwiseKeep<A extends Attrs>(q: KeepQuery<A>): KeepFlow {
  const joined = distinctKeeps(q.inputs.flat());
  return { fills: [], outputs: q.outputs.map(() => joined) };
}

/** Fills of one input where a keep reaches over the axis. */
export function fillsAlong(
  input: number,
  keeps: readonly Keep[],
  axis: number,
  value: number,
): readonly Fill[] {
  return keeps.filter(k => k.axes.includes(axis)).map(keep => ({ input, keep, value }));
}

/** Keeps that survive where the axis is gone (or has length 1, `keepdims`). */
export function keepsWithout(keeps: readonly Keep[], axis: number, keepdims: boolean): readonly Keep[] {
  return keeps
    .filter(k => !k.axes.includes(axis))
    .map(k => ({ mask: k.mask, axes: k.axes.map(a => (a > axis && !keepdims ? a - 1 : a)) }));
}

/** An op whose rows along `axis` must be whole: its result depends on how many positions there are. */
export function wholeRows(op: string, keeps: readonly (readonly Keep[])[], axis: number): void {
  if (keeps.flat().some(k => k.axes.includes(axis)))
    fault(`${op} cannot skip padding along the axis it works on`);
}

/** The dependence of an output axis on an input that is broadcast to the output. */
export function alongside(input: TensorType, output: TensorType, axis: number): Dependence {
  const at = axis - (output.shape.length - input.shape.length);
  if (at < 0 || (input.shape[at] === 1 && output.shape[axis] !== 1)) return { kind: 'all' };
  return { kind: 'same', axis: at };
}

export function elementwiseDependence<A extends Attrs>(q: DependenceQuery<A>): readonly Dependence[] {
  return q.types.map(type => alongside(type, q.outputs[q.output]!, q.axis));
}

/** All positions of `axis` mix; other axes stay apart. */
export function rowDependence<A extends Attrs>(q: DependenceQuery<A>, axis: number): readonly Dependence[] {
  return q.axis === axis ? q.types.map(() => ({ kind: 'all' })) : elementwiseDependence(q);
}

/** Sizes for walking along one axis: index = (outer·length + position)·inner + offset. */
export interface Walk {
  readonly outer: number;
  readonly length: number;
  readonly inner: number;
}

export function walk(shape: readonly number[], axis: number): Walk {
  return {
    outer: elements(shape.slice(0, axis)),
    length: shape[axis] ?? 1,
    inner: elements(shape.slice(axis + 1)),
  };
}

/** Calls `row` with the index of the first element of each row along the axis and the stride inside it. */
export function eachRow({ outer, length, inner }: Walk, row: (start: number, stride: number) => void): void {
  for (let o = 0; o < outer; o++) for (let i = 0; i < inner; i++) row(o * length * inner + i, inner);
}

/** The dims of a type whose shape is concrete. */
export function concrete(type: TensorType): readonly number[] {
  return type.shape.map(d => (typeof d === 'number' ? d : fault(`${showType(type)} is not concrete`)));
}

export const count = (type: TensorType): number => elements(concrete(type));

export function fill(tensor: HostTensor, value: (index: number) => number): HostTensor {
  const { data } = tensor;
  for (let i = 0; i < data.length; i++) data[i] = value(i);
  return tensor;
}
