// Every op in the form that files have, by ops of the ONNX standard alone, against its reference.

import * as ort from 'onnxruntime-node';
import { beforeAll, expect, test } from 'vitest';
import { emitGraph } from '../../src/backends/onnx/emit-graph.ts';
import { onnxFileTarget } from '../../src/backends/onnx/model-file.ts';
import { encodeModel } from '../../src/backends/onnx/model-proto.ts';
import { fromOrt, toOrt } from '../../src/backends/onnx/tensors.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { catalogue, expectAgreement, whole } from '../backends/op-catalogue.ts';

const { composites } = onnxFileTarget;
const { graph, cases } = catalogue(def => def.kind === 'core' || composites.has(def.name), whole);
const emitted = emitGraph(graph, true);

let fetched: ReadonlyMap<string, HostTensor>;
beforeAll(async () => {
  const session = await ort.InferenceSession.create(encodeModel(emitted.model));
  const given = new Map(cases.flatMap(c => c.feeds));
  const feeds = emitted.inputs.flatMap(i => {
    const tensor = given.get(i.name);
    return tensor === undefined ? [] : [[i.onnx, toOrt(ort, tensor)] as const];
  });
  const results = await session.run(Object.fromEntries(feeds));
  fetched = new Map(
    emitted.outputs.flatMap(o => {
      const tensor = results[o.onnx];
      return tensor === undefined ? [] : [[o.name, fromOrt(tensor, o.type)] as const];
    }),
  );
}, 60_000);

test('no op is the runtime’s own', () => {
  expect(cases.length).toBeGreaterThan(100);
  expect(new Set(emitted.model.nodes.map(n => n.domain))).toEqual(new Set(['']));
  expect(emitted.model.nodes.map(n => n.op)).not.toContain('SimplifiedLayerNormalization');
});

test.each(cases.map(c => [`${c.op}: ${c.sample}`, c] as const))('%s', (_, c) => {
  expectAgreement(c, fetched);
});
