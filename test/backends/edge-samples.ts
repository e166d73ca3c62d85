// Samples at the edges of numbers: NaN, infinities, both zeros, the ends of i32, division by zero, indices outside,
// dims of 1. What the reference says of them is what every engine has to say.

import type { DifferenceName } from '../../src/backends/differences.ts';
import type { Attrs } from '../../src/ir/graph.ts';
import type { OpDef, SampleInput } from '../../src/ir/op.ts';
import { ops } from '../../src/ops/registry.ts';
import { bool, f32, i32 } from '../../src/ops/sample-inputs.ts';
import type { NamedSample } from './op-catalogue.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

/** Floats around every corner; more than a vector register or two of them. */
const floats: readonly number[] = [
  ...[nan, inf, -inf, 0, -0, 1, -1, 0.5, -0.5, 2, -2, 3, -3, 2.5, -7.5],
  ...[1e-30, -1e-30, 100, -100, 88, -88, 1e4, 3e38, -3e38],
];
const largest = 2147483647;
const integers: readonly number[] = [0, 1, -1, 2, -2, 7, -7, 100, largest, -largest, -largest - 1];

const edge = (
  op: string,
  name: string,
  inputs: readonly SampleInput[],
  attrs: Attrs = {},
  more: Pick<NamedSample, 'referenceInputs' | 'differs'> = {},
): NamedSample => ({ def: ops.get(op) as unknown as OpDef, sample: { name, inputs, attrs }, ...more });

const row = (values: readonly number[]): SampleInput => f32([values.length], { values });
const wholes = (values: readonly number[]): SampleInput => i32([values.length], { values });

/** All pairs: stretched over each other, and side by side. */
function pairs(op: string, values: readonly number[], of: typeof f32): readonly NamedSample[] {
  const n = values.length;
  const left = values.flatMap(a => values.map(() => a));
  const right = values.flatMap(() => values);
  const dtype = of([]).type.dtype;
  return [
    edge(op, `${dtype}, each with each`, [of([n, 1], { values }), of([n], { values })]),
    edge(op, `${dtype}, side by side`, [of([n * n], { values: left }), of([n * n], { values: right })]),
  ];
}

const unary = [
  'neg',
  'abs',
  'sign',
  'exp',
  'log',
  'sqrt',
  'rsqrt',
  'tanh',
  'erf',
  'sin',
  'cos',
  'floor',
  'sigmoid',
];

const extreme: readonly number[] = [-0, 1e-30, -1e-30, 3e38, -3e38];
const between = floats.filter(x => !extreme.some(e => Object.is(e, x)));
/** Ops with a difference for tiny and huge arguments. */
const ends: Readonly<Record<string, DifferenceName>> = {
  sin: 'sine of the tiny and huge',
  cos: 'sine of the tiny and huge',
  erf: 'erf of the tiny',
};

function elementwise(): readonly NamedSample[] {
  return [
    ...unary.map(op => edge(op, 'edges', [row(op in ends ? between : floats)])),
    ...Object.entries(ends).map(([op, differs]) =>
      edge(op, 'tiny and huge', [row(extreme)], {}, { differs }),
    ),
    ...['add', 'sub', 'mul', 'div', 'max', 'min', 'pow', 'rem'].flatMap(op => pairs(op, floats, f32)),
    ...['add', 'sub', 'mul', 'div', 'max', 'min', 'rem'].flatMap(op => pairs(op, integers, i32)),
    ...['equal', 'less', 'less_equal'].flatMap(op => [
      ...pairs(op, floats, f32),
      ...pairs(op, integers, i32),
    ]),
    ...['and', 'or'].flatMap(op => pairs(op, [0, 1], bool)),
    ...['bit_xor', 'bit_and'].flatMap(op => pairs(op, integers, i32)),
    ...[0, 1, 16, 31].map(by => edge('shift_right', `by ${by}`, [wholes(integers)], { by })),
    edge('cast', 'floats to i32', [row([...floats, 2147483520, 2147483648, -2147483648, -2147483904, 5e9])], {
      to: 'i32',
    }),
    edge('cast', 'floats to bool', [row(floats)], { to: 'bool' }),
    edge('cast', 'i32 to floats', [wholes([...integers, 16777217])], { to: 'f32' }),
    edge('cast', 'i32 to bool', [wholes(integers)], { to: 'bool' }),
    edge('select', 'edges', [
      bool([floats.length], { values: floats.map((_, i) => i % 2) }),
      row(floats),
      row(floats.toReversed()),
    ]),
  ];
}

