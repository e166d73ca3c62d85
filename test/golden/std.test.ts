// Every block of the standard library against PyTorch (test/golden/std.json, made by bench/golden/make.py): outputs
// and gradients of inputs and weights, as written, as compiled, and on onnx.

import { beforeAll, describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { stdSources } from '../../src/dsl/std/sources.ts';
import { parse } from '../../src/dsl/syntax/parse.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { compiledOn, expectGolden, namedBlocks, probed, tensorsOf, withGradients } from './blocks.ts';
import { expectNear, golden, single, wave } from './golden.ts';

/** Their values are drawn: draws.test.ts (test/dsl/semantics) and sampling.test.ts (test/compiler) hold them to what they promise. */
const drawn = [
  'chance',
  'gumbel',
  'gumbel_noise',
  'noise',
  'placed',
  'random_order',
  'sample',
  'shuffle_some',
  'spans',
];

test('every block of std is here, called by its name', () => {
  const names = stdSources.flatMap(({ file, text }) =>
    (parse(text, file).value?.items ?? []).flatMap(item => (item.kind === 'block' ? [item.name.text] : [])),
  );
  const held = new Set([...golden.blocks.map(e => e.block), ...drawn]);
  expect([...held].sort()).toEqual([...names].sort());
  expect(golden.blocks.filter(e => !e.returns.includes(`${e.block}(`))).toEqual([]);
});

const onnx = createOnnxEngine();
const reference = createReferenceEngine({ precision: 'f64' });
describe.each(namedBlocks)('%s', (_, entry) => {
  const tensors = tensorsOf(entry);
  let graph: Graph;
  beforeAll(() => {
    graph = probed(entry, entry.learning);
  });

  test('has the same weights', () => {
    const weights = graph.inputs
      .filter(i => i.role === 'weight' || i.role === 'state')
      .map(i => [i.name, graph.types[i.id]?.shape]);
    const wanted = Object.entries(entry.weights).map(([path, { shape }]) => [`probe.${path}`, shape]);
    expect(Object.fromEntries(weights)).toEqual(Object.fromEntries(wanted));
  });
  test('as written', () => {
    expectGolden(entry, evaluate(withGradients(graph), tensors, { precision: 'f64' }), 1e-5);
  });
  test('as compiled', async () => {
    expectGolden(entry, await compiledOn(reference, graph, tensors), 1e-5);
  });
  test('on onnx', async () => {
    expectGolden(entry, await compiledOn(onnx, graph, single(tensors)), 1e-4);
  });
});

describe('dropout while learning', () => {
  const { rate, kept, gradient, ...x } = golden.dropout;
  const call = { params: 'x: float[B, T, D]', returns: `dropout(x, rate: ${rate})`, inputs: { x } };
  const integer = (n: number): HostTensor => ({ dtype: 'i32', shape: [], data: Int32Array.of(n) });

  test.each([
    ['reference', reference, 1e-5],
    ['onnx', onnx, 1e-4],
  ])('drops or scales up each value with its gradient, on %s', async (_, engine, tolerance) => {
    const graph = probed(call, true);
    let dropped = 0;
    for (let step = 1; step <= 20; step++) {
      const given = new Map([
        ['x', wave(x)],
        ['step', integer(step)],
        ['seed', integer(7)],
      ]);
      const results = await compiledOn(engine, graph, single(given));
      const out = [...(results.get('out')?.data ?? [])];
      const whole = (values: readonly number[]) => values.map((v, i) => (out[i] === 0 ? 0 : v));
      expectNear(out, whole(kept), tolerance, 'out');
      expectNear(results.get('grad x')?.data ?? [], whole(gradient), tolerance, 'gradient');
      dropped += out.filter(v => v === 0).length;
    }
    // Four standard deviations of a binomial share of 960.
    expect(Math.abs(dropped / 960 - rate)).toBeLessThan(4 * Math.sqrt((rate * (1 - rate)) / 960));
  });
});
