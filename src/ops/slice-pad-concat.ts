// Cutting and joining along axes: slice, pad, concat.

import type { Dim } from '../base/dim.ts';
import { dimAdd, dimFloorDiv, dimMul, dimSub, showDim } from '../base/dim.ts';
import type { Builder } from '../ir/builder.ts';
import { fault } from '../ir/builder.ts';
import type { Shape, ValueId } from '../ir/graph.ts';
import type { Dependence } from '../ir/op.ts';
import { concatKeeps } from './concat-keeps.ts';
import { defineOp } from './define.ts';
import { strideIndex, stridesOf } from './host-index.ts';
import { bool, f32, i32 } from './sample-inputs.ts';
import { concreteDim, concreteShape, dimAt, range, showShape, takes } from './shape-rules.ts';

type SliceAttrs = {
  readonly starts: readonly Dim[];
  readonly limits: readonly Dim[];
  readonly strides: readonly number[];
};

export const slice = defineOp<SliceAttrs>({
  name: 'slice',
  kind: 'core',
  doc: 'on each axis the positions start, start + stride, … below limit',
  shape: q => {
    const [x] = takes('slice', q, 1);
    const { starts, limits, strides } = q.attrs;
    if (![starts, limits, strides].every(list => list.length === x!.shape.length))
      fault(`slice wants a start, a limit and a stride for each axis of ${showShape(x!.shape)}`);
    return [
      x!.shape.map((dim, axis) => {
        const [start, limit, stride] = [starts[axis]!, limits[axis]!, strides[axis]!];
        if (!Number.isInteger(stride) || stride < 1) fault(`slice goes forward; the stride is ${stride}`);
        const [head, tail, length] = [start, dimSub(dim, limit), dimSub(limit, start)];
        for (const size of [head, tail, length])
          if (typeof size === 'number' && size < 0)
            fault(
              `slice stays inside its axis; ${showDim(start)} to ${showDim(limit)} of ${showDim(dim)} doesn't`,
            );
        return dimFloorDiv(dimAdd(length, stride - 1), stride);
      }),
    ];
  },
  dtype: q => q.inputs.map(t => t.dtype),
  keep: q => ({
    fills: [],
    outputs: [
      q.inputs[0]!.map(keep => {
        const on = <T>(list: readonly T[]): readonly T[] => keep.axes.map(axis => list[axis]!);
        const attrs = {
          starts: on(q.attrs.starts),
          limits: on(q.attrs.limits),
          strides: on(q.attrs.strides),
        };
        return { mask: slicedMask(q.builder, keep.mask, attrs), axes: keep.axes };
      }),
    ],
  }),
  dependence: q => {
    const [start, stride] = [q.attrs.starts[q.axis]!, q.attrs.strides[q.axis]!];
    if (stride !== 1 || typeof start !== 'number') return [{ kind: 'all' }];
    return [shifted(q.axis, start)];
  },
  // Strides: each element of dy is followed by stride − 1 zeros; then the cut-off ends come back as zeros.
  grad: q => {
    if (q.grads[0] === undefined) return [undefined];
    const b = q.builder;
    const shape = b.shapeOf(q.inputs[0]!);
    const spread = spreadOut(b, q.grads[0], q.attrs.strides);
    const size = b.shapeOf(spread);
    const high = shape.map((dim, axis) => dimSub(dimSub(dim, q.attrs.starts[axis]!), size[axis]!));
    return [b.one('pad', [spread], { low: q.attrs.starts, high, value: 0 })];
  },
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    const [x, y] = [q.inputs[0]!, out.data];
    const strides = stridesOf(x.shape);
    const base = strides.reduce((n, s, axis) => n + s * concreteDim(q.attrs.starts[axis]!), 0);
    const index = strideIndex(
      out.shape,
      strides.map((s, axis) => s * q.attrs.strides[axis]!),
      base,
    );
    for (let i = 0; i < y.length; i++) y[i] = x.data[index[i]!]!;
    return [out];
  },
  samples: () => [
    { name: 'middle', inputs: [f32([5, 4])], attrs: { starts: [1, 0], limits: [4, 4], strides: [1, 1] } },
    { name: 'strides', inputs: [f32([7, 3])], attrs: { starts: [1, 0], limits: [7, 3], strides: [2, 2] } },
    {
      name: 'strides with a rest',
      inputs: [f32([2, 6])],
      attrs: { starts: [0, 0], limits: [2, 5], strides: [1, 3] },
    },
    {
      name: 'one position',
      inputs: [f32([3, 2])],
      attrs: { starts: [2, 0], limits: [3, 2], strides: [1, 1] },
    },
    { name: 'bool', inputs: [bool([4])], attrs: { starts: [1], limits: [3], strides: [1] } },
  ],
  flops: () => 0,
});