function moving(): readonly NamedSample[] {
  const grid = f32([4, 6], { values: floats });
  return [
    edge('constant', 'NaN', [], { dtype: 'f32', shape: [3], value: nan }),
    edge('constant', '−∞', [], { dtype: 'f32', shape: [2, 1], value: -inf }),
    edge('constant', '−0', [], { dtype: 'f32', shape: [], value: -0 }),
    edge('constant', 'the least i32', [], { dtype: 'i32', shape: [2], value: -largest - 1 }),
    edge('literal', 'edges', [], { dtype: 'f32', shape: [floats.length], values: floats }),
    edge('literal', 'edges of i32', [], { dtype: 'i32', shape: [integers.length], values: integers }),
    edge('iota', 'one', [], { dtype: 'i32', shape: [1], axis: 0 }),
    edge('iota', 'along 1 of many', [], { dtype: 'i32', shape: [3, 1, 2], axis: 1 }),
    edge('reshape', 'edges', [grid], { shape: [3, 1, 8] }),
    edge('transpose', 'edges', [grid], { perm: [1, 0] }),
    edge('transpose', 'dims of 1', [f32([1, 4, 1, 6], { values: floats })], { perm: [2, 3, 0, 1] }),
    edge('broadcast', 'edges', [row(floats)], { shape: [2, 1, floats.length] }),
    edge('slice', 'one of each', [grid], { starts: [3, 5], limits: [4, 6], strides: [1, 1] }),
    edge('slice', 'in strides past the end', [grid], { starts: [1, 0], limits: [4, 6], strides: [3, 5] }),
    edge('pad', 'with NaN', [grid], { low: [1, 0], high: [0, 2], value: nan }),
    edge('pad', 'with −∞', [grid], { low: [0, 1], high: [2, 0], value: -inf }),
    edge('pad', 'i32 with the least', [i32([2], { values: [3, 4] })], {
      low: [1],
      high: [1],
      value: -largest - 1,
    }),
    edge(
      'concat',
      'one of dim 1',
      [f32([2, 1], { values: [nan, -0] }), f32([2, 2], { values: [inf, -inf, 0, 1] })],
      {
        axis: 1,
      },
    ),
  ];
}

/** Rows, each with one kind of corner. */
const rows: readonly (readonly number[])[] = [
  [nan, 1, 2, 3],
  [1, 2, 3, nan],
  [inf, nan, -inf, 0],
  [1, inf, 2, 3],
  [-inf, -1, -inf, -2],
  [-inf, -inf, -inf, -inf],
  [inf, 1, -inf, 2],
  [-0, 0, -0, 0],
  [3e37, 3e37, -3e37, 1],
];
const stack = (of: readonly (readonly number[])[]): SampleInput =>
  f32([of.length, of[0]!.length], { values: of.flat() });
const stacked = stack(rows);
const hasNaN = (r: readonly number[]): boolean => r.some(v => Number.isNaN(v));
const isEndless = (r: readonly number[]): boolean => r.includes(inf) || r.every(v => v === -inf);
/** Wide enough for vectors and threads: one NaN, one infinity, far from the ends. */
const wide = (height: number, width: number): SampleInput =>
  f32([height, width], {
    values: Array.from({ length: height * width }, (_, i) =>
      i === 3 * width + 700 ? nan : i === 5 * width + 13 ? inf : i === 6 * width + 900 ? -inf : Math.sin(i),
    ),
  });

