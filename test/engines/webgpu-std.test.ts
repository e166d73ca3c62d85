// Every block of the standard library on WebGPU, forward and backward, against PyTorch.

import { describe, test } from 'vitest';
import { nodeSource } from '../../src/backends/webgpu/dawn.ts';
import { createWebgpuEngine } from '../../src/backends/webgpu/engine.ts';
import { compiledOn, expectGolden, namedBlocks, probed, tensorsOf } from '../golden/blocks.ts';
import { single } from '../golden/golden.ts';

const webgpu = createWebgpuEngine(nodeSource);

describe('blocks of std', () => {
  test.each(namedBlocks)(
    '%s',
    async (_, entry) => {
      const graph = probed(entry, entry.learning);
      expectGolden(entry, await compiledOn(webgpu, graph, single(tensorsOf(entry))), 1e-4);
    },
    120_000,
  );
});
