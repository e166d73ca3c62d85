// Every op of the registry on ONNX Runtime against its reference, whole and, for composites, decomposed.

import { beforeAll, describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { ops } from '../../src/ops/registry.ts';
import { catalogue, expectAgreement, resultsOn, whole } from './op-catalogue.ts';

const { target } = createOnnxEngine();
const asGiven = catalogue(def => def.kind === 'core' || target.composites.has(def.name), whole);
/** Graphs without gradients take other forms of some ops. */
const forward = catalogue(def => target.composites.has(def.name) && !def.name.endsWith('_grad'), whole);
const apart = catalogue(
  def => def.decompose !== undefined,
  (builder, def, inputs, attrs) => def.decompose!({ builder, inputs, attrs }),
);

for (const [title, { graph, cases }] of [
  ['ops', asGiven],
  ['composites without their gradients', forward],
  ['decomposed composites', apart],
] as const) {
  describe(title, () => {
    let fetched: ReadonlyMap<string, HostTensor>;
    beforeAll(async () => {
      fetched = await resultsOn(createOnnxEngine(), { graph, cases });
    });
    test.each(cases.map(c => [`${c.op}: ${c.sample}`, c] as const))('%s', (_, c) => {
      expectAgreement(c, fetched);
    });
  });
}

test('the catalogue reaches every op that the engine is given whole', () => {
  const reached = new Set(asGiven.cases.map(c => c.op));
  const wanted = [...ops.values()].filter(d => d.kind === 'core' || target.composites.has(d.name));
  expect(wanted.map(d => d.name).filter(name => !reached.has(name))).toEqual([]);
});