const shifted = (axis: number, by: number): Dependence =>
  by === 0 ? { kind: 'same', axis } : { kind: 'shift', axis, by };

/** The mask itself where the slice takes all of it. */
function slicedMask(builder: Builder, mask: ValueId, attrs: SliceAttrs): ValueId {
  const shape = builder.shapeOf(mask);
  const whole = shape.every(
    (dim, i) => attrs.starts[i] === 0 && attrs.strides[i] === 1 && dimSub(dim, attrs.limits[i]!) === 0,
  );
  return whole ? mask : builder.one('slice', [mask], attrs);
}

/** Puts stride − 1 zeros between neighbours: x₀ 0 0 x₁ 0 0 x₂. */
function spreadOut(b: Builder, x: ValueId, strides: readonly number[]): ValueId {
  if (strides.every(s => s === 1)) return x;
  const shape = b.shapeOf(x);
  const pairs = shape.flatMap((dim): readonly Dim[] => [dim, 1]);
  const zeros = shape.map(() => 0);
  const padded = b.one('pad', [b.one('reshape', [x], { shape: pairs })], {
    low: pairs.map(() => 0),
    high: strides.flatMap(s => [0, s - 1]),
    value: 0,
  });
  const long = b.one('reshape', [padded], { shape: shape.map((dim, axis) => dimMul(dim, strides[axis]!)) });
  return b.one('slice', [long], {
    starts: zeros,
    limits: shape.map((dim, axis) => dimAdd(dimMul(dimSub(dim, 1), strides[axis]!), 1)),
    strides: shape.map(() => 1),
  });
}

type PadAttrs = { readonly low: readonly Dim[]; readonly high: readonly Dim[]; readonly value: number };

export const pad = defineOp<PadAttrs>({
  name: 'pad',
  kind: 'core',
  doc: 'adds `low` positions before and `high` after each axis, filled with `value`',
  shape: q => {
    const [x] = takes('pad', q, 1);
    const { low, high } = q.attrs;
    if (low.length !== x!.shape.length || high.length !== x!.shape.length)
      fault(`pad wants a low and a high for each axis of ${showShape(x!.shape)}`);
    for (const size of [...low, ...high])
      if (typeof size === 'number' && size < 0) fault(`pad only adds; got ${size}`);
    return [x!.shape.map((dim, axis) => dimAdd(dimAdd(dim, low[axis]!), high[axis]!))];
  },
  dtype: q => q.inputs.map(t => t.dtype),
  keep: q => ({
    fills: [],
    outputs: [
      q.inputs[0]!.map(keep => {
        const [low, high] = [keep.axes.map(a => q.attrs.low[a]!), keep.axes.map(a => q.attrs.high[a]!)];
        if ([...low, ...high].every(n => n === 0)) return keep;
        return { mask: q.builder.one('pad', [keep.mask], { low, high, value: 0 }), axes: keep.axes };
      }),
    ],
  }),
  dependence: q => {
    const low = q.attrs.low[q.axis]!;
    return [typeof low === 'number' ? shifted(q.axis, low === 0 ? 0 : -low) : { kind: 'all' }];
  },
  grad: q => {
    if (q.grads[0] === undefined) return [undefined];
    const shape = q.builder.shapeOf(q.inputs[0]!);
    return [
      q.builder.one('slice', [q.grads[0]], {
        starts: q.attrs.low,
        limits: shape.map((dim, axis) => dimAdd(dim, q.attrs.low[axis]!)),
        strides: shape.map(() => 1),
      }),
    ];
  },
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    out.data.fill(q.attrs.value);
    const x = q.inputs[0]!;
    const strides = stridesOf(out.shape);
    const base = strides.reduce((n, s, axis) => n + s * concreteDim(q.attrs.low[axis]!), 0);
    const index = strideIndex(x.shape, strides, base);
    for (let i = 0; i < index.length; i++) out.data[index[i]!] = x.data[i]!;
    return [out];
  },
  samples: () => [
    { name: 'both ends', inputs: [f32([2, 3])], attrs: { low: [1, 0], high: [0, 2], value: 0 } },
    { name: 'a value', inputs: [f32([2])], attrs: { low: [2], high: [1], value: -1.5 } },
    { name: 'nothing', inputs: [f32([1, 2])], attrs: { low: [0, 0], high: [0, 0], value: 0 } },
    { name: 'i32', inputs: [i32([3], { high: 9 })], attrs: { low: [1], high: [1], value: 7 } },
    { name: 'bool', inputs: [bool([3])], attrs: { low: [1], high: [0], value: 0 } },
  ],
  flops: () => 0,
});

