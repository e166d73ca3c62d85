// Where backends like to differ: NaN and infinities, whole numbers of 32 bits, many axes, empty tensors.

import { beforeAll, describe, expect, test } from 'vitest';
import { createTfjsEngine } from '../../src/backends/tfjs/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Attrs, Graph } from '../../src/ir/graph.ts';
import type { OpDef } from '../../src/ir/op.ts';
import { coreOps } from '../../src/ops/core.ts';
import { ops } from '../../src/ops/registry.ts';
import { bools, floats, ints } from '../ops/run-op.ts';
import { allocate, type Case, expectAgreement, planOf, stream } from './op-catalogue.ts';

const { NaN: nan, POSITIVE_INFINITY: inf } = Number;
const special = [nan, inf, -inf, 0, -0, 1, -1, 0.5, -2.5, 100, -100, 3e38, -3e38, 1e-30];
const wide = [0, 1, -1, 2, 3, -7, 65537, 0x7fffffff, -0x80000000, 0x9e3779b1 | 0, 0x85ebca6b | 0, 16777217];
/** Every pair. */
const pairs = (values: readonly number[]): readonly [readonly number[], readonly number[]] => [
  values.flatMap(a => values.map(() => a)),
  values.flatMap(() => values),
];
const row = (dtype: 'f32' | 'i32', values: readonly number[]): HostTensor =>
  dtype === 'f32' ? floats([values.length], values) : ints([values.length], values);

type Subject = readonly [op: string, inputs: readonly HostTensor[], attrs: Attrs];
const subjects: Subject[] = [];
const unaries = [
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
// An angle near the largest float is anything.
const angles = special.map(v => (Math.abs(v) === 3e38 ? 7 : v));
for (const op of unaries)
  subjects.push([op, [row('f32', op === 'sin' || op === 'cos' ? angles : special)], {}]);
for (const op of ['add', 'sub', 'mul', 'div', 'max', 'min', 'pow', 'rem', 'equal', 'less', 'less_equal'])
  subjects.push([op, pairs(special).map(v => row('f32', v)), {}]);
for (const op of [
  'add',
  'sub',
  'mul',
  'div',
  'max',
  'min',
  'rem',
  'equal',
  'less',
  'less_equal',
  'bit_xor',
  'bit_and',
])
  subjects.push([op, pairs(wide).map(v => row('i32', v)), {}]);
for (const by of [0, 1, 13, 31]) subjects.push(['shift_right', [row('i32', wide)], { by }]);
for (const to of ['f32', 'i32', 'bool']) {
  subjects.push([
    'cast',
    [row('f32', [nan, inf, -inf, 0, -0, 0.25, -0.25, 1.9, -1.9, 2147483520, 3e9, -3e9])],
    { to },
  ]);
  subjects.push(['cast', [row('i32', wide)], { to }]);
}
const table = floats([4, 3], [1, nan, 2, -inf, -inf, -inf, inf, 1, nan, inf, -inf, 0]);
for (const axes of [[0], [1], [0, 1]]) {
  subjects.push(['reduce_sum', [table], { axes, keepdims: false }]);
  subjects.push(['reduce_max', [table], { axes, keepdims: false }]);
  subjects.push([
    'reduce_sum',
    [ints([2, 3], [0x7fffffff, 1, 16777217, -5, 16777217, 2])],
    { axes, keepdims: true },
  ]);
}
subjects.push(['argmax', [floats([2, 3], [inf, inf, 1, -inf, -inf, -inf])], { axis: 1 }]);
subjects.push(['argmax', [ints([3], [16777216, 16777217, 3])], { axis: 0 }]);
subjects.push(['top_k', [ints([4], [16777216, 16777217, -0x80000000, 0x7fffffff])], { k: 4 }]);
subjects.push(['transpose', [ints([3, 4], wide)], { perm: [1, 0] }]);
subjects.push(['pad', [ints([12], wide)], { low: [1], high: [2], value: 16777217 }]);
subjects.push(['concat', [ints([12], wide), ints([2], [16777217, -16777217])], { axis: 0 }]);
subjects.push(['slice', [ints([12], wide)], { starts: [1], limits: [12], strides: [3] }]);
subjects.push(['broadcast', [ints([1, 12], wide)], { shape: [3, 12] }]);
subjects.push(['gather', [ints([12], wide), ints([3], [11, 8, 7])], {}]);
subjects.push([
  'scatter_add',
  [
    ints(
      [12],
      wide.map(() => 0),
    ),
    ints([12], wide),
  ],
  { rows: 2 },
]);
subjects.push(['take_along', [ints([12], wide), ints([3], [11, 8, 7])], { axis: 0 }]);
for (const seed of [0, 1, -1, 0x7fffffff, -0x80000000])
  subjects.push([
    'random_bits',
    [ints([], [seed]), ints([], [seed ^ 77])],
    { shape: [5, 7], identity: 0x9e3779b1 | 0 },
  ]);
// Where NaN or an infinity meets a product it stays there.
const dot = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] };
subjects.push(['dot_general', [floats([3, 2], [1, 2, nan, 1, inf, 1]), floats([2, 2], [1, 2, 3, 4])], dot]);
subjects.push(['dot_general', [floats([2, 2], [0, 1, 1, 1]), floats([2, 2], [inf, 1, 1, 1])], dot]);
// Seven axes.
const next = stream(5);
const many = [2, 1, 3, 2, 2, 1, 3];
const random = (shape: readonly number[]): HostTensor =>
  floats(
    shape,
    Array.from({ length: shape.reduce((n, d) => n * d, 1) }, () => next() - 0.5),
  );
