// Every op of the registry on the backends of TensorFlow.js against its reference.

import { beforeAll, describe, expect, test } from 'vitest';
import { createTfjsEngine } from '../../src/backends/tfjs/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { decompose } from '../../src/compiler/passes/decompose.ts';
import { ops } from '../../src/ops/registry.ts';
import { catalogue, expectAgreement, resultsOn, whole } from './op-catalogue.ts';

const core = catalogue(def => def.kind === 'core', whole);
const composites = catalogue(def => def.decompose !== undefined, whole);
const apart = { ...composites, graph: decompose(composites.graph, ops, new Set()) };

describe.each(['cpu', 'wasm'] as const)('on %s', backend => {
  describe.each([
    ['core ops', core],
    ['composites, taken apart', apart],
  ] as const)('%s', (_, { graph, cases }) => {
    let fetched: ReadonlyMap<string, HostTensor>;
    beforeAll(async () => {
      fetched = await resultsOn(createTfjsEngine({ backend }), { graph, cases });
    });
    test.each(cases.map(c => [`${c.op}: ${c.sample}`, c] as const))('%s', (_, c) => {
      expectAgreement(c, fetched);
    });
  });
});

test('the catalogue reaches every core op', () => {
  const reached = new Set(core.cases.map(c => c.op));
  expect([...ops.values()].filter(d => d.kind === 'core' && !reached.has(d.name))).toEqual([]);
});
