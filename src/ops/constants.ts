// Values made from attrs alone: filled and literal constants, and counting.

import type { Dim } from '../base/dim.ts';
import type { DType } from '../base/dtype.ts';
import { fault } from '../ir/builder.ts';
import type { Attrs } from '../ir/graph.ts';
import type { OpDef } from '../ir/op.ts';
import { defineOp } from './define.ts';
import { notDifferentiable } from './gradient-rules.ts';
import { noKeeps } from './keep-rules.ts';
import { concreteDim, concreteShape, dimAt, showShape, takes } from './shape-rules.ts';

/** What all ops without inputs share. */
function source<A extends Attrs & { readonly shape: readonly Dim[] }>(
  def: Pick<OpDef<A>, 'name' | 'doc' | 'dtype' | 'reference' | 'samples'> & { check: (attrs: A) => void },
): OpDef<A> {
  const { check, ...own } = def;
  return defineOp<A>({
    kind: 'core',
    ...own,
    shape: q => {
      takes(def.name, q, 0);
      check(q.attrs);
      return [q.attrs.shape];
    },
    keep: () => noKeeps(1),
    dependence: () => [],
    grad: notDifferentiable('nothing goes in'),
    flops: () => 0,
  });
}

type ConstantAttrs = { readonly dtype: DType; readonly shape: readonly Dim[]; readonly value: number };

export const constant = source<ConstantAttrs>({
  name: 'constant',
  doc: 'a shape filled with one value',
  check: attrs => {
    if (attrs.dtype === 'i32' && !Number.isInteger(attrs.value))
      fault(`an i32 constant is a whole number; got ${attrs.value}`);
  },
  dtype: q => [q.attrs.dtype],
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    out.data.fill(q.attrs.value);
    return [out];
  },
  samples: () => [
    { name: 'scalar', inputs: [], attrs: { dtype: 'f32', shape: [], value: 0.5 } },
    { name: 'filled', inputs: [], attrs: { dtype: 'f32', shape: [2, 3], value: -1 } },
    { name: 'i32', inputs: [], attrs: { dtype: 'i32', shape: [4], value: 7 } },
    { name: 'bool', inputs: [], attrs: { dtype: 'bool', shape: [2], value: 1 } },
  ],
});

type LiteralAttrs = {
  readonly dtype: DType;
  readonly shape: readonly number[];
  readonly values: readonly number[];
};

export const literal = source<LiteralAttrs>({
  name: 'literal',
  doc: 'a shape with these values, row-major',
  check: attrs => {
    const wanted = attrs.shape.reduce((n, d) => n * d, 1);
    if (wanted !== attrs.values.length)
      fault(
        `literal wants a value for each element; ${showShape(attrs.shape)} was given ${attrs.values.length}`,
      );
  },
  dtype: q => [q.attrs.dtype],
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    out.data.set(q.attrs.values);
    return [out];
  },
  samples: () => [
    { name: 'matrix', inputs: [], attrs: { dtype: 'f32', shape: [2, 2], values: [1, -2, 0.25, 4] } },
    { name: 'i32', inputs: [], attrs: { dtype: 'i32', shape: [3], values: [5, -6, 7] } },
    { name: 'bool', inputs: [], attrs: { dtype: 'bool', shape: [1, 2], values: [1, 0] } },
  ],
});

type IotaAttrs = { readonly dtype: 'i32'; readonly shape: readonly Dim[]; readonly axis: number };

export const iota = source<IotaAttrs>({
  name: 'iota',
  doc: '0, 1, 2, … along one axis',
  check: attrs => {
    dimAt('iota', attrs.shape, attrs.axis);
    if (attrs.dtype !== 'i32') fault(`iota counts in i32; got ${attrs.dtype}`);
  },
  dtype: () => ['i32'],
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    const shape = concreteShape(q.outputs[0]!.shape);
    const inner = shape.slice(q.attrs.axis + 1).reduce((n, d) => n * d, 1);
    const n = concreteDim(shape[q.attrs.axis]!);
    for (let i = 0; i < out.data.length; i++) out.data[i] = Math.floor(i / inner) % n;
    return [out];
  },
  samples: () => [
    { name: 'vector', inputs: [], attrs: { dtype: 'i32', shape: [5], axis: 0 } },
    { name: 'first axis', inputs: [], attrs: { dtype: 'i32', shape: [3, 2], axis: 0 } },
    { name: 'last axis', inputs: [], attrs: { dtype: 'i32', shape: [2, 1, 4], axis: 2 } },
  ],
});
