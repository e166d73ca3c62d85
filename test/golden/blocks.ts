// A block of the standard library called as test/golden/std.json calls it, with gradients, compiled for an engine and
// held to PyTorch's numbers.

import { expect } from 'vitest';
import type { Engine } from '../../src/backends/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { differentiate } from '../../src/compiler/differentiate.ts';
import { optimize } from '../../src/compiler/optimize.ts';
import { recognise } from '../../src/compiler/recognise.ts';
import { schedule } from '../../src/compiler/schedule.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { type ProbeInput, probe } from '../dsl/semantics/probe.ts';
import { expectNear, type GoldenBlock, golden, inputTensor, maskTensor, wave } from './golden.ts';

export type Results = ReadonlyMap<string, HostTensor>;

/** The graph with `grad NAME` for each float input and weight that the loss depends on. */
export function withGradients(graph: Graph): Graph {
  const b = createBuilder(graph.name, ops, { from: graph, keepOutputs: true });
  const loss = graph.outputs.find(o => o.name === 'loss');
  const leaves = graph.inputs.filter(i => i.role !== 'state' && graph.types[i.id]?.dtype === 'f32');
  const ids = leaves.map(l => l.id);
  for (const [i, id] of (loss === undefined ? [] : differentiate(b, loss.id, ids)).entries())
    if (id !== undefined) b.output(`grad ${leaves[i]?.name}`, 'fetch', id);
  return b.finish();
}

export function probed(entry: Pick<GoldenBlock, 'params' | 'returns' | 'inputs'>, learning = false): Graph {
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
export function tensorsOf({ inputs, weights }: GoldenBlock): Map<string, HostTensor> {
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
export async function compiledOn(engine: Engine, graph: Graph, tensors: Results): Promise<Results> {
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

export function expectGolden(entry: GoldenBlock, results: Results, tolerance: number): void {
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

/** The entries by names that tell them apart. */
export const namedBlocks = golden.blocks.map((e, i) => {
  const padded = Object.values(e.inputs).some(input => input.rows !== undefined);
  return [`${i} ${e.returns}${padded ? ', padded' : ''}`, e] as const;
});
