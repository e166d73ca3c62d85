// Where masks go: the axes and the bits of keeps after ops that move positions.

import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Attrs } from '../../src/ir/graph.ts';
import type { OpDef } from '../../src/ir/op.ts';
import { ops } from '../../src/ops/registry.ts';
import { bools } from './run-op.ts';

interface Kept {
  readonly shape: readonly number[];
  /** Bits of one mask and the axes that it is on. */
  readonly mask?: string;
  readonly axes?: readonly number[];
}

/** The fills as `input=value`, and the output's keeps as `axes:bits`. */
function flow(op: string, inputs: readonly Kept[], attrs: Attrs = {}): string {
  const b = createBuilder(op, ops);
  const types = inputs.map(({ shape }) => ({ dtype: 'f32' as const, shape }));
  inputs.forEach((_, i) => {
    b.input(`x${i}`, 'feed', types[i]!);
  });
  const feeds = new Map(
    inputs.flatMap(({ shape, mask, axes }, i) =>
      mask === undefined
        ? []
        : [
            [
              `m${i}`,
              bools(
                axes!.map(a => shape[a]!),
                [...mask].map(Number),
              ),
            ] as const,
          ],
    ),
  );
  const keeps = inputs.map(({ axes }, i) => {
    const given = feeds.get(`m${i}`);
    if (given === undefined) return [];
    return [{ mask: b.input(`m${i}`, 'feed', { dtype: 'bool', shape: given.shape }), axes: axes! }];
  });
  const def = ops.get(op) as unknown as OpDef;
  const query = { inputs: types, attrs, regions: [], dims: { same: Object.is } };
  const outputs = def.shape(query).map((shape, i) => ({ shape, dtype: def.dtype(query)[i]! }));
  const { fills, outputs: kept } = def.keep({ inputs: keeps, types, outputs, attrs, builder: b });
  kept[0]!.forEach((keep, k) => {
    b.output(`k${k}`, 'fetch', keep.mask);
  });
  const graph = b.finish();
  const given = new Map([...inputs.map(({ shape }, i) => [`x${i}`, zeros(shape)] as const), ...feeds]);
  const masks = evaluate(graph, given, { precision: 'f32' });
  return [
    ...fills.map(f => `${f.input}=${f.value}`),
    ...kept[0]!.map((keep, k) => `${keep.axes.join('')}:${[...masks.get(`k${k}`)!.data].join('')}`),
  ].join(' ');
}

const zeros = (shape: readonly number[]) => ({
  dtype: 'f32' as const,
  shape,
  data: new Float32Array(shape.reduce((n, d) => n * d, 1)),
});

describe('masks go along', () => {
  test('reshape: axes that stay, merge and split', () => {
    expect(flow('reshape', [{ shape: [2, 3], mask: '10', axes: [0] }], { shape: [2, 3, 1] })).toBe('0:10');
    expect(flow('reshape', [{ shape: [2, 3], mask: '110', axes: [1] }], { shape: [6] })).toBe('0:110110');
    expect(flow('reshape', [{ shape: [6, 2], mask: '110100', axes: [0] }], { shape: [2, 3, 2] })).toBe(
      '01:110100',
    );
    expect(flow('reshape', [{ shape: [1, 3], mask: '0', axes: [0] }], { shape: [3] })).toBe('0:000');
    expect(flow('reshape', [{ shape: [1], mask: '0', axes: [0] }], { shape: [] })).toBe('0=0');
  });

  test('transpose turns a mask over two axes', () => {
    expect(flow('transpose', [{ shape: [2, 3], mask: '110100', axes: [0, 1] }], { perm: [1, 0] })).toBe(
      '01:111000',
    );
  });

  test('broadcast stretches a mask on an axis of 1', () => {
    expect(flow('broadcast', [{ shape: [2, 1], mask: '10', axes: [0] }], { shape: [4, 2, 3] })).toBe('1:10');
    expect(flow('broadcast', [{ shape: [2, 1], mask: '10', axes: [0, 1] }], { shape: [2, 3] })).toBe(
      '01:111000',
    );
  });

  test('slice, pad and concat', () => {
    const x: Kept = { shape: [4, 2], mask: '1101', axes: [0] };
    expect(flow('slice', [x], { starts: [1, 0], limits: [4, 2], strides: [2, 1] })).toBe('0:11');
    expect(flow('pad', [x], { low: [1, 0], high: [1, 3], value: 0 })).toBe('0:011010');
    expect(flow('concat', [x, { shape: [2, 2] }], { axis: 0 })).toBe('0:110111');
    expect(flow('concat', [x, { shape: [4, 3] }], { axis: 1 })).toBe('0:1101');
  });

  test('elementwise: one mask from both sides counts once', () => {
    expect(
      flow('add', [
        { shape: [2, 3], mask: '110', axes: [1] },
        { shape: [3], mask: '011', axes: [0] },
      ]),
    ).toBe('1:110 1:011');
  });

  test('reductions consume what they reduce', () => {
    const x: Kept = { shape: [2, 3], mask: '110', axes: [1] };
    expect(flow('reduce_sum', [x], { axes: [1], keepdims: false })).toBe('0=0');
    expect(flow('reduce_max', [x], { axes: [1], keepdims: false })).toBe('0=-1e+30');
    expect(flow('reduce_sum', [x], { axes: [0], keepdims: false })).toBe('0:110');
    expect(flow('reduce_sum', [x], { axes: [0], keepdims: true })).toBe('1:110');
  });
});

