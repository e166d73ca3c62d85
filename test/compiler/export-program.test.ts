// Exports compiled for sizes of arguments: what comes back, by name, and that rows which aren't real never win.

import { describe, expect, test } from 'vitest';
import type { HostTensor } from '../../src/base/tensor.ts';
import type { ExportProgram } from '../../src/compiler/program.ts';
import { stamps } from '../../src/dsl/gallery/base.ts';
import { initialTensors } from '../../src/train/initialize.ts';
import { batchFeeds, compiled, reference } from '../dsl/semantics/toy-run.ts';

const spec = stamps.replace(
  '  export name',
  `  export sort_out(p: picture[B]) -> { kind: index(Kind)[B], place: shared[B] } {
    return { kind: argmax(linear(look(p), out: Kind)), place: look(p) }
  }

  /// The nearest of some captions.
  export name`,
);

async function call(
  program: ExportProgram,
  rows: Readonly<Record<string, number>> = {},
): Promise<ReadonlyMap<string, HostTensor>> {
  const session = await reference().open(new Map([['export', program.entry.plan]]), {});
  const read = new Set(program.entry.plan.graph.inputs.map(i => i.name));
  await session.write(new Map([...initialTensors(program.weights, 3)].filter(([name]) => read.has(name))));
  const feeds = program.params.flatMap(p => [
    ...batchFeeds(p.batch, { rows: rows[p.name] ?? p.size, seed: 2 }),
  ]);
  return session.run('export', new Map(feeds.filter(([name]) => read.has(name))));
}

const sizes = (given: Readonly<Record<string, number>>): ReadonlyMap<string, number> =>
  new Map(Object.entries(given));

describe('an export', () => {
  const { target } = reference();

  test('says what its results are', () => {
    const { doc, params, results } = compiled(spec).export('name', target, sizes({ p: 2, among: 5 }));
    expect(doc).toBe('The nearest of some captions.');
    expect(params.map(p => [p.name, p.size])).toEqual([
      ['p', 2],
      ['among', 5],
    ]);
    expect(results).toEqual([
      { name: '', fetch: 'result/name', type: 'index(K)[B]', indexes: 'among', labels: undefined },
    ]);
  });

  test('names the fields of a record, and the labels that an index points into', async () => {
    const program = compiled(spec).export('sort_out', target, sizes({ p: 3 }));
    expect(program.results.map(r => [r.name, r.type, r.labels])).toEqual([
      ['kind', 'index(Kind)[B]', ['flower', 'bird', 'ship']],
      ['place', 'shared[B]', undefined],
    ]);
    const fetched = await call(program);
    expect(program.results.map(r => fetched.get(r.fetch)?.shape)).toEqual([[3], [3, 12]]);
  });

  test('never gives a candidate that is not real', async () => {
    const program = compiled(spec).export('name', target, sizes({ p: 4, among: 6 }));
    const winners = [...((await call(program)).get('result/name')?.data ?? [])];
    const best = Math.max(...winners);
    expect(best).toBeGreaterThan(0);
    // As many candidates as come before the last winner: it can't be chosen any more.
    const fewer = [...((await call(program, { among: best })).get('result/name')?.data ?? [])];
    expect(fewer.every(i => i < best)).toBe(true);
    expect(fewer.filter((i, row) => i !== winners[row]).length).toBe(winners.filter(i => i >= best).length);
  });

  test('draws nothing, and reads the weights that training made', () => {
    const model = compiled(
      spec.replace('transformer(depth: 1, heads: 4)', 'transformer(depth: 1, heads: 4, drop: 0.5)'),
    );
    const { entry, weights } = model.export('name', target, sizes({ p: 1, among: 1 }));
    expect(entry.plan.graph.nodes.some(n => n.op === 'random_bits')).toBe(false);
    const trained = new Set(model.stage('align', target).weights.map(w => w.path));
    expect(weights.map(w => w.path).filter(path => !trained.has(path))).toEqual([]);
  });
});
