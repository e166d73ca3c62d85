// What core ops give on small inputs, worked out by hand or by another implementation.

import { describe, expect, test } from 'vitest';
import { erfOf } from '../../src/ops/erf.ts';
import { bools, floats, ints, runOp, valuesOf } from './run-op.ts';

describe('arithmetic of i32', () => {
  const a = ints([5], [-7, 7, 2147483647, -2147483648, 5]);
  const b = ints([5], [2, -2, 1, 1, 0]);

  test('add, sub and mul wrap', () => {
    expect(valuesOf('add', [a, b])).toEqual([-5, 5, -2147483648, -2147483647, 5]);
    expect(valuesOf('sub', [a, b])).toEqual([-9, 9, 2147483646, 2147483647, 5]);
    expect(valuesOf('mul', [ints([1], [0x9e3779b1 | 0]), ints([1], [3])])).toEqual([-626627309]);
  });

  test('div rounds down and rem takes the sign of the divisor', () => {
    expect(valuesOf('div', [a, b])).toEqual([-4, -4, 2147483647, -2147483648, 0]);
    expect(valuesOf('rem', [a, b])).toEqual([1, -1, 0, 0, 0]);
  });

  test('bits', () => {
    expect(valuesOf('bit_xor', [ints([2], [6, -1]), ints([2], [3, 1])])).toEqual([5, -2]);
    expect(valuesOf('bit_and', [ints([2], [6, -1]), ints([2], [3, 1])])).toEqual([2, 1]);
    expect(valuesOf('shift_right', [ints([2], [-1, 16])], { by: 28 })).toEqual([15, 0]);
  });
});

describe('elementwise', () => {
  test('rem of floats takes the sign of the divisor', () => {
    expect(valuesOf('rem', [floats([3], [-1, 5.5, 5.5]), floats([3], [3, 2, -2])])).toEqual([2, 1.5, -0.5]);
  });

  test('broadcasting', () => {
    const sum = runOp('add', [floats([2, 1], [10, 20]), floats([3], [1, 2, 3])])[0]!;
    expect(sum.shape).toEqual([2, 3]);
    expect([...sum.data]).toEqual([11, 12, 13, 21, 22, 23]);
  });

  test('casts truncate, and NaN that is not chosen stays out', () => {
    expect(valuesOf('cast', [floats([3], [1.9, -1.9, 0.5])], { to: 'i32' })).toEqual([1, -1, 0]);
    expect(valuesOf('cast', [floats([2], [0, -0.1])], { to: 'bool' })).toEqual([0, 1]);
    expect(valuesOf('select', [bools([2], [1, 0]), floats([2], [1, Number.NaN]), floats([], [9])])).toEqual([
      1, 9,
    ]);
  });

  test('comparisons', () => {
    const [a, b] = [floats([3], [1, 2, 3]), floats([3], [2, 2, 2])];
    expect(valuesOf('less', [a, b])).toEqual([1, 0, 0]);
    expect(valuesOf('less_equal', [a, b])).toEqual([1, 1, 0]);
    expect(valuesOf('equal', [a, b])).toEqual([0, 1, 0]);
  });

  test('erf agrees with the C library to 1e-15', () => {
    const known = [
      [-3.5, -0.9999992569016276],
      [-0.5, -0.5204998778130465],
      [1e-8, 1.1283791670955126e-8],
      [0.1, 0.1124629160182849],
      [1, 0.8427007929497149],
      [2.4, 0.999311486103355],
      [2.6, 0.9997639655834707],
      [5, 0.9999999999984626],
      [40, 1],
    ] as const;
    for (const [x, y] of known) expect(Math.abs(erfOf(x) - y)).toBeLessThan(1e-15);
    expect(erfOf(0)).toBe(0);
    expect(erfOf(Number.NaN)).toBeNaN();
  });
});

