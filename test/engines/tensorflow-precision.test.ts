// Mixed precision on TensorFlow: every op that has products, in bf16 and in f16, against the reference in f32; by
// TensorFlow's own kernels, and in clusters that XLA compiles. The graphs of the others stay what they are in f32.

import { beforeAll, describe, expect, test } from 'vitest';
import { createTensorflowEngine } from '../../src/backends/tensorflow/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { decompose } from '../../src/compiler/passes/decompose.ts';
import { narrowOps, narrowProducts, productComposites } from '../../src/compiler/passes/precision.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import { ops } from '../../src/ops/registry.ts';
import { catalogue, expectAgreement, planOf, resultsOn, stream, whole } from '../backends/op-catalogue.ts';

const all = catalogue(def => [...narrowOps, ...productComposites].includes(def.name), whole);
const apart = decompose(all.graph, ops, new Set());

for (const precision of ['bf16', 'f16'] as const) {
  const graph = narrowProducts.run(apart, { registry: ops, target: undefined, precision });

  test(`every product is ${precision}`, () => {
    const products = graph.nodes.filter(n => n.op === 'dot_general' || n.op.startsWith('conv2d'));
    expect(products.length).toBeGreaterThan(20);
    for (const { op, inputs, outputs } of products)
      expect(
        [...inputs, ...outputs].map(id => graph.types[id]?.dtype),
        op,
      ).toEqual(Array(3).fill(precision));
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
      }, 300_000);
      test.each(all.cases.map(c => [`${c.op}: ${c.sample}`, c] as const))('%s', (_, c) => {
        expectAgreement(c, fetched, 2e-2);
      });
    });
  }
}

test.each(['bf16', 'f16'] as const)('long sums in %s are as near as short ones', async precision => {
  const K = 4096;
  const b = createBuilder('long', ops);
  const x = b.input('x', 'feed', { dtype: 'f32', shape: [8, K] });
  const y = b.one('dot_general', [x, x], {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [1],
    rhsContract: [1],
  });
  b.output('y', 'fetch', y);
  const graph = narrowProducts.run(b.finish(), { registry: ops, target: undefined, precision });
  const next = stream(1);
  const data = Float32Array.from({ length: 8 * K }, next);
  const session = await createTensorflowEngine().open(new Map([['long', planOf(graph)]]), { threads: 1 });
  const given = new Map([['x', { dtype: 'f32', shape: [8, K], data } as const]]);
  const got = (await session.run('long', given)).get('y')?.data ?? [];
  await session.close();
  for (let i = 0; i < 8; i++)
    for (let j = 0; j < 8; j++) {
      let sum = 0;
      for (let k = 0; k < K; k++) sum += (data[i * K + k] ?? 0) * (data[j * K + k] ?? 0);
      expect(Math.abs((got[8 * i + j] ?? 0) - sum)).toBeLessThan(5e-3 * sum);
    }
});
