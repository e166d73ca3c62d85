// Steps of a stage's train entry against torch.optim, clip_grad_norm_ and clamp_ (test/golden/std.json): decay of
// matrices alone, clipping by the global norm, bounds, a schedule of rates.

import { describe, expect, test } from 'vitest';
import type { Engine } from '../../src/backends/engine.ts';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { elements } from '../../src/base/tensor.ts';
import { feedsOf } from '../../src/train/feeds.ts';
import { scalarFeeds, trainScalars } from '../../src/train/schedule.ts';
import { compiled } from '../dsl/semantics/toy-run.ts';
import { minimizing } from '../minimizing.ts';
import { expectNear, type GoldenSteps, golden, single, wave } from './golden.ts';

async function expectSteps(entry: GoldenSteps, engine: Engine, tolerance: number): Promise<void> {
  const { train, optimizer, steps, trained } = minimizing(compiled(entry.spec).stage('fit', engine.target));
  const names = Object.keys(entry.weights);
  expect([...trained].sort()).toEqual(names);
  const session = await engine.open(new Map([['train', train.plan]]), { threads: 1 });
  try {
    const moments = train.plan.graph.inputs.filter(i => i.role === 'moment').map(i => i.name);
    const start = names.flatMap((name): [string, HostTensor][] => {
      const made = wave(entry.weights[name]!);
      const zeros = { ...made, data: new Float32Array(elements(made.shape)) };
      const own = moments.filter(m => m.startsWith(`${name}#`));
      return [[name, made], ...own.map((m): [string, HostTensor] => [m, zeros])];
    });
    await session.write(single(new Map(start)));
    expect(steps).toBe(entry.steps.length);
    for (const [i, wanted] of entry.steps.entries()) {
      const step = i + 1;
      const keep: HostTensor = {
        dtype: 'bool',
        shape: [entry.rows],
        data: new Uint8Array(entry.rows).fill(1),
      };
      const batch = new Map([
        ['b0/x.value', wave({ shape: [entry.rows], phase: 10 * step })],
        ['b0/y.value', wave({ shape: [entry.rows], phase: 10 * step + 5 })],
        ['b0/keep', keep],
      ]);
      const scalars = scalarFeeds(train, trainScalars(optimizer, step, steps, 1));
      const fetched = await session.run('train', feedsOf(train, [...single(batch), ...scalars]));
      const weights = await session.read(names);
      for (const name of ['loss', 'gradient_norm'] as const)
        expectNear(fetched.get(name)?.data ?? [], [wanted[name]], tolerance, `${name} of step ${step}`);
      for (const name of names)
        expectNear(
          weights.get(name)?.data ?? [],
          wanted.weights[name] ?? [],
          tolerance,
          `${name} after step ${step}`,
        );
    }
  } finally {
    await session.close();
  }
}

const runs = Object.entries(golden.optimizers).flatMap(([name, entries]) =>
  entries.map((entry, i) => [name, i, entry] as const),
);

describe.each(runs)('%s, run %i', (_name, _i, entry) => {
  test('on reference', () => expectSteps(entry, createReferenceEngine({ precision: 'f64' }), 1e-5));
  test('on onnx', () => expectSteps(entry, createOnnxEngine(), 1e-4));
});

test('the runs clip or not, and meet bounds', () => {
  const said = golden.optimizers.adamw.map(({ clip, bounds, steps }) => ({
    clipped: steps.map(s => clip !== null && s.gradient_norm > clip),
    atBound: steps.map(s => bounds.indexOf(s.weights.temperature?.[0] ?? Number.NaN)),
  }));
  const [no, yes] = [false, true];
  expect(said).toEqual([
    { clipped: [no, no, no, no, no], atBound: [-1, -1, -1, 1, 1] },
    { clipped: [yes, yes, yes, no, no], atBound: [0, -1, -1, -1, -1] },
    { clipped: [yes, yes, yes, yes, yes], atBound: [0, -1, 1, 1, 1] },
  ]);
});
