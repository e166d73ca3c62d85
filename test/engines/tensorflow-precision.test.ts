// Mixed precision on TensorFlow: every op of the registry with its products in bf16 and in f16, against the reference
// in f32; by TensorFlow's own kernels, and in clusters that XLA compiles.

import { beforeAll, describe, expect, test } from 'vitest';
import { createTensorflowEngine } from '../../src/backends/tensorflow/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { decompose } from '../../src/compiler/passes/decompose.ts';
import { narrowProducts } from '../../src/compiler/passes/precision.ts';
import { ops } from '../../src/ops/registry.ts';
import { catalogue, expectAgreement, resultsOn, whole } from '../backends/op-catalogue.ts';

const all = catalogue(() => true, whole);
const apart = decompose(all.graph, ops, new Set());

for (const precision of ['bf16', 'f16'] as const) {
  const graph = narrowProducts.run(apart, { registry: ops, target: undefined, precision });

  test(`every product is ${precision}`, () => {
    const products = graph.nodes.filter(n => n.op === 'dot_general' || n.op.startsWith('conv2d'));
    expect(products.length).toBeGreaterThan(20);
    for (const { op, inputs, outputs } of products)
      expect([...inputs, ...outputs].map(id => graph.types[id]?.dtype), op).toEqual(Array(3).fill(precision));
  });

  for (const [title, compiled] of [
    ['by kernels', false],
    ['in clusters', true],
  ] as const) {
    describe(`${precision}, ${title}`, () => {
      let fetched: ReadonlyMap<string, HostTensor>;
      beforeAll(async () => {
        const { cases } = all;
        fetched = await resultsOn(createTensorflowEngine({ compiled }), { graph, cases });
      });
      test.each(all.cases.map(c => [`${c.op}: ${c.sample}`, c] as const))('%s', (_, c) => {
        expectAgreement(c, fetched, 2e-2);
      });
    });
  }
}
