// Two-dimensional convolution (cross-correlation) over NHWC and its two adjoints. The three are linear in each
// input, so their gradients are again these three.

import { fault } from '../ir/builder.ts';
import type { Shape } from '../ir/graph.ts';
import type { GradQuery } from '../ir/op.ts';
import { convKeep } from './conv-keeps.ts';
import {
  checkWindow,
  convFlops,
  eachMeeting,
  geometry,
  type Pair,
  positions,
  ranked,
  spatialDependence,
  type WindowAttrs,
} from './conv-window.ts';
import { defineOp } from './define.ts';
import { floats } from './dtype-rules.ts';
import { addScaled } from './host-matmul.ts';
import { consumeKeeps } from './keep-rules.ts';
import { f32 } from './sample-inputs.ts';
import { concreteDim, showShape } from './shape-rules.ts';

export const conv2d = defineOp<WindowAttrs>({
  name: 'conv2d',
  kind: 'core',
  doc: 'conv2d(x[N, H, W, C], w[kh, kw, C, O]): [N, OH, OW, O] with OH = (H + low + high − kh) // stride + 1',
  shape: q => {
    const [x, w] = ranked('conv2d', q);
    checkWindow('conv2d', q.attrs);
    if (!q.dims.same(x[3]!, w[2]!))
      fault(`conv2d wants as many channels as its kernel; got ${showShape(x)} and ${showShape(w)}`);
    const size = ([0, 1] as const).map(i => positions('conv2d', x[i + 1]!, w[i]!, q.attrs, i));
    return [[x[0]!, ...size, w[3]!]];
  },
  dtype: q => [floats('conv2d', q.inputs)],
  keep: convKeep,
  dependence: q => {
    if (q.axis === 0) return [{ kind: 'same', axis: 0 }, { kind: 'all' }];
    if (q.axis === 3) return [{ kind: 'all' }, { kind: 'same', axis: 3 }];
    const i = q.axis === 1 ? 0 : 1;
    return [spatialDependence(q.attrs, q.types[1]!.shape[i]!, i), { kind: 'all' }];
  },
  grad: q => {
    const dy = q.grads[0];
    if (dy === undefined) return [undefined, undefined];
    const [x, w] = [q.inputs[0]!, q.inputs[1]!];
    return [
      q.wanted[0] === true ? inputGrad(q, dy, w, q.builder.shapeOf(x)) : undefined,
      q.wanted[1] === true ? weightGrad(q, x, dy, q.builder.shapeOf(w)) : undefined,
    ];
  },
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    const [x, w] = [q.inputs[0]!, q.inputs[1]!];
    const g = geometry(x.shape, w.shape, out.shape);
    const sums = new Float64Array(g.outChannels);
    let at = -1;
    const flush = (): void => {
      if (at >= 0) out.data.set(sums, at);
      sums.fill(0);
    };
    eachMeeting(g, q.attrs, (ix, iw, iy) => {
      if (iy !== at) {
        flush();
        at = iy;
      }
      for (let c = 0; c < g.channels; c++) addScaled(sums, w.data, iw + c * g.outChannels, x.data[ix + c]!);
    });
    flush();
    return [out];
  },
  samples: () => [
    { name: '3 × 3, same', inputs: [f32([2, 4, 3, 2]), f32([3, 3, 2, 3])], attrs: window(1, 1, 1) },
    { name: 'patches', inputs: [f32([1, 4, 4, 2]), f32([2, 2, 2, 3])], attrs: window(2, 0, 0) },
    { name: 'stride with a rest', inputs: [f32([1, 6, 5, 1]), f32([3, 3, 1, 2])], attrs: window(2, 1, 0) },
    { name: '1 × 1', inputs: [f32([2, 2, 2, 3]), f32([1, 1, 3, 1])], attrs: window(1, 0, 0) },
    {
      name: 'uneven',
      inputs: [f32([1, 5, 4, 1]), f32([2, 3, 1, 1])],
      attrs: { strides: [1, 2], low: [1, 0], high: [0, 2] },
    },
    {
      name: 'causal along the height, shifted along the width',
      inputs: [f32([1, 4, 3, 1]), f32([3, 1, 1, 2])],
      attrs: { strides: [1, 1], low: [2, 1], high: [0, 0] },
    },
  ],
  flops: q => convFlops(q.types[0]!, q.types[1]!, q.outputs[0]!),
});

