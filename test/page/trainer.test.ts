// The public API of a page, in Node: a stage trained step by step comes to what `train` comes to, measures and exports
// see the weights as they are, and what is wrong is told.

import { expect, test } from 'vitest';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import type { Diagnostic } from '../../src/base/diagnostic.ts';
import {
  type BatchSpec,
  type Compilation,
  compile,
  type HostTensor,
  openTrainer,
  type PageBatch,
  randomStream,
  renderDiagnostics,
} from '../../src/page/index.ts';

const spec = `model Sides version "1.0.0" {
  labels Side { left, right }
  encoder scores(x: float[N...], y: float[N...]) -> float[N..., Side] {
    return concat(x[..., new], y[..., new], axis: -1) |> linear(out: Side)
  }
  objective sides(x: float[B], y: float[B], side: index(Side)[B]) {
    return cross_entropy(scores(x, y), side)
  }
  stage learn {
    minimize sides on points.train batch 16
    train all
    optimizer adamw(rate: 5e-2)
    steps 60
    measure accuracy(argmax(scores(x, y)), side) on points.test
  }
  export side(x: float[B], y: float[B]) -> index(Side)[B] {
    return argmax(scores(x, y))
  }
}
`;

/** A point is right of a line through the middle, or left of it. */
function points(batch: BatchSpec, number: number): PageBatch {
  const random = randomStream(7, batch.data?.split ?? '', `${number}`);
  const place = (axis: number, row: number): number => 2 * random.uniform(2 * row + axis) - 1;
  const feeds = new Map<string, HostTensor>([
    [batch.keepFeed, { dtype: 'bool', shape: [batch.size], data: new Uint8Array(batch.size).fill(1) }],
  ]);
  for (const { name, feeds: all } of batch.fields)
    for (const { feed, dtype, shape } of all) {
      const value = (row: number): number => {
        if (name === 'side') return place(0, row) + place(1, row) > 0 ? 1 : 0;
        return place(name === 'x' ? 0 : 1, row);
      };
      const values = Array.from({ length: batch.size }, (_, row) => value(row));
      feeds.set(feed, {
        dtype,
        shape,
        data: dtype === 'i32' ? Int32Array.from(values) : Float32Array.from(values),
      });
    }
  return { feeds, rows: batch.size };
}

const engine = createReferenceEngine({ precision: 'f32' });

function compiled(text: string): Compilation {
  const { models, diagnostics } = compile(text, { file: 'sides.mm' });
  expect(renderDiagnostics(diagnostics, new Map([['sides.mm', text]]), { color: false })).toBe('');
  const [model] = models.values();
  if (model === undefined) throw new Error('no model');
  return model;
}

async function trained(seed: number, steps: number) {
  const trainer = await openTrainer(compiled(spec), 'learn', {
    engine,
    seed,
    asked: [{ name: 'side', rows: 8 }],
  });
  const losses: number[] = [];
  while (trainer.done < steps)
    losses.push(await trainer.step(trainer.program.train.batches.map(b => points(b, trainer.done))));
  return { trainer, losses };
}

test('a stage learns step by step, the same from the same seed', async () => {
  const { trainer, losses } = await trained(1, 60);
  expect(trainer.done).toBe(60);
  expect(losses.at(-1)).toBeLessThan((losses[0] ?? 0) / 2);
  const again = await trained(1, 10);
  expect(again.losses).toEqual(losses.slice(0, 10));
  const other = await trained(2, 10);
  expect(other.losses).not.toEqual(again.losses);
  for (const t of [trainer, again.trainer, other.trainer]) await t.close();
});

test('measures and exports see the weights as they are', async () => {
  const { trainer } = await trained(1, 60);
  const [accuracy, ...more] = await trainer.measure(function* (batch) {
    for (let i = 0; i < 4; i += 1) yield points(batch, i);
  });
  expect(more).toEqual([]);
  expect(accuracy).toMatchObject({ name: 'accuracy of side', rows: 64 });
  expect(accuracy?.metrics.get('accuracy of side')).toBeGreaterThan(0.9);
  expect(accuracy?.chance.get('accuracy of side')).toBe(0.5);
  const [train] = trainer.program.train.batches;
  const program = trainer.exports.get('side');
  if (train === undefined || program === undefined) throw new Error('no batch or export');
  const answers = await trainer.ask(
    'side',
    program.params.map(p => points({ ...p.batch, data: train.data }, 99)),
  );
  const truth = points({ ...train, size: 8 }, 99);
  const sides = train.fields.find(f => f.name === 'side')?.feeds[0]?.feed ?? '';
  const right = [...(answers.get(program.results[0]?.fetch ?? '')?.data ?? [])].filter(
    (side, row) => side === truth.feeds.get(sides)?.data[row],
  );
  expect(right.length).toBeGreaterThan(6);
  await expect(trainer.ask('other', [])).rejects.toThrow('not opened with');
  await trainer.close();
});

test('a row that is not real is not counted', async () => {
  const { trainer } = await trained(1, 1);
  const [accuracy] = await trainer.measure(function* (batch) {
    const { feeds } = points(batch, 0);
    const keep = new Uint8Array(batch.size).fill(1, 0, 3);
    const kept: HostTensor = { dtype: 'bool', shape: [batch.size], data: keep };
    yield { feeds: new Map([...feeds, [batch.keepFeed, kept]]), rows: 3 };
  });
  expect(accuracy?.rows).toBe(3);
  await trainer.close();
});

test('a mistake in the spec comes as a diagnostic, a stage that a page can’t train by a word', async () => {
  const wrong = compile(spec.replace('linear(out: Side)', 'linear(out: Nobody)'), { file: 'sides.mm' });
  expect(wrong.models.size).toBe(0);
  expect(wrong.diagnostics.map(d => d.code)).toEqual(['unknown-name']);
  const later = spec.replace(
    '  export side',
    '  stage more from learn { minimize sides on points.train batch 16\n train all\n optimizer adamw(rate: 1e-2)\n steps 5 }\n  export side',
  );
  await expect(openTrainer(compiled(later), 'more', { engine })).rejects.toThrow('starts from learn');
});

test('a loss that isn’t finite ends with a diagnostic, and the step isn’t counted', async () => {
  const { trainer } = await trained(1, 2);
  const batches = trainer.program.train.batches.map(b => {
    const { feeds, rows } = points(b, 3);
    return {
      rows,
      feeds: new Map(
        [...feeds].map(([name, t]) => [
          name,
          t.dtype === 'f32' ? { ...t, data: t.data.map(() => Number.NaN) } : t,
        ]),
      ),
    };
  });
  const error: unknown = await trainer.step(batches).catch((e: unknown) => e);
  const [d] = (error as { readonly diagnostics: readonly Diagnostic[] }).diagnostics;
  expect([d?.code, trainer.done]).toEqual(['loss-not-finite', 2]);
  expect(d?.message).toContain('step 3');
  await trainer.close();
});
