// Every block of the standard library on TensorFlow, forward and backward, against PyTorch.

import { describe, test } from 'vitest';
import { createTensorflowEngine } from '../../src/backends/tensorflow/engine.ts';
import { compiledOn, expectGolden, namedBlocks, probed, tensorsOf } from '../golden/blocks.ts';
import { single } from '../golden/golden.ts';

const tensorflow = createTensorflowEngine();

describe('blocks of std', () => {
  test.each(namedBlocks)(
    '%s',
    async (_, entry) => {
      const graph = probed(entry, entry.learning);
      expectGolden(entry, await compiledOn(tensorflow, graph, single(tensorsOf(entry))), 1e-4);
    },
    120_000,
  );
});
