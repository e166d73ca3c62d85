// Convolutions on WebGPU and their adjoints against the reference: windows over edges, strides with a rest, paddings
// of all sides, results over several tiles, sums in parts.

import { describe, test } from 'vitest';
import { convolutions } from '../../src/backends/webgpu/convolution.ts';
import { expectNear, random, referenceOf } from './webgpu-compare.ts';
import { runRule, testDevice } from './webgpu-kernels.ts';

interface Conv {
  readonly x: readonly [number, number, number, number];
  readonly w: readonly [number, number, number, number];
  readonly strides?: readonly [number, number];
  readonly low?: readonly [number, number];
  readonly high?: readonly [number, number];
}

const cases: Readonly<Record<string, Conv>> = {
  same: { x: [2, 9, 7, 5], w: [3, 3, 5, 9], low: [1, 1], high: [1, 1] },
  patches: { x: [2, 8, 8, 3], w: [4, 4, 3, 40], strides: [4, 4] },
  uneven: { x: [2, 19, 16, 7], w: [2, 3, 7, 15], strides: [2, 3], low: [1, 0], high: [0, 2] },
  'one by one': { x: [1, 5, 7, 33], w: [1, 1, 33, 34] },
  'long sums': { x: [4, 12, 12, 3], w: [3, 3, 3, 5], low: [1, 1], high: [1, 1] },
};

describe('convolutions', () => {
  test.each(Object.entries(cases))(
    '%s',
    async (_, { x, w, strides = [1, 1], low = [0, 0], high = [0, 0] }) => {
      const device = await testDevice();
      const window = { strides, low, high };
      const [image, kernel] = [random(x, 'x'), random(w, 'w')];
      const [y] = referenceOf('conv2d', window, [image, kernel]);
      const dy = random(y!.shape, 'dy');
      for (const [op, attrs, inputs] of [
        ['conv2d', window, [image, kernel]],
        ['conv2d_input_grad', { ...window, height: x[1], width: x[2] }, [dy, kernel]],
        ['conv2d_weight_grad', { ...window, size: w.slice(0, 2) }, [image, dy]],
      ] as const) {
        const [expected] = referenceOf(op, attrs, inputs);
        const [found] = await runRule(device, convolutions[op], op, attrs, inputs, [expected!]);
        expectNear(found!, expected!, op);
      }
    },
  );
});