describe('axes', () => {
  const x = floats([2, 3], [1, 5, 3, 4, 2, 4]);

  test('reductions', () => {
    expect(valuesOf('reduce_sum', [x], { axes: [0], keepdims: false })).toEqual([5, 7, 7]);
    expect(runOp('reduce_max', [x], { axes: [1], keepdims: true })[0]).toMatchObject({
      shape: [2, 1],
      data: Float32Array.of(5, 4),
    });
    expect(valuesOf('reduce_max', [ints([2], [-5, -9])], { axes: [0], keepdims: false })).toEqual([-5]);
  });

  test('argmax and top_k take the lower index of equals', () => {
    expect(valuesOf('argmax', [x], { axis: 1 })).toEqual([1, 0]);
    const [values, indices] = runOp('top_k', [x], { k: 2 });
    expect([...values!.data]).toEqual([5, 3, 4, 4]);
    expect([...indices!.data]).toEqual([1, 2, 0, 2]);
    expect(indices!.dtype).toBe('i32');
  });

  test('transpose, slice, pad, concat', () => {
    expect(valuesOf('transpose', [x], { perm: [1, 0] })).toEqual([1, 4, 5, 2, 3, 4]);
    expect(valuesOf('slice', [x], { starts: [0, 0], limits: [2, 3], strides: [1, 2] })).toEqual([1, 3, 4, 4]);
    expect(valuesOf('pad', [floats([2], [1, 2])], { low: [1], high: [2], value: 7 })).toEqual([
      7, 1, 2, 7, 7,
    ]);
    expect(valuesOf('concat', [floats([2, 1], [1, 2]), x], { axis: 1 })).toEqual([1, 1, 5, 3, 2, 4, 2, 4]);
  });

  test('iota counts along its axis', () => {
    expect(valuesOf('iota', [], { dtype: 'i32', shape: [2, 3], axis: 0 })).toEqual([0, 0, 0, 1, 1, 1]);
    expect(valuesOf('iota', [], { dtype: 'i32', shape: [2, 3], axis: 1 })).toEqual([0, 1, 2, 0, 1, 2]);
  });

  test('take_along picks for each other position', () => {
    expect(valuesOf('take_along', [x, ints([2, 2], [2, 0, 1, 1])], { axis: 1 })).toEqual([3, 1, 2, 2]);
  });
});

describe('rows of a table', () => {
  const table = floats([3, 2], [1, 2, 3, 4, 5, 6]);

  test('gather and scatter_add', () => {
    expect(valuesOf('gather', [table, ints([2], [2, 0])])).toEqual([5, 6, 1, 2]);
    expect(valuesOf('scatter_add', [ints([3], [1, 1, 0]), table], { rows: 2 })).toEqual([5, 6, 4, 6]);
  });

  test('an id that is out of range is an error that names it', () => {
    expect(() => runOp('gather', [table, ints([1], [3])])).toThrow('gather: id 3 of a table of 3 rows');
    expect(() => runOp('scatter_add', [ints([1], [-1]), floats([1], [1])], { rows: 2 })).toThrow('id -1');
    expect(() => runOp('take_along', [table, ints([3, 1], [0, 2, 0])], { axis: 1 })).toThrow('index 2');
  });
});

describe('products', () => {
  test('dot_general puts batch axes first, then left, then right', () => {
    // lhs[k, b], rhs[b, n, k]: for b = 0: (1, 3) · ((1, 2), (3, 4)); for b = 1: (2, 4) · ((5, 6), (7, 8))
    const lhs = floats([2, 2], [1, 2, 3, 4]);
    const rhs = floats([2, 2, 2], [1, 2, 3, 4, 5, 6, 7, 8]);
    const attrs = { lhsBatch: [1], rhsBatch: [0], lhsContract: [0], rhsContract: [2] };
    expect(valuesOf('dot_general', [lhs, rhs], attrs)).toEqual([7, 15, 34, 46]);
  });

  test('conv2d is a cross-correlation over padded pixels', () => {
    const x = floats([1, 3, 3, 1], [1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const w = floats([2, 2, 1, 1], [1, 2, 3, 4]);
    expect(valuesOf('conv2d', [x, w], { strides: [1, 1], low: [0, 0], high: [0, 0] })).toEqual([
      37, 47, 67, 77,
    ]);
    expect(valuesOf('conv2d', [x, w], { strides: [2, 2], low: [1, 1], high: [0, 0] })).toEqual([
      4, 18, 36, 77,
    ]);
  });
});

describe('random bits', () => {
  test('agree with an implementation in Python', () => {
    const at = (seed: number, step: number, shape: number[], identity: number) =>
      valuesOf('random_bits', [ints([], [seed]), ints([], [step])], { shape, identity });
    expect(at(7, 3, [5], 12345)).toEqual([1165329897, 1927522029, -346829356, -100463959, 865935978]);
    expect(at(-5, 1, [3, 1], -123456789)).toEqual([1019419580, -612893261, -1497076498]);
  });

  test('are about half ones in every place', () => {
    const n = 4096;
    const drawn = valuesOf('random_bits', [ints([], [1]), ints([], [1])], { shape: [n], identity: 1 });
    for (let place = 0; place < 32; place++) {
      const ones = drawn.filter(bits => (bits >>> place) & 1).length;
      expect(Math.abs(ones / n - 0.5)).toBeLessThan(0.04);
    }
  });
});