const window = (stride: number, low: number, high: number): WindowAttrs => ({
  strides: [stride, stride],
  low: [low, low],
  high: [high, high],
});

const windowOf = ({ strides, low, high }: WindowAttrs): WindowAttrs => ({ strides, low, high });

function inputGrad(q: GradQuery<WindowAttrs>, dy: number, w: number, shape: Shape): number {
  const [height, width] = [concreteDim(shape[1]!), concreteDim(shape[2]!)];
  return q.builder.one('conv2d_input_grad', [dy, w], { ...windowOf(q.attrs), height, width });
}

function weightGrad(q: GradQuery<WindowAttrs>, x: number, dy: number, shape: Shape): number {
  const size = [concreteDim(shape[0]!), concreteDim(shape[1]!)];
  return q.builder.one('conv2d_weight_grad', [x, dy], { ...windowOf(q.attrs), size });
}

const convolved = (q: GradQuery<WindowAttrs>, x: number, w: number): number =>
  q.builder.one('conv2d', [x, w], windowOf(q.attrs));

export type InputGradAttrs = WindowAttrs & { readonly height: number; readonly width: number };

export const conv2d_input_grad = defineOp<InputGradAttrs>({
  name: 'conv2d_input_grad',
  kind: 'core',
  doc: 'the gradient of x in conv2d(x, w), from dy[N, OH, OW, O] and w: [N, height, width, C]',
  shape: q => {
    const [dy, w] = ranked('conv2d_input_grad', q);
    checkWindow('conv2d_input_grad', q.attrs);
    const { height, width } = q.attrs;
    const size = [positions('conv2d_input_grad', height, w[0]!, q.attrs, 0)];
    size.push(positions('conv2d_input_grad', width, w[1]!, q.attrs, 1));
    if (![size[0]!, size[1]!, w[3]!].every((dim, i) => q.dims.same(dim, dy[i + 1]!)))
      fault(
        `conv2d_input_grad wants dy of ${showShape([dy[0]!, ...size, w[3]!])} for ${height} × ${width}; got ${showShape(dy)}`,
      );
    return [[dy[0]!, height, width, w[2]!]];
  },
  dtype: q => [floats('conv2d_input_grad', q.inputs)],
  keep: q => {
    const dy = consumeKeeps(q.builder, 0, q.inputs[0]!, [1, 2, 3], 0, axis => axis);
    const w = consumeKeeps(q.builder, 1, q.inputs[1]!, [0, 1, 3], 0, () => 3);
    return { fills: [...dy.fills, ...w.fills], outputs: [[...dy.kept, ...w.kept]] };
  },
  dependence: q => {
    if (q.axis === 0) return [{ kind: 'same', axis: 0 }, { kind: 'all' }];
    if (q.axis === 3) return [{ kind: 'all' }, { kind: 'same', axis: 2 }];
    return [{ kind: 'all' }, { kind: 'all' }];
  },
  grad: q => {
    const g = q.grads[0];
    if (g === undefined) return [undefined, undefined];
    const [dy, w] = [q.inputs[0]!, q.inputs[1]!];
    return [
      q.wanted[0] === true ? convolved(q, g, w) : undefined,
      q.wanted[1] === true ? weightGrad(q, g, dy, q.builder.shapeOf(w)) : undefined,
    ];
  },
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    const [dy, w] = [q.inputs[0]!, q.inputs[1]!];
    const g = geometry(out.shape, w.shape, dy.shape);
    const sums = new Float64Array(out.data.length);
    eachMeeting(g, q.attrs, (ix, iw, iy) => {
      for (let c = 0; c < g.channels; c++) {
        let sum = 0;
        for (let o = 0; o < g.outChannels; o++) sum += dy.data[iy + o]! * w.data[iw + c * g.outChannels + o]!;
        sums[ix + c]! += sum;
      }
    });
    out.data.set(sums);
    return [out];
  },
  samples: () => [
    {
      name: '3 × 3, same',
      inputs: [f32([2, 4, 3, 3]), f32([3, 3, 2, 3])],
      attrs: { ...window(1, 1, 1), height: 4, width: 3 },
    },
    {
      name: 'patches',
      inputs: [f32([1, 2, 2, 3]), f32([2, 2, 2, 3])],
      attrs: { ...window(2, 0, 0), height: 4, width: 4 },
    },
    {
      name: 'stride with a rest',
      inputs: [f32([1, 3, 2, 2]), f32([3, 3, 1, 2])],
      attrs: { ...window(2, 1, 0), height: 6, width: 5 },
    },
  ],
  flops: q => convFlops(q.outputs[0]!, q.types[1]!, q.types[0]!),
});