for (const op of ['add', 'sub', 'mul', 'div', 'max', 'less'])
  for (const axes of [7, 6, 5])
    subjects.push([op, [random(many.slice(-axes)), random([2, 1, 1, 2, 1, 4, 1].slice(-axes))], {}]);
subjects.push(['add', [ints([1, 1, 2, 1, 2, 1, 3], wide), ints([2, 1, 1, 1, 2, 1, 3], wide)], {}]);
subjects.push(['exp', [random(many)], {}]);
subjects.push(['transpose', [random(many)], { perm: [6, 3, 0, 2, 1, 4, 5] }]);
subjects.push(['transpose', [random([2, 3, 2, 3, 2, 3, 2])], { perm: [6, 3, 0, 2, 1, 4, 5] }]);
subjects.push(['concat', [random(many), random(many)], { axis: 5 }]);
subjects.push(['pad', [random(many)], { low: [1, 0, 0, 0, 0, 0, 1], high: [0, 1, 0, 0, 0, 2, 0], value: 2 }]);
subjects.push([
  'slice',
  [random(many)],
  { starts: [0, 0, 1, 0, 1, 0, 0], limits: [2, 1, 3, 2, 2, 1, 3], strides: [1, 1, 1, 1, 1, 1, 2] },
]);
subjects.push(['reduce_sum', [random(many)], { axes: [0, 3, 6], keepdims: false }]);
subjects.push(['broadcast', [random([1, 1, 3, 1, 2, 1, 3])], { shape: [2, 2, 3, 2, 2, 1, 3] }]);
subjects.push(['and', [bools([2, 2], [0, 0, 1, 1]), bools([2], [0, 1])], {}]);
subjects.push(['or', [bools([2, 2], [0, 0, 1, 1]), bools([2], [0, 1])], {}]);

// No elements.
const none = floats([0, 3], []);
subjects.push(['add', [none, random([3])], {}], ['exp', [none], {}], ['transpose', [none], { perm: [1, 0] }]);
subjects.push(
  ['concat', [none, random([2, 3])], { axis: 0 }],
  ['broadcast', [random([1, 3])], { shape: [0, 3] }],
);
for (const op of ['reduce_sum', 'reduce_max']) subjects.push([op, [none], { axes: [0], keepdims: false }]);
subjects.push(['pad', [none], { low: [1, 0], high: [0, 1], value: 2 }], ['max', [none, random([3])], {}]);
subjects.push(['dot_general', [none, random([3, 2])], dot], ['gather', [random([2, 2]), ints([0], [])], {}]);
subjects.push(['dot_general', [floats([2, 0], []), floats([0, 2], [])], dot]);

function graphOf(): { readonly graph: Graph; readonly cases: readonly Case[] } {
  const b = createBuilder('values', ops);
  const cases = subjects.map(([op, inputs, attrs], at): Case => {
    const def = ops.get(op) as unknown as OpDef;
    const ids = inputs.map((t, i) => b.input(`${at}/${i}`, 'feed', { dtype: t.dtype, shape: t.shape }));
    const outputs = b.emit(op, ids, attrs);
    for (const [i, id] of outputs.entries()) b.output(`${at}>${i}`, 'fetch', id);
    return {
      op,
      sample: `${at}: ${inputs.map(t => `${t.dtype}[${t.shape.join(', ')}]`).join(', ')} ${JSON.stringify(attrs)}`,
      feeds: inputs.map((t, i) => [`${at}/${i}`, t] as const),
      fetches: outputs.map((_, i) => `${at}>${i}`),
      expected: def.reference({ inputs, attrs, outputs: outputs.map(id => b.typeOf(id)), allocate }),
    };
  });
  return { graph: b.finish(), cases };
}

const { graph, cases } = graphOf();

describe.each(['cpu', 'wasm'] as const)('on %s', backend => {
  let fetched: ReadonlyMap<string, HostTensor>;
  beforeAll(async () => {
    const session = await createTfjsEngine({ backend }).open(new Map([['values', planOf(graph)]]), {});
    fetched = await session.run('values', new Map(cases.flatMap(c => c.feeds)));
    await session.close();
  });
  test.each(cases.map(c => [`${c.op} ${c.sample}`, c] as const))('%s', (_, c) => {
    expectAgreement(c, fetched);
  });
});

test('every core op that can meet such values is asked', () => {
  const asked = new Set(subjects.map(([op]) => op));
  const rest = Object.keys(coreOps).filter(op => !asked.has(op));
  expect(rest).toEqual([
    'not',
    'select',
    'stop_gradient',
    'after',
    'constant',
    'literal',
    'iota',
    'reshape',
    'conv2d',
    'conv2d_input_grad',
    'conv2d_weight_grad',
  ]);
});
