// The edges of numbers on TensorFlow: by its own kernels, and in clusters that XLA compiles.

import { beforeAll, describe } from 'vitest';
import { createTensorflowEngine } from '../../src/backends/tensorflow/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { apart, chained, testAlike } from '../backends/alike.ts';
import { compositeEdges, coreEdges } from '../backends/edge-samples.ts';
import { graphOf, resultsOn, whole } from '../backends/op-catalogue.ts';

const samples = {
  'core ops': graphOf(coreEdges(), whole),
  composites: apart(graphOf(compositeEdges(), whole)),
};

for (const [title, catalogue] of Object.entries(samples))
  for (const compiled of [false, true])
    describe(`${title} ${compiled ? 'in clusters' : 'by kernels'}`, () => {
      const { graph, cases } = compiled ? chained(catalogue) : catalogue;
      let fetched: ReadonlyMap<string, HostTensor>;
      beforeAll(async () => {
        fetched = await resultsOn(createTensorflowEngine({ compiled }), { graph, cases });
      }, 300_000);
      testAlike('tensorflow', cases, () => fetched, compiled);
    });
