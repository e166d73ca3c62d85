// Samples large enough for the paths that small ones miss: several threads, vector registers with rest, blocks of
// matrix products. Sizes are odd so that nothing divides them.

import type { Attrs } from '../../src/ir/graph.ts';
import type { OpDef, SampleInput } from '../../src/ir/op.ts';
import { ops } from '../../src/ops/registry.ts';
import { bool, f32, i32 } from '../../src/ops/sample-inputs.ts';
import type { NamedSample } from './op-catalogue.ts';

const large = (op: string, name: string, inputs: readonly SampleInput[], attrs: Attrs = {}): NamedSample => ({
  def: ops.get(op) as unknown as OpDef,
  sample: { name: `large, ${name}`, inputs, attrs },
});

const grid = [129, 519] as const;
const positive = { low: 0.2, high: 3 };
const spread = { low: -9, high: 9 };

function elementwise(): readonly NamedSample[] {
  const unary = ['neg', 'abs', 'sign', 'exp', 'tanh', 'erf', 'sin', 'cos', 'floor', 'sigmoid'];
  const binary = ['add', 'sub', 'mul', 'max', 'min', 'less', 'less_equal', 'equal'];
  const between = (op: string, b: SampleInput): readonly NamedSample[] => [
    large(op, 'equal shapes', [f32(grid, positive), { ...b, type: { dtype: 'f32', shape: grid } }]),
    large(op, 'a row', [f32(grid, positive), { ...b, type: { dtype: 'f32', shape: [519] } }]),
    large(op, 'a column', [f32([129, 1], positive), { ...b, type: { dtype: 'f32', shape: grid } }]),
  ];
  return [
    ...unary.map(op => large(op, 'grid', [f32(grid, spread)])),
    ...['log', 'sqrt', 'rsqrt'].map(op => large(op, 'grid', [f32(grid, positive)])),
    ...binary.flatMap(op => between(op, f32([]))),
    ...['div', 'pow', 'rem'].flatMap(op => between(op, f32([], positive))),
    ...['add', 'mul', 'div', 'rem', 'bit_xor'].map(op =>
      large(op, 'i32', [i32(grid, { high: 2 ** 31 }), i32(grid, { high: 1000 })]),
    ),
    large('select', 'a mask by rows', [bool([129, 1]), f32(grid), f32(grid)]),
    large('cast', 'to i32', [f32(grid, { low: -1e6, high: 1e6 })], { to: 'i32' }),
    large('random_bits', 'many', [i32([], { values: [7] }), i32([], { values: [3] })], {
      shape: grid,
      identity: 99,
    }),
  ];
}

function moving(): readonly NamedSample[] {
  return [
    large('transpose', 'inner axes', [f32([17, 33, 65])], { perm: [2, 0, 1] }),
    large('transpose', 'heads', [f32([3, 65, 5, 16])], { perm: [0, 2, 1, 3] }),
    large('slice', 'in strides', [f32([65, 129, 7])], {
      starts: [1, 2, 0],
      limits: [64, 129, 7],
      strides: [2, 3, 4],
    }),
    large('pad', 'all sides', [f32([65, 129])], { low: [3, 1], high: [0, 7], value: -2 }),
    large('concat', 'of three', [f32([65, 33]), f32([65, 1]), f32([65, 129])], { axis: 1 }),
    large('broadcast', 'an outer axis', [f32([1, 519])], { shape: [65, 519] }),
    large('gather', 'rows', [f32([307, 17]), i32([5, 1001], { high: 307 })]),
    large('scatter_add', 'rows', [i32([5, 1001], { high: 307 }), f32([5, 1001, 17])], { rows: 307 }),
    large('scatter_add', 'onto two', [i32([4001], { high: 2 }), f32([4001, 17])], { rows: 2 }),
    large('take_along', 'the last axis', [f32([50, 301]), i32([50, 301], { high: 301 })], { axis: 1 }),
    large('take_along', 'the first axis', [f32([301, 50]), i32([7, 50], { high: 301 })], { axis: 0 }),
  ];
}