export type WeightGradAttrs = WindowAttrs & { readonly size: Pair };

export const conv2d_weight_grad = defineOp<WeightGradAttrs>({
  name: 'conv2d_weight_grad',
  kind: 'core',
  doc: 'the gradient of w in conv2d(x, w), from x[N, H, W, C] and dy[N, OH, OW, O]: [kh, kw, C, O]',
  shape: q => {
    const [x, dy] = ranked('conv2d_weight_grad', q);
    checkWindow('conv2d_weight_grad', q.attrs);
    const size = ([0, 1] as const).map(i =>
      positions('conv2d_weight_grad', x[i + 1]!, q.attrs.size[i]!, q.attrs, i),
    );
    if (![x[0]!, ...size].every((dim, i) => q.dims.same(dim, dy[i]!)))
      fault(
        `conv2d_weight_grad wants dy of ${showShape([x[0]!, ...size, dy[3]!])} for a window of ${q.attrs.size.join(' × ')}; got ${showShape(dy)}`,
      );
    return [[...q.attrs.size, x[3]!, dy[3]!]];
  },
  dtype: q => [floats('conv2d_weight_grad', q.inputs)],
  keep: q => {
    const x = consumeKeeps(q.builder, 0, q.inputs[0]!, [0, 1, 2], 0, () => 2);
    const dy = consumeKeeps(q.builder, 1, q.inputs[1]!, [0, 1, 2], 0, () => 3);
    return { fills: [...x.fills, ...dy.fills], outputs: [[...x.kept, ...dy.kept]] };
  },
  dependence: q => {
    if (q.axis === 2) return [{ kind: 'same', axis: 3 }, { kind: 'all' }];
    if (q.axis === 3) return [{ kind: 'all' }, { kind: 'same', axis: 3 }];
    return [{ kind: 'all' }, { kind: 'all' }];
  },
  grad: q => {
    const g = q.grads[0];
    if (g === undefined) return [undefined, undefined];
    const [x, dy] = [q.inputs[0]!, q.inputs[1]!];
    return [
      q.wanted[0] === true ? inputGrad(q, dy, g, q.builder.shapeOf(x)) : undefined,
      q.wanted[1] === true ? convolved(q, x, g) : undefined,
    ];
  },
  reference: q => {
    const out = q.allocate(q.outputs[0]!);
    const [x, dy] = [q.inputs[0]!, q.inputs[1]!];
    const g = geometry(x.shape, out.shape, dy.shape);
    const sums = new Float64Array(out.data.length);
    const block = g.channels * g.outChannels;
    eachMeeting(g, q.attrs, (ix, iw, iy) => {
      const cell: Float64Array = sums.subarray(iw, iw + block);
      for (let c = 0; c < g.channels; c++)
        for (let o = 0; o < g.outChannels; o++)
          cell[c * g.outChannels + o]! += x.data[ix + c]! * dy.data[iy + o]!;
    });
    out.data.set(sums);
    return [out];
  },
  samples: () => [
    {
      name: '3 × 3, same',
      inputs: [f32([2, 4, 3, 2]), f32([2, 4, 3, 3])],
      attrs: { ...window(1, 1, 1), size: [3, 3] },
    },
    {
      name: 'patches',
      inputs: [f32([1, 4, 4, 2]), f32([1, 2, 2, 3])],
      attrs: { ...window(2, 0, 0), size: [2, 2] },
    },
    {
      name: 'stride with a rest',
      inputs: [f32([1, 6, 5, 1]), f32([1, 3, 2, 2])],
      attrs: { ...window(2, 1, 0), size: [3, 3] },
    },
  ],
  flops: q => convFlops(q.types[0]!, q.outputs[0]!, q.types[1]!),
});
