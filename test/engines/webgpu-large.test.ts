// Contractions and convolutions of every layout, and shapes that reach several workgroups and both steps of a
// reduction, on WebGPU.

import { beforeAll, describe, test } from 'vitest';
import { nodeSource } from '../../src/backends/webgpu/dawn.ts';
import { createWebgpuEngine } from '../../src/backends/webgpu/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { apart } from '../backends/alike.ts';
import { largeComposites, largeCore } from '../backends/large-samples.ts';
import { contractions, convolutions } from '../backends/layout-samples.ts';
import { expectAgreement, graphOf, resultsOn, whole } from '../backends/op-catalogue.ts';

for (const [title, { graph, cases }] of [
  ['layouts', graphOf([...contractions(), ...convolutions()], whole)],
  ['large core ops', graphOf(largeCore(), whole)],
  ['large composites, decomposed', apart(graphOf(largeComposites(), whole))],
  [
    'large composites',
    apart(graphOf(largeComposites(), whole), createWebgpuEngine(nodeSource).target.composites),
  ],
] as const)
  describe(title, () => {
    let fetched: ReadonlyMap<string, HostTensor>;
    beforeAll(async () => {
      fetched = await resultsOn(createWebgpuEngine(nodeSource), { graph, cases });
    }, 300_000);
    test.each(cases.map(c => [`${c.op} ${c.sample}`, c] as const))('%s', (_, c) => {
      expectAgreement(c, fetched);
    });
  });