describe('products', () => {
  test('dot_general maps free axes and fills contracted ones', () => {
    const attrs = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] };
    const plain: Kept = { shape: [3, 2] };
    expect(flow('dot_general', [{ shape: [2, 3], mask: '10', axes: [0] }, plain], attrs)).toBe('0:10');
    expect(flow('dot_general', [{ shape: [2, 3], mask: '101', axes: [1] }, plain], attrs)).toBe('0=0');
  });

  test('conv2d keeps by the centre of the window', () => {
    const w: Kept = { shape: [3, 3, 1, 1] };
    const row = (mask: string): Kept => ({ shape: [1, mask.length, 3, 1], mask, axes: [1] });
    const same = { strides: [1, 1], low: [1, 1], high: [1, 1] };
    expect(flow('conv2d', [row('11010'), w], same)).toBe('0=0 1:11010');
    expect(flow('conv2d', [row('11010'), w], { ...same, strides: [2, 2] })).toBe('0=0 1:100');
    expect(flow('conv2d', [row('11010'), w], { ...same, low: [0, 0], high: [0, 0] })).toBe('0=0 1:101');
    // A window that begins two before the first pixel has its centre outside.
    expect(flow('conv2d', [row('11010'), w], { ...same, low: [2, 2], high: [2, 2] })).toBe('0=0 1:0110100');
  });

  test('a 1 × 1 window mixes no positions, so nothing is filled', () => {
    const attrs = { strides: [1, 1], low: [0, 0], high: [0, 0] };
    const x: Kept = { shape: [2, 2, 2, 1], mask: '10', axes: [0] };
    expect(flow('conv2d', [{ ...x, axes: [1] }, { shape: [1, 1, 1, 1] }], attrs)).toBe('1:10');
    expect(flow('conv2d', [x, { shape: [2, 2, 1, 1] }], attrs)).toBe('0:10');
  });
});

test('one mask on both sides of a product is filled on the smaller side only', () => {
  const b = createBuilder('dot', ops);
  const types = [
    { dtype: 'f32' as const, shape: [5, 3] },
    { dtype: 'f32' as const, shape: [3, 2] },
  ];
  const mask = b.input('m', 'feed', { dtype: 'bool', shape: [3] });
  const def = ops.get('dot_general') as unknown as OpDef;
  const { fills } = def.keep({
    inputs: [[{ mask, axes: [1] }], [{ mask, axes: [0] }]],
    types,
    outputs: [{ dtype: 'f32', shape: [5, 2] }],
    attrs: { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] },
    builder: b,
  });
  expect(fills).toEqual([{ input: 1, keep: { mask, axes: [0] }, value: 0 }]);
});
