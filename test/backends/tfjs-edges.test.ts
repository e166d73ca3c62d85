// The edges of numbers on TensorFlow.js, in WebAssembly and in plain JavaScript.

import { beforeAll, describe } from 'vitest';
import { createTfjsEngine } from '../../src/backends/tfjs/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { apart, testAlike } from './alike.ts';
import { compositeEdges, coreEdges } from './edge-samples.ts';
import { graphOf, resultsOn, whole } from './op-catalogue.ts';

const samples = {
  'core ops': graphOf(coreEdges(), whole),
  composites: apart(graphOf(compositeEdges(), whole)),
};

for (const backend of ['wasm', 'cpu'] as const)
  for (const [title, { graph, cases }] of Object.entries(samples))
    describe(`${title} on ${backend}`, () => {
      let fetched: ReadonlyMap<string, HostTensor>;
      beforeAll(async () => {
        fetched = await resultsOn(createTfjsEngine({ backend }), { graph, cases });
      }, 120_000);
      testAlike(backend === 'wasm' ? 'tfjs' : 'tfjs-cpu', cases, () => fetched);
    });
