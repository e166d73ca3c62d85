// Every op of the registry on TensorFlow against its reference: by TensorFlow's own kernels, and in clusters that XLA
// compiles.

import { beforeAll, describe, expect, test } from 'vitest';
import { createTensorflowEngine } from '../../src/backends/tensorflow/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { ops } from '../../src/ops/registry.ts';
import { apart, chained } from '../backends/alike.ts';
import { catalogue, expectAgreement, resultsOn, whole } from '../backends/op-catalogue.ts';

const core = catalogue(def => def.kind === 'core', whole);
const composites = apart(catalogue(def => def.decompose !== undefined, whole));

for (const [title, compiled, { graph, cases }] of [
  ['core ops by kernels', false, core],
  ['core ops in clusters', true, chained(core)],
  ['composites by kernels', false, composites],
  ['composites in clusters', true, chained(composites)],
] as const) {
  describe(title, () => {
    let fetched: ReadonlyMap<string, HostTensor>;
    beforeAll(async () => {
      fetched = await resultsOn(createTensorflowEngine({ compiled }), { graph, cases });
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
