// The forms that the onnx engine chooses for contractions and convolutions, against the reference.

import { beforeAll, describe, expect, test } from 'vitest';
import { emitGraph } from '../../src/backends/onnx/emit-graph.ts';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Attrs } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { contractions, convolutions } from './layout-samples.ts';
import { expectAgreement, graphOf, resultsOn, whole } from './op-catalogue.ts';

describe('layouts', () => {
  const { graph, cases } = graphOf([...contractions(), ...convolutions()], whole);
  let fetched: ReadonlyMap<string, HostTensor>;
  beforeAll(async () => {
    fetched = await resultsOn(createOnnxEngine(), { graph, cases });
  });
  test.each(cases.map(c => [`${c.op} ${c.sample}`, c] as const))('%s', (_, c) => {
    expectAgreement(c, fetched);
  });
});

/** The ONNX ops of one contraction of a and b. */
function opsOf(a: readonly number[], b: readonly number[], attrs: Attrs): readonly string[] {
  const builder = createBuilder('one', ops);
  const types = [a, b].map(shape => ({ dtype: 'f32', shape }) as const);
  const inputs = types.map((type, i) => builder.input(`x${i}`, 'feed', type));
  builder.output('y', 'fetch', builder.one('dot_general', inputs, attrs));
  return emitGraph(builder.finish()).model.nodes.map(n => n.op);
}

test('what a flag can say is not transposed', () => {
  const plain = { lhsBatch: [], rhsBatch: [] };
  const linear = { ...plain, lhsContract: [2], rhsContract: [0] };
  expect(opsOf([2, 3, 4], [4, 5], linear)).toEqual(['Reshape', 'MatMul', 'Reshape']);
  const weightGradient = { ...plain, lhsContract: [0, 1], rhsContract: [0, 1] };
  expect(opsOf([2, 3, 4], [2, 3, 5], weightGradient)).toEqual(['Reshape', 'Reshape', 'FusedMatMul']);
  const scores = { lhsBatch: [0, 1], rhsBatch: [0, 1], lhsContract: [3], rhsContract: [3] };
  expect(opsOf([2, 3, 4, 5], [2, 3, 6, 5], scores)).not.toContain('Transpose');
  const timeMajor = { lhsBatch: [1], rhsBatch: [1], lhsContract: [2], rhsContract: [2] };
  expect(opsOf([4, 3, 5], [6, 3, 5], timeMajor)).toEqual(['FusedMatMul']);
});
