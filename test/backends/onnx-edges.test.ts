// The edges of numbers on ONNX Runtime.

import { beforeAll, describe } from 'vitest';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { testAlike } from './alike.ts';
import { compositeEdges, coreEdges } from './edge-samples.ts';
import { graphOf, resultsOn, whole } from './op-catalogue.ts';

describe.each([
  ['core ops', coreEdges()],
  ['composites', compositeEdges()],
])('%s', (_, samples) => {
  const { graph, cases } = graphOf(samples, whole);
  let fetched: ReadonlyMap<string, HostTensor>;
  beforeAll(async () => {
    fetched = await resultsOn(createOnnxEngine(), { graph, cases });
  });
  testAlike('onnx', cases, () => fetched);
});