function reductions(): readonly NamedSample[] {
  const both = ['reduce_sum', 'reduce_max'].flatMap(op => {
    const [along, across, all] = [[1], [0], [0, 1]].map(axes => ({ axes, keepdims: axes[0] === 0 }));
    const sees = op === 'reduce_max' ? ({ differs: 'NaN in a maximum' } as const) : {};
    const numbers = stack(rows.filter(r => !hasNaN(r)));
    return [
      ...[along!, across!, all!].map((attrs, i) => edge(op, `numbers ${i}`, [numbers], attrs)),
      ...[along!, across!, all!].map((attrs, i) => edge(op, `with NaN ${i}`, [stacked], attrs, sees)),
      ...[along!, across!].map((attrs, i) => edge(op, `wide ${i}`, [wide(8, 1500)], attrs, sees)),
      edge(op, 'an axis of 1', [f32([3, 1], { values: [nan, -inf, -0] })], along),
    ];
  });
  const overflowing = i32([2, 2], { values: [largest, 1, -largest - 1, -1] });
  const ranked = [
    ['infinities', f32([3, 4], { values: [-inf, inf, inf, 1, -inf, -inf, -inf, -inf, 1, 2, -inf, 2] })],
    ['both zeros', f32([2, 3], { values: [-0, 0, -0, 0, -0, -1] })],
    ['i32', i32([2, 3], { values: [-largest - 1, largest, largest, -largest - 1, -largest - 1, -largest] })],
    ['one', f32([3, 1], { values: [nan, inf, -inf] })],
    ['rows without a number over −∞', f32([1, 3], { values: [-inf, -inf, -inf] })],
  ] as const;
  return [
    ...both,
    edge('reduce_max', 'ends of i32', [overflowing], { axes: [1], keepdims: false }),
    edge(
      'reduce_sum',
      'past i32',
      [overflowing],
      { axes: [1], keepdims: false },
      { differs: 'overflow of a sum' },
    ),
    ...ranked.map(([name, x]) => edge('argmax', name, [x], { axis: 1 })),
    ...ranked.map(([name, x]) => edge('top_k', name, [x], { k: name === 'one' ? 1 : 3 })),
    edge(
      'argmax',
      'NaN',
      [f32([3, 3], { values: [1, nan, 5, nan, 5, 1, 5, 1, nan] })],
      { axis: 1 },
      { differs: 'NaN in an order' },
    ),
    edge(
      'top_k',
      'NaN',
      [f32([3, 3], { values: [1, nan, 5, nan, 5, 1, 5, 1, nan] })],
      { k: 2 },
      { differs: 'NaN in an order' },
    ),
  ];
}

function indexing(): readonly NamedSample[] {
  const out = [-1, 0, 2, 3, 7, largest, -largest - 1];
  const inside = out.map(i => Math.max(0, Math.min(2, i)));
  const table = f32([3, 2], { values: [nan, 1, -0, inf, 2, 3] });
  const updates = f32([7, 2], { values: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, inf] });
  const along = f32([2, 3], { values: [nan, 1, -0, inf, 2, 3] });
  return [
    edge('gather', 'ids outside', [table, wholes(out)], {}, { referenceInputs: [table, wholes(inside)] }),
    edge('gather', 'one row', [f32([1, 1], { values: [nan] }), wholes([0, 0])], {}),
    edge(
      'scatter_add',
      'ids outside',
      [wholes(out), updates],
      { rows: 3 },
      { referenceInputs: [wholes(inside), updates] },
    ),
    edge('scatter_add', 'NaN stays in its row', [wholes([0, 2, 0]), f32([3, 1], { values: [nan, 1, 2] })], {
      rows: 4,
    }),
    edge('scatter_add', '∞ and −∞ meet', [wholes([1, 1, 0]), f32([3, 1], { values: [inf, -inf, -inf] })], {
      rows: 2,
    }),
    edge(
      'take_along',
      'indices outside',
      [along, i32([2, 4], { values: [-1, 3, 1, largest, 0, 2, 99, -5] })],
      { axis: 1 },
      {
        referenceInputs: [along, i32([2, 4], { values: [0, 2, 1, 2, 0, 2, 2, 0] })],
      },
    ),
    edge('take_along', 'one row of indices', [along, i32([1, 3], { values: [1, 0, 1] })], { axis: 0 }),
    ...[0, -1, largest, -largest - 1].map(seed =>
      edge('random_bits', `seed ${seed}`, [i32([], { values: [seed] }), i32([], { values: [-seed | 0] })], {
        shape: [3, 1],
        identity: 4294967295,
      }),
    ),
  ];
}

