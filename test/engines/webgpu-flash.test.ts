// Flash attention on WebGPU, forward and backward, against the reference: edges of tiles, lengths that differ, grouped
// queries, biases at their own shapes, heads wider than a workgroup's registers, NaN and infinities.

import { describe, test } from 'vitest';
import { flashAttentionGrad } from '../../src/backends/webgpu/flash-backward.ts';
import { flashAttention } from '../../src/backends/webgpu/flash-forward.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { expectNear, random, referenceOf } from './webgpu-compare.ts';
import { runRule, testDevice } from './webgpu-kernels.ts';

interface Sizes {
  /** [B, H, G, T, S, K, V] */
  readonly sizes: readonly [number, number, number, number, number, number, number];
  readonly causal?: true;
  readonly bias?: HostTensor;
}

const tensor = (shape: readonly number[], data: readonly number[]): HostTensor => ({
  dtype: 'f32',
  shape,
  data: Float32Array.from(data),
});

const hiding = (shape: readonly number[], hides: (i: number) => boolean, by = -1e30): HostTensor =>
  tensor(
    shape,
    Array.from({ length: shape.reduce((n, d) => n * d, 1) }, (_, i) => (hides(i) ? by : 0)),
  );

const cases: Readonly<Record<string, Sizes>> = {
  'one query, one key': { sizes: [1, 1, 1, 1, 1, 1, 1] },
  'tiles to the edge': { sizes: [1, 2, 2, 32, 64, 32, 32] },
  'causal, fewer queries than keys': { sizes: [1, 1, 1, 33, 66, 8, 5], causal: true },
  'causal, more queries than keys': { sizes: [1, 1, 1, 66, 33, 8, 5], causal: true },
  'cross, values wider': { sizes: [2, 2, 2, 5, 40, 6, 37] },
  'grouped queries': { sizes: [2, 6, 2, 34, 34, 8, 8], causal: true },
  'multi-query, a bias of heads': { sizes: [1, 4, 1, 9, 40, 8, 8], bias: random([4, 1, 40], 'heads') },
  'heads of 136, values of 140': { sizes: [1, 1, 1, 33, 34, 136, 140] },
  'padded keys, one row wholly, and causality': {
    sizes: [2, 2, 2, 70, 70, 9, 9],
    causal: true,
    bias: hiding([2, 1, 1, 70], i => i > 20),
  },
  'a bias of all scores': { sizes: [2, 2, 2, 34, 33, 8, 8], bias: random([2, 2, 34, 33], 'all') },
  'keys at −∞, a tile wholly': {
    sizes: [1, 1, 1, 3, 70, 4, 4],
    bias: hiding([1, 1, 1, 70], i => i < 40, Number.NEGATIVE_INFINITY),
  },
  'scores near −10⁹, one for each query': {
    sizes: [1, 1, 1, 3, 7, 4, 4],
    bias: hiding([3, 1], () => true, -1e9),
  },
};

function inputsOf({ sizes: [B, H, G, T, S, K, V] }: Sizes): readonly HostTensor[] {
  return [random([B, H, T, K], 'q'), random([B, G, S, K], 'k'), random([B, G, S, V], 'v')];
}

async function compare(of: Sizes, [q, k, v]: readonly HostTensor[]): Promise<void> {
  const attrs = { scale: 0.4, causal: of.causal === true };
  const bias = of.bias === undefined ? [] : [of.bias];
  const device = await testDevice();
  const forward = [q!, k!, v!, ...bias];
  const expected = referenceOf('flash_attention', attrs, forward);
  const found = await runRule(device, flashAttention, 'flash_attention', attrs, forward, expected);
  // Where the sum is NaN, so is all that is made of it, and the largest score is of no matter.
  const sums = expected[2]!.data;
  const where = (t: HostTensor): HostTensor => ({
    ...t,
    dtype: 'f32',
    data: Float32Array.from(t.data, (value, i) => (Number.isNaN(sums[i]) ? 0 : value)),
  });
  expectNear(found[0]!, expected[0]!, 'out');
  expectNear(where(found[1]!), where(expected[1]!), 'max');
  expectNear(found[2]!, expected[2]!, 'sum');
  const backward = [...forward.slice(0, 3), ...expected, random(expected[0]!.shape, 'dout'), ...bias];
  const slopes = referenceOf('flash_attention_grad', attrs, backward);
  const made = await runRule(device, flashAttentionGrad, 'flash_attention_grad', attrs, backward, slopes);
  for (const [i, name] of ['dq', 'dk', 'dv'].entries()) expectNear(made[i]!, slopes[i]!, name);
}

describe('forward and backward', () => {
  test.each(Object.entries(cases))('%s', async (_, of) => compare(of, inputsOf(of)));
});

describe('numbers that are none', () => {
  const of: Sizes = { sizes: [1, 2, 2, 40, 40, 8, 8] };
  const spoiled = (input: number, at: number, by: number): readonly HostTensor[] =>
    inputsOf(of).map((t, i) => {
      if (i !== input) return t;
      const data = Float32Array.from(t.data);
      data[at] = by;
      return { ...t, dtype: 'f32', data };
    });
  test.each([
    ['NaN in a query', 0, Number.NaN],
    ['NaN in a key', 1, Number.NaN],
    ['NaN in a value', 2, Number.NaN],
    ['∞ in a query', 0, Number.POSITIVE_INFINITY],
    ['∞ in a value', 2, Number.POSITIVE_INFINITY],
  ])('%s', async (_, input, by) => compare(of, spoiled(input, 8 * 3 + 1, by)));
});

test('one slot may stand for queries, keys and values', async () => {
  const x = random([1, 2, 34, 8], 'x');
  const attrs = { scale: 0.4, causal: true };
  const [expected] = referenceOf('flash_attention', attrs, [x, x, x]);
  const shape = { dtype: 'f32', shape: [1, 2, 34] } as const;
  const same =
    (rule: typeof flashAttention): typeof flashAttention =>
    q =>
      rule({ ...q, inputs: q.inputs.map(() => q.inputs[0]!) });
  const outputs = [{ dtype: 'f32', shape: x.shape }, shape, shape] as const;
  const [found] = await runRule(
    await testDevice(),
    same(flashAttention),
    'flash_attention',
    attrs,
    [x, x, x],
    outputs,
  );
  expectNear(found!, expected!, 'out');
});
