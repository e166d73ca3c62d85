// Every block of the standard library against PyTorch (test/golden/std.json, made by bench/golden/make.py): outputs
// and gradients of inputs and weights, as written, as compiled, and on onnx.

import { beforeAll, describe, expect, test } from 'vitest';
import type { Engine } from '../../src/backends/engine.ts';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { differentiate } from '../../src/compiler/differentiate.ts';
import { optimize } from '../../src/compiler/optimize.ts';
import { recognise } from '../../src/compiler/recognise.ts';
import { schedule } from '../../src/compiler/schedule.ts';
import { stdSources } from '../../src/dsl/std/sources.ts';
import { parse } from '../../src/dsl/syntax/parse.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { type ProbeInput, probe } from '../dsl/semantics/probe.ts';
import { expectNear, type GoldenBlock, golden, inputTensor, maskTensor, single, wave } from './golden.ts';

type Results = ReadonlyMap<string, HostTensor>;

/** The graph with `grad NAME` for each float input and weight that the loss depends on. */
function withGradients(graph: Graph): Graph {
  const b = createBuilder(graph.name, ops, { from: graph, keepOutputs: true });
  const loss = graph.outputs.find(o => o.name === 'loss');
  const leaves = graph.inputs.filter(i => i.role !== 'state' && graph.types[i.id]?.dtype === 'f32');
  const ids = leaves.map(l => l.id);
  for (const [i, id] of (loss === undefined ? [] : differentiate(b, loss.id, ids)).entries())
    if (id !== undefined) b.output(`grad ${leaves[i]?.name}`, 'fetch', id);
  return b.finish();
}

function probed(entry: Pick<GoldenBlock, 'params' | 'returns' | 'inputs'>, learning = false): Graph {
  const inputs = Object.entries(entry.inputs).map(([name, i]): [string, ProbeInput] => [
    name,
    {
      shape: i.shape,
      rows: i.rows !== undefined,
      places: i.places !== undefined,
      ...(i.of === undefined ? {} : { of: i.of }),
    },
  ]);
  const source = `block probe(${entry.params}) {\n  return ${entry.returns}\n}\n`;
  return probe(source, Object.fromEntries(inputs), { loss: true, learning }).graph;
}

/** Inputs, their masks and weights by the names of the graph. */
function tensorsOf({ inputs, weights }: GoldenBlock): Map<string, HostTensor> {
  const tensors = new Map<string, HostTensor>();
  for (const [name, input] of Object.entries(inputs)) {
    tensors.set(name, inputTensor(input));
    if (input.rows !== undefined) tensors.set('rows', maskTensor(input.rows));
    if (input.places !== undefined) tensors.set(`${name}.places`, maskTensor(input.places));
  }
  for (const [path, w] of Object.entries(weights)) tensors.set(`probe.${path}`, wave(w));
  return tensors;
}

/** As the compiler makes it for an engine, and run there. */
async function compiledOn(engine: Engine, graph: Graph, tensors: Results): Promise<Results> {
  const { target } = engine;
  const optimized = optimize(withGradients(recognise(graph, ops)), target, ops);
  const session = await engine.open(new Map([['probe', schedule(optimized, target, [])]]), { threads: 1 });
  try {
    const given = (isWeight: boolean) =>
      new Map(
        optimized.inputs
          .filter(i => (i.role === 'weight' || i.role === 'state') === isWeight)
          .map(i => [i.name, tensors.get(i.name)!] as const),
      );
    await session.write(given(true));
    return await session.run('probe', given(false));
  } finally {
    await session.close();
  }
}

function expectGolden(entry: GoldenBlock, results: Results, tolerance: number): void {
  const out = results.get('out');
  expect(out?.shape).toEqual(entry.shape);
  const kept = entry.out.map(v => v !== null);
  expect([...(results.get('out keep')?.data ?? [])]).toEqual(kept.map(Number));
  const real = [...(out?.data ?? [])].filter((_, i) => kept[i]);
  expectNear(
    real,
    entry.out.filter(v => v !== null),
    tolerance,
    'out',
  );
  for (const [path, wanted] of Object.entries(entry.next ?? {}))
    expectNear(
      results.get(`out.next probe.${path}`)?.data ?? [],
      wanted,
      tolerance,
      `${path} after the step`,
    );
  const all = Object.values(entry.gradients).flat();
  for (const [name, wanted] of Object.entries(entry.gradients)) {
    const path = name in entry.inputs ? name : `probe.${name}`;
    const found = results.get(`grad ${path}`);
    expectNear(found?.data ?? [], wanted, tolerance, `gradient of ${name}`, all);
  }
}

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
const named = golden.blocks.map((e, i) => {
  const padded = Object.values(e.inputs).some(input => input.rows !== undefined);
  return [`${i} ${e.returns}${padded ? ', padded' : ''}`, e] as const;
});

describe.each(named)('%s', (_, entry) => {
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