function products(): readonly NamedSample[] {
  const plain = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] };
  const batched = { lhsBatch: [0], rhsBatch: [0], lhsContract: [2], rhsContract: [1] };
  const window = { strides: [1, 1], low: [1, 1], high: [1, 1] };
  const picture = (value: number): SampleInput =>
    f32([1, 6, 6, 2], { values: Array.from({ length: 72 }, (_, i) => (i === 30 ? value : Math.cos(i))) });
  const kernel = (value: number): SampleInput =>
    f32([3, 3, 2, 4], { values: Array.from({ length: 72 }, (_, i) => (i === 36 ? value : Math.sin(i))) });
  return [
    edge('dot_general', 'rows with corners', [stacked, f32([4, 3])], plain),
    edge(
      'dot_general',
      '0 · ∞',
      [f32([2, 2], { values: [0, 1, 1, 0] }), f32([2, 2], { values: [inf, 1, nan, 2] })],
      plain,
    ),
    edge(
      'dot_general',
      'batches',
      [f32([2, 2, 2], { values: [nan, 1, 0, 1, 1, 2, -0, 3] }), f32([2, 2, 1], { values: [0, 1, inf, 1] })],
      batched,
    ),
    edge('dot_general', 'all dims of 1', [f32([1, 1, 1]), f32([1, 1, 1])], batched),
    edge('dot_general', 'wide rows', [wide(8, 1500), f32([1500, 64])], plain),
    edge('conv2d', 'NaN in the picture', [picture(nan), f32([3, 3, 2, 4])], window),
    edge('conv2d', '∞ in the picture', [picture(inf), f32([3, 3, 2, 4], { low: 0.1 })], window),
    edge('conv2d', 'NaN in the weights', [f32([1, 6, 6, 2]), kernel(nan)], window),
  ];
}

function composites(): readonly NamedSample[] {
  // x² of what is left out here overflows in composites that are taken apart.
  const some = floats.filter(x => !(Math.abs(x) > 1e30 && Number.isFinite(x)));
  const [tail, others] = [some.filter(x => x < -5), some.filter(x => !(x < -5))];
  const activation = (op: string, attrs: Attrs, name: string, values: readonly number[], more = {}) =>
    [op, ...(op === 'relu' ? [] : [`${op}_grad`])].map(of => {
      const inputs = [row(values), ...(of === op ? [] : [row(values.map(() => 1))])];
      return edge(of, `${name} ${JSON.stringify(attrs)}`, inputs, attrs, more);
    });
  const few = rows.slice(0, 4);
  const [endless, ended] = [
    rows.filter(r => !hasNaN(r) && isEndless(r)),
    rows.filter(r => hasNaN(r) || !isEndless(r)),
  ];
  return [
    ...['relu', 'silu', 'quick_gelu'].flatMap(op => activation(op, {}, 'edges', some)),
    ...activation('gelu', { approximate: true }, 'edges', some),
    ...activation('gelu', { approximate: false }, 'edges', others),
    ...activation('gelu', { approximate: false }, 'the tail', tail, { differs: 'tails of gelu' }),
    edge('softmax', 'rows', [stacked], { axis: 1 }),
    edge('logsumexp', 'rows', [stack(ended)], { axis: 1, keepdims: false }),
    edge(
      'logsumexp',
      'infinities',
      [stack(endless)],
      { axis: 1, keepdims: false },
      { differs: 'infinity in a logsumexp' },
    ),
    edge('layer_norm', 'rows', [stack([...few, [2, 2, 2, 2]])], { epsilon: 1e-5 }),
    edge('rms_norm', 'rows', [stack([...few, [0, 0, -0, 0]])], { epsilon: 1e-5 }),
    edge(
      'softmax_cross_entropy',
      'rows',
      [
        f32([5, 4], { values: [nan, 1, 2, 3, -inf, 0, 1, 2, -inf, 0, 1, 2, 3e4, 0, -3e4, 1, 1, 1, inf, 1] }),
        wholes([1, 0, 1, 2, 2]),
      ],
      {},
    ),
    edge(
      'attention',
      'a NaN key',
      [
        f32([1, 2, 3, 4]),
        f32([1, 2, 3, 4], { values: Array.from({ length: 24 }, (_, i) => (i === 8 ? nan : Math.sin(i))) }),
        f32([1, 2, 3, 4]),
      ],
      { scale: 0.5, causal: true },
      { differs: 'NaN behind a mask' },
    ),
    edge(
      'adamw_update',
      'NaN and ∞ in the gradient',
      [
        row([1, 2, 3, 4]),
        row([nan, inf, 0, -0]),
        row([0, 0, 0, 0]),
        row([0, 0, 0, 0]),
        f32([], { values: [0.1] }),
        f32([], { values: [0.1] }),
        f32([], { values: [0.01] }),
      ],
      { beta1: 0.9, beta2: 0.99, epsilon: 1e-8, decay: 0.1 },
    ),
  ];
}

export const coreEdges = (): readonly NamedSample[] => [
  ...elementwise(),
  ...moving(),
  ...reductions(),
  ...indexing(),
  ...products(),
];
export const compositeEdges = composites;
