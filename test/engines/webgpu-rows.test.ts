// Norms, softmax with its gradient and cross entropy on WebGPU against the reference: rows shorter and longer than
// a workgroup, axes in the middle, rows that are all hidden, NaN and infinities.

import { describe, test } from 'vitest';
import type { KernelRule } from '../../src/backends/webgpu/kernel.ts';
import { layerNorm, rmsNorm } from '../../src/backends/webgpu/norm.ts';
import { logsumexp, softmax, softmaxCrossEntropy, softmaxGrad } from '../../src/backends/webgpu/softmax.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import type { Attrs } from '../../src/ir/graph.ts';
import { expectNear, random, referenceOf } from './webgpu-compare.ts';
import { runRule, testDevice } from './webgpu-kernels.ts';

async function compare(
  op: string,
  rule: KernelRule,
  attrs: Attrs,
  inputs: readonly HostTensor[],
  used?: readonly boolean[],
): Promise<void> {
  const expected = referenceOf(op, attrs, inputs);
  const found = await runRule(await testDevice(), rule, op, attrs, inputs, expected, used);
  for (const [i, want] of expected.entries())
    if (used?.[i] !== false) expectNear(found[i]!, want, `${op} ${i}`);
}

/** Every tenth row hidden, one with NaN, one with ∞, one of −∞ alone. */
function spoiled(x: HostTensor, length: number): HostTensor {
  const data = Float32Array.from(x.data);
  for (const [row, value] of [
    -1e30,
    Number.NaN,
    Number.POSITIVE_INFINITY,
    Number.NEGATIVE_INFINITY,
  ].entries())
    data.fill(value, row * length, row * length + (row === 0 || row === 3 ? length : 1));
  return { ...x, dtype: 'f32', data };
}

const shapes = { short: [7, 5], long: [5, 1100], single: [70, 1] } as const;

describe('softmax', () => {
  test.each(Object.entries(shapes))('%s rows', async (_, shape) => {
    const x = spoiled(random(shape, 'x'), shape[1]);
    await compare('softmax', softmax, { axis: 1 }, [x]);
    await compare('softmax_grad', softmaxGrad, { axis: 1 }, [random(shape, 'y'), random(shape, 'dy')]);
    await compare('logsumexp', logsumexp, { axis: 1, keepdims: false }, [x]);
  });
  test('along an axis in the middle', async () => {
    const x = random([2, 40, 3], 'x');
    await compare('softmax', softmax, { axis: 1 }, [x]);
    await compare('softmax_grad', softmaxGrad, { axis: 1 }, [x, x]);
    await compare('logsumexp', logsumexp, { axis: 1, keepdims: true }, [x]);
  });
});

describe('cross entropy', () => {
  const labels: HostTensor = { dtype: 'i32', shape: [7], data: Int32Array.of(0, 4, 2, 0, 1, 3, 4) };
  const x = spoiled(random([7, 5], 'x'), 5);
  test.each([
    ['both', undefined],
    ['the loss alone', [true, false]],
    ['the probabilities alone', [false, true]],
  ])('%s', async (_, used) => compare('softmax_cross_entropy', softmaxCrossEntropy, {}, [x, labels], used));
});

describe.each([
  ['layer_norm', layerNorm],
  ['rms_norm', rmsNorm],
] as const)('%s', (op, rule) => {
  test.each(Object.entries(shapes))('%s rows', async (_, shape) => {
    await compare(op, rule, { epsilon: 1e-3 }, [random(shape, 'x')]);
  });
  test('far from zero, and NaN', async () => {
    const x = random([6, 33], 'x');
    for (const [i, value] of x.data.entries()) x.data[i] = value + 100;
    x.data[40] = Number.NaN;
    await compare(op, rule, { epsilon: 1e-5 }, [x], [true, false]);
  });
});
