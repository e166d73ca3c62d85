// Products on WebGPU against the reference: axes of any order, edges of tiles, sums that are shared out, linear with
// its bias and activation.

import { describe, test } from 'vitest';
import { dotGeneral, linear } from '../../src/backends/webgpu/matmul.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { linearActivations } from '../../src/ops/composite/linear.ts';
import type { DotAttrs } from '../../src/ops/dot.ts';
import { expectNear, random, referenceOf } from './webgpu-compare.ts';
import { runRule, testDevice } from './webgpu-kernels.ts';

type Dot = readonly [x: readonly number[], w: readonly number[], attrs: DotAttrs];
const dims = (
  lhsContract: readonly number[],
  rhsContract: readonly number[],
  lhsBatch: readonly number[] = [],
  rhsBatch = lhsBatch,
): DotAttrs => ({ lhsBatch, rhsBatch, lhsContract, rhsContract });

const dots: Readonly<Record<string, Dot>> = {
  'rows by columns': [[5, 7], [7, 3], dims([1], [0])],
  'tiles of 64 to the edge and over it': [[512, 33], [33, 513], dims([1], [0])],
  'the right side transposed': [[40, 50], [35, 50], dims([1], [1])],
  'both transposed': [[50, 40], [35, 50], dims([0], [1])],
  'batches in the middle': [[39, 2, 18], [2, 18, 37], dims([2], [1], [1], [0])],
  'two batch axes and two contracted': [[2, 3, 4, 15, 6], [2, 3, 6, 4, 33], dims([2, 4], [3, 2], [0, 1])],
  'a long sum in parts': [[700, 12], [700, 9], dims([0], [0])],
  'a product of a vector with itself': [[600], [600], dims([0], [0])],
  'an outer product': [[5], [6], dims([], [])],
};

async function compare(
  rule: typeof dotGeneral,
  op: string,
  attrs: DotAttrs | { readonly activation: string },
  inputs: readonly HostTensor[],
): Promise<void> {
  const [expected] = referenceOf(op, attrs, inputs);
  const [found] = await runRule(await testDevice(), rule, op, attrs, inputs, [expected!]);
  expectNear(found!, expected!, op);
}

describe('dot_general', () => {
  test.each(Object.entries(dots))('%s', async (_, [x, w, attrs]) =>
    compare(dotGeneral, 'dot_general', attrs, [random(x, 'x'), random(w, 'w')]),
  );
  test('NaN and infinities go where they go', async () => {
    const x = random([34, 40], 'x');
    x.data[21] = Number.NaN;
    x.data[60] = Number.POSITIVE_INFINITY;
    await compare(dotGeneral, 'dot_general', dims([1], [0]), [x, random([40, 33], 'w')]);
  });
});

describe('linear', () => {
  test.each(linearActivations)('%s', async activation =>
    compare(linear, 'linear', { activation }, [
      random([33, 31], 'x'),
      random([31, 34], 'w'),
      random([34], 'b'),
    ]),
  );
  test('a thread for each result', async () =>
    compare(linear, 'linear', { activation: 'gelu' }, [
      random([3, 7], 'x'),
      random([7, 5], 'w'),
      random([5], 'b'),
    ]));
  test('without bias, in parts', async () =>
    compare(linear, 'linear', { activation: 'relu' }, [random([9, 1100], 'x'), random([1100, 5], 'w')]));
  test('with bias, in parts', async () =>
    compare(linear, 'linear', { activation: 'silu' }, [
      random([9, 1100], 'x'),
      random([1100, 5], 'w'),
      random([5], 'b'),
    ]));
});
