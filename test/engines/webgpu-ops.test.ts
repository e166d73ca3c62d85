// Every op of the registry on WebGPU against its reference: each by itself, and joined with what follows it.

import { beforeAll, describe, expect, test } from 'vitest';
import { nodeSource } from '../../src/backends/webgpu/dawn.ts';
import { createWebgpuEngine } from '../../src/backends/webgpu/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { ops } from '../../src/ops/registry.ts';
import { apart, chained } from '../backends/alike.ts';
import { catalogue, expectAgreement, resultsOn, whole } from '../backends/op-catalogue.ts';

const core = catalogue(def => def.kind === 'core', whole);
const all = catalogue(def => def.decompose !== undefined, whole);
const composites = apart(all);
const { target } = createWebgpuEngine(nodeSource);

for (const [title, { graph, cases }] of [
  ['core ops', core],
  ['core ops, joined', chained(core)],
  ['composites, decomposed', composites],
  ['composites, as the engine runs them', apart(all, target.composites)],
  ['composites, decomposed and joined', chained(composites)],
] as const) {
  describe(title, () => {
    let fetched: ReadonlyMap<string, HostTensor>;
    beforeAll(async () => {
      fetched = await resultsOn(createWebgpuEngine(nodeSource), { graph, cases });
    }, 300_000);
    test.each(cases.map(c => [`${c.op}: ${c.sample}`, c] as const))('%s', (_, c) => {
      expectAgreement(c, fetched);
    });
  });
}

test('the catalogue reaches every core op', () => {
  const reached = new Set(core.cases.map(c => c.op));
  expect([...ops.values()].filter(d => d.kind === 'core' && !reached.has(d.name))).toEqual([]);
});
