// From a spec to a falling loss: compiled stages stepped on both engines.

import { describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../../src/backends/onnx/engine.ts';
import { stamps } from '../../../src/dsl/gallery/base.ts';
import { print } from '../../../src/ir/print.ts';
import { initialTensors } from '../../../src/train/initialize.ts';
import { minimizing } from '../../minimizing.ts';
import { batchFeeds, bitsOf, compiled, reference, takeSteps } from './toy-run.ts';

const twoLayers = stamps
  .replace(
    '|> positions(max: 16) |> mean',
    '|> positions(max: 16) |> transformer(depth: 2, heads: 2) |> mean',
  )
  .replace('transformer(depth: 1, heads: 4)', 'transformer(depth: 2, heads: 4)')
  .replace('cosine(peak: 1e-3, warmup: 10)', 'cosine(peak: 3e-3, warmup: 3)');

describe('a two-layer model of toy size', () => {
  test('has falling and equal losses on the reference and on onnx', async () => {
    const { stage } = compiled(twoLayers);
    const engines = [reference(), createOnnxEngine()];
    const [plain, onnx] = await Promise.all(
      engines.map(engine => takeSteps(minimizing(stage('align', engine.target)), engine, { steps: 20 })),
    );
    const [a, b] = [plain?.losses ?? [], onnx?.losses ?? []];
    expect(a.length).toBe(20);
    expect(a[19]).toBeLessThan(0.7 * (a[0] ?? 0));
    for (const [i, loss] of a.entries())
      expect(Math.abs((b[i] ?? 0) - loss) / Math.abs(loss)).toBeLessThan(1e-4);
    for (const name of ['loss/seen', 'loss/sort']) expect(plain?.fetches[19]?.has(name)).toBe(true);
  });

  test('compiles to the same graphs every time', () => {
    const graphs = (): readonly string[] => {
      const program = minimizing(compiled(twoLayers).stage('align', reference().target));
      return [program.train, ...program.measures.map(m => m.entry)].map(e =>
        print(e.plan.graph, { spans: true }),
      );
    };
    expect(graphs()).toEqual(graphs());
  });

  test('whatever dropped words hold, a step gives the same bits', async () => {
    const program = minimizing(compiled(twoLayers).stage('align', reference().target));
    const expected = await takeSteps(program, reference(), { dropped: 0 });
    for (const dropped of [-1, 2 ** 31 - 1, 17]) {
      const found = await takeSteps(program, reference(), { dropped });
      expect(bitsOf(found.fetches[0]?.get('loss'))).toEqual(bitsOf(expected.fetches[0]?.get('loss')));
      for (const [path, weight] of expected.weights)
        expect(bitsOf(found.weights.get(path)), path).toEqual(bitsOf(weight));
    }
  });

  test('every weight that it trains is moved', async () => {
    const program = minimizing(compiled(twoLayers).stage('align', reference().target));
    const { weights, before } = await takeSteps(program, reference());
    expect(program.frozen).toEqual([]);
    for (const path of program.trained)
      expect(bitsOf(weights.get(path)), path).not.toEqual(bitsOf(before.get(path)));
  });
});

test('a loss measured on a short batch is that of its real rows', async () => {
  const spec = stamps.replace(
    'measure recall(seen, at: [1, 5]) on stamps.validation every 10',
    'measure seen on stamps.validation batch 6\n    measure sort on stamps.validation batch 6\n    measure seen on stamps.other batch 4\n    measure sort on stamps.other batch 4',
  );
  const program = minimizing(compiled(spec).stage('align', reference().target));
  const [seen, sort, seenAlone, sortAlone] = program.measures.map(m => m.entry);
  const weights = initialTensors(program.weights, 5);
  const measure = async (entry: typeof seen, rows: number): Promise<readonly number[]> => {
    if (entry === undefined) throw new Error('no entry');
    const session = await reference().open(new Map([['m', entry.plan]]), {});
    const inputs = new Set(entry.plan.graph.inputs.map(i => i.name));
    await session.write(new Map([...weights].filter(([path]) => inputs.has(path))));
    const [batch] = entry.batches;
    const feeds = batch === undefined ? new Map() : batchFeeds(batch, { rows });
    const fetched = await session.run('m', new Map([...feeds].filter(([name]) => inputs.has(name))));
    return ['value', 'weight'].map(name => fetched.get(name)?.data[0] ?? Number.NaN);
  };
  for (const [padded, alone] of [
    [seen, seenAlone],
    [sort, sortAlone],
  ] as const) {
    const [value, weight] = await measure(padded, 4);
    const [expected] = await measure(alone, 4);
    expect(weight).toBe(4);
    expect(Math.abs((value ?? 0) - (expected ?? 1))).toBeLessThan(1e-6);
  }
});

test('objectives that read one field in two lengths are fed it twice, each in its own', async () => {
  const spec = `model Two {
  modality text: Text(tokenizer: bpe(300), length: 6)
  part words = embedding(width: 4)
  block places(x: float[B, T, D], most: int) -> float[B, T, D] { return positions(x, max: most) }
  objective short(text: text[B, 3]) { return mean(square(places(words(text.ids), most: 3) as few)) }
  objective long(text: text[B, T]) { return mean(square(places(words(text.ids), most: 6) as all)) }
  objective again(text: text[B, 3]) { return mean(abs(words(text.ids))) }
  stage fit { minimize short + long + again on a.train batch 2  train all  optimizer adamw(rate: 1e-2)  steps 4 }
}`;
  const program = minimizing(compiled(spec).stage('fit', reference().target));
  const fields = program.train.batches.flatMap(b => b.fields);
  expect(fields.map(f => f.name)).toEqual(['text', 'text']);
  expect(fields.map(f => f.feeds.find(x => x.component === 'ids')?.shape)).toEqual([
    [2, 3],
    [2, 6],
  ]);
  const { losses } = await takeSteps(program, reference(), { steps: 4 });
  expect(losses.every(Number.isFinite)).toBe(true);
});
