// Contractions and convolutions of every layout, and shapes that reach several threads and vector code, on TensorFlow.

import { beforeAll, describe, test } from 'vitest';
import { createTensorflowEngine } from '../../src/backends/tensorflow/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { apart, chained } from '../backends/alike.ts';
import { largeComposites, largeCore } from '../backends/large-samples.ts';
import { contractions, convolutions } from '../backends/layout-samples.ts';
import { expectAgreement, graphOf, resultsOn, whole } from '../backends/op-catalogue.ts';

const large = graphOf(largeCore(), whole);
const composites = apart(graphOf(largeComposites(), whole));

for (const [title, compiled, { graph, cases }] of [
  // No cluster has a product in it.
  ['layouts', false, graphOf([...contractions(), ...convolutions()], whole)],
  ['large core ops by kernels', false, large],
  ['large core ops in clusters', true, chained(large)],
  ['large composites by kernels', false, composites],
  ['large composites in clusters', true, chained(composites)],
] as const)
  describe(title, () => {
    let fetched: ReadonlyMap<string, HostTensor>;
    beforeAll(async () => {
      fetched = await resultsOn(createTensorflowEngine({ compiled }), { graph, cases }, 2);
    }, 300_000);
    test.each(cases.map(c => [`${c.op} ${c.sample}`, c] as const))('%s', (_, c) => {
      expectAgreement(c, fetched);
    });
  });
