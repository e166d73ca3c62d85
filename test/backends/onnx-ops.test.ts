// Every op of the registry on ONNX Runtime against its reference, whole and, for composites, decomposed.

import { beforeAll, describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { ops } from '../../src/ops/registry.ts';
import { type Case, type Catalogue, catalogue, planOf } from './onnx-catalogue.ts';

const { target } = createOnnxEngine();
const whole = catalogue(
  def => def.kind === 'core' || target.composites.has(def.name),
  (b, def, inputs, attrs) => b.emit(def.name, inputs, attrs),
);
const apart = catalogue(
  def => def.decompose !== undefined,
  (builder, def, inputs, attrs) => def.decompose!({ builder, inputs, attrs }),
);

/** Relative to the largest size in the output. Exceptions, with reasons: none so far. */
const tolerance = 1e-4;

async function results({ graph, cases }: Catalogue): Promise<ReadonlyMap<string, HostTensor>> {
  const session = await createOnnxEngine().open(new Map([['samples', planOf(graph)]]), { threads: 1 });
  const fetched = await session.run('samples', new Map(cases.flatMap(c => c.feeds)));
  await session.close();
  return fetched;
}

/** NaN agrees with NaN, an infinity with itself. */
function agrees(c: Case, fetched: ReadonlyMap<string, HostTensor>): void {
  for (const [i, name] of c.fetches.entries()) {
    const [got, expected] = [fetched.get(name)!, c.expected[i]!];
    expect(got.dtype).toBe(expected.dtype);
    expect(got.shape).toEqual(expected.shape);
    const exact = expected.dtype !== 'f32';
    const scale = Math.max(
      ...[...expected.data].filter(v => Number.isFinite(v)).map(v => Math.abs(v)),
      1e-30,
    );
    for (const [k, want] of [...expected.data].entries()) {
      const have = got.data[k]!;
      if (exact || !Number.isFinite(want)) expect(have, `${name}[${k}]`).toBe(want);
      else if (!(Math.abs(have - want) <= tolerance * scale))
        expect.fail(`${name}[${k}] is ${have}, the reference says ${want} (largest ${scale})`);
    }
  }
}

for (const [title, cases] of [
  ['ops', whole],
  ['decomposed composites', apart],
] as const) {
  describe(title, () => {
    let fetched: ReadonlyMap<string, HostTensor>;
    beforeAll(async () => {
      fetched = await results(cases);
    });
    test.each(cases.cases.map(c => [`${c.op}: ${c.sample}`, c] as const))('%s', (_, c) => {
      agrees(c, fetched);
    });
  });
}

test('the catalogue reaches every op that the engine is given whole', () => {
  const reached = new Set(whole.cases.map(c => c.op));
  const wanted = [...ops.values()].filter(d => d.kind === 'core' || target.composites.has(d.name));
  expect(wanted.map(d => d.name).filter(name => !reached.has(name))).toEqual([]);
});
