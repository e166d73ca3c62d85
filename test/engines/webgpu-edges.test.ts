// The edges of numbers on WebGPU: each op by itself, and joined with what follows it.

import { beforeAll, describe } from 'vitest';
import { nodeSource } from '../../src/backends/webgpu/dawn.ts';
import { createWebgpuEngine } from '../../src/backends/webgpu/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { apart, chained, testAlike } from '../backends/alike.ts';
import { compositeEdges, coreEdges } from '../backends/edge-samples.ts';
import { graphOf, resultsOn, whole } from '../backends/op-catalogue.ts';

const samples = {
  'core ops': graphOf(coreEdges(), whole),
  'composites, decomposed': apart(graphOf(compositeEdges(), whole)),
  composites: apart(graphOf(compositeEdges(), whole), createWebgpuEngine(nodeSource).target.composites),
};

for (const [title, catalogue] of Object.entries(samples))
  for (const isJoined of [false, true])
    describe(isJoined ? `${title}, joined` : title, () => {
      const { graph, cases } = isJoined ? chained(catalogue) : catalogue;
      let fetched: ReadonlyMap<string, HostTensor>;
      beforeAll(async () => {
        fetched = await resultsOn(createWebgpuEngine(nodeSource), { graph, cases });
      }, 300_000);
      testAlike('webgpu', cases, () => fetched, isJoined);
    });