type ConcatAttrs = { readonly axis: number };

export const concat = defineOp<ConcatAttrs>({
  name: 'concat',
  kind: 'core',
  doc: 'joins one or more values along an axis',
  shape: q => {
    const shapes = takes('concat', q, 1, Number.POSITIVE_INFINITY).map(t => t.shape);
    const first = shapes[0]!;
    dimAt('concat', first, q.attrs.axis);
    for (const shape of shapes)
      if (
        shape.length !== first.length ||
        shape.some((dim, axis) => axis !== q.attrs.axis && !q.dims.same(dim, first[axis]!))
      )
        fault(
          `concat wants shapes that differ on axis ${q.attrs.axis} only; got ${shapes.map(showShape).join(' and ')}`,
        );
    const joined = shapes.map(s => s[q.attrs.axis]!).reduce(dimAdd);
    return [first.map((dim, axis) => (axis === q.attrs.axis ? joined : dim))];
  },
  dtype: q => {
    const [first] = q.inputs;
    if (!q.inputs.every(t => t.dtype === first?.dtype))
      fault(`concat takes values of one dtype; got ${q.inputs.map(t => t.dtype).join(' and ')}`);
    return [first!.dtype];
  },
  keep: concatKeeps,
  dependence: q => {
    if (q.axis !== q.attrs.axis) return q.types.map(() => ({ kind: 'same', axis: q.axis }));
    const offsets = offsetsOf(
      q.types.map(t => t.shape),
      q.attrs.axis,
    );
    return offsets.map(offset =>
      typeof offset === 'number' ? shifted(q.axis, offset === 0 ? 0 : -offset) : { kind: 'all' },
    );
  },
  grad: q => {
    const dy = q.grads[0];
    if (dy === undefined) return q.inputs.map(() => undefined);
    const shapes = q.inputs.map(q.builder.shapeOf);
    const offsets = offsetsOf(shapes, q.attrs.axis);
    return shapes.map((shape, i) =>
      q.wanted[i] === true
        ? q.builder.one('slice', [dy], {
            starts: shape.map((_, axis) => (axis === q.attrs.axis ? offsets[i]! : 0)),
            limits: shape.map((dim, axis) => (axis === q.attrs.axis ? dimAdd(offsets[i]!, dim) : dim)),
            strides: shape.map(() => 1),
          })
        : undefined,
    );
  },
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    const shape = concreteShape(q.outputs[0]!.shape);
    const outer = shape.slice(0, q.attrs.axis).reduce((n, d) => n * d, 1);
    const row = outer === 0 ? 0 : out.data.length / outer;
    let offset = 0;
    for (const x of q.inputs) {
      const run = outer === 0 ? 0 : x.data.length / outer;
      for (const i of range(outer)) out.data.set(x.data.subarray(i * run, (i + 1) * run), i * row + offset);
      offset += run;
    }
    return [out];
  },
  samples: () => [
    { name: 'rows', inputs: [f32([2, 3]), f32([1, 3])], attrs: { axis: 0 } },
    { name: 'last axis, three', inputs: [f32([2, 1]), f32([2, 2]), f32([2, 3])], attrs: { axis: 1 } },
    { name: 'middle', inputs: [f32([2, 1, 2]), f32([2, 3, 2])], attrs: { axis: 1 } },
    { name: 'one', inputs: [f32([2, 2])], attrs: { axis: 1 } },
    { name: 'i32', inputs: [i32([2], { high: 9 }), i32([3], { high: 9 })], attrs: { axis: 0 } },
  ],
  flops: () => 0,
});

/** Where each input begins on the joined axis. */
function offsetsOf(shapes: readonly Shape[], axis: number): readonly Dim[] {
  let at: Dim = 0;
  return shapes.map(shape => {
    const offset = at;
    at = dimAdd(at, shape[axis]!);
    return offset;
  });
}