function reductions(): readonly NamedSample[] {
  const axes = [[0], [1], [2], [0, 2], [1, 2], [0, 1], [0, 1, 2]];
  return [
    ...['reduce_sum', 'reduce_max'].flatMap(op =>
      axes.map(a =>
        large(op, `over ${a}`, [f32([17, 129, 33], positive)], { axes: a, keepdims: a.length === 2 }),
      ),
    ),
    large('reduce_sum', 'many, one sign', [f32([200003], positive)], { axes: [0], keepdims: false }),
    large('argmax', 'rows', [f32([40, 1001])], { axis: 1 }),
    large('argmax', 'columns, ties', [i32([401, 40], { high: 5 })], { axis: 0 }),
    large('top_k', 'ties', [i32([40, 1001], { high: 50 })], { k: 50 }),
    large('top_k', 'half', [f32([40, 1001])], { k: 200 }),
  ];
}

function products(): readonly NamedSample[] {
  const plain = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] };
  const window = { strides: [2, 1], low: [2, 0], high: [1, 1] };
  const [x, w, dy] = [
    [2, 29, 31, 5],
    [5, 3, 5, 17],
    [2, 14, 30, 17],
  ] as const;
  return [
    large('dot_general', 'matrices', [f32([129, 515]), f32([515, 67])], plain),
    large('dot_general', 'a weight gradient', [f32([1027, 65]), f32([1027, 33])], {
      ...plain,
      lhsContract: [0],
    }),
    large('dot_general', 'a row', [f32([1, 4099]), f32([4099, 65])], plain),
    large('dot_general', 'a column', [f32([257, 515]), f32([515, 1])], plain),
    large('dot_general', 'an outer product', [f32([257, 1]), f32([1, 515])], plain),
    large('dot_general', 'scores', [f32([2, 65, 4, 17]), f32([2, 67, 4, 17])], {
      lhsBatch: [0, 2],
      rhsBatch: [0, 2],
      lhsContract: [3],
      rhsContract: [3],
    }),
    large('dot_general', 'many small ones', [f32([301, 3, 5]), f32([301, 5, 2])], {
      lhsBatch: [0],
      rhsBatch: [0],
      lhsContract: [2],
      rhsContract: [1],
    }),
    large('conv2d', 'strides', [f32(x), f32(w)], window),
    large('conv2d_input_grad', 'strides', [f32(dy), f32(w)], { ...window, height: 29, width: 31 }),
    large('conv2d_weight_grad', 'strides', [f32(x), f32(dy)], { ...window, size: [5, 3] }),
    large('conv2d', 'a kernel of 1', [f32([3, 17, 17, 33]), f32([1, 1, 33, 65])], {
      strides: [1, 1],
      low: [0, 0],
      high: [0, 0],
    }),
  ];
}

function composites(): readonly NamedSample[] {
  const rows = f32([65, 513], spread);
  const heads = (t: number): SampleInput => f32([2, 3, t, 17], spread);
  const scalar = (value: number): SampleInput => f32([], { values: [value] });
  return [
    ...['relu', 'silu', 'quick_gelu'].map(op => large(op, 'rows', [rows])),
    ...[false, true].flatMap(approximate => [
      large('gelu', `${approximate}`, [rows], { approximate }),
      large('gelu_grad', `${approximate}`, [rows, rows], { approximate }),
    ]),
    large('softmax', 'rows', [rows], { axis: 1 }),
    large('softmax', 'columns', [rows], { axis: 0 }),
    large('logsumexp', 'rows', [rows], { axis: 1, keepdims: true }),
    large('layer_norm', 'rows', [rows], { epsilon: 1e-5 }),
    large('rms_norm', 'rows', [rows], { epsilon: 1e-6 }),
    large('softmax_cross_entropy', 'rows', [rows, i32([65], { high: 513 })]),
    large('attention', 'causal', [heads(65), heads(65), heads(65)], { scale: 0.25, causal: true }),
    large('attention', 'cross', [heads(5), heads(129), heads(129)], { scale: 0.25, causal: false }),
    large(
      'adamw_update',
      'rows',
      [rows, rows, rows, f32([65, 513], positive), scalar(0.01), scalar(0.19), scalar(0.002)],
      { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.1 },
    ),
  ];
}

export const largeCore = (): readonly NamedSample[] => [
  ...elementwise(),
  ...moving(),
  ...reductions(),
  ...products(),
];
export const largeComposites = composites;
