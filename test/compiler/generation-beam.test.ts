// Beam search against all texts that there may be: a beam that is wide enough finds the best of them, a beam of one is
// greedy, and what lies between is what the same search on the host finds.

import { describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { checkSpec } from '../dsl/semantics/check-spec.ts';
import { compiled, reference } from '../dsl/semantics/toy-run.ts';
import { gpt, keptOf, run, sizes } from './generate.ts';

const prompts = [[5, 9, 7, 2], [200, 3], [11, 12, 13, 14, 15, 16, 2], [2]];

/** Only entries up to `most` may be chosen, so that all texts can be counted. */
const few = (by: string, most: number, more = 5): string =>
  gpt(`by: ${by}`)
    .replace(
      'return 40 * (h @ transpose(words.weight))',
      `return first(8 * (h @ transpose(words.weight)), most: ${most})`,
    )
    .replace(
      '  encoder write',
      '  block first(x: float[N..., V], most: int) -> float[N..., V] { return where(iota(V) > most, -1e30, x) }\n  encoder write',
    )
    .replace('more: 5', `more: ${more}`)
    .replace('text[B, 12] {', `text[B, ${7 + more}] {`);

interface Text {
  readonly ids: readonly number[];
  readonly sum: number;
  readonly score: number;
  readonly ended: boolean;
}

/** log P of each next entry, one run of the model for each text. */
async function nextOf(spec: string, row: readonly number[]): Promise<number[]> {
  const scores = (await run(reference(), spec, 'scores', [row])).get('result/scores')!;
  const V = scores.shape[2]!;
  const own = Array.from(scores.data.subarray((row.length - 1) * V, row.length * V), Number);
  const most = Math.max(...own);
  const all = Math.log(own.reduce((n, s) => n + Math.exp(s - most), 0));
  return own.map(s => s - most - all);
}

/** The search on the host; without a width, over all texts. */
async function byHand(
  spec: string,
  prompt: readonly number[],
  { more, alpha, width = Number.POSITIVE_INFINITY }: { more: number; alpha: number; width?: number },
): Promise<readonly number[]> {
  const start = prompt.at(-1) === 2 ? prompt.slice(0, -1) : prompt;
  let texts: Text[] = [{ ids: start.length === 0 ? [1] : start, sum: 0, score: 0, ended: false }];
  for (let step = 1; step <= more; step++) {
    const grown: Text[] = [];
    for (const text of texts) {
      if (text.ended) grown.push(text);
      else
        (await nextOf(spec, text.ids)).forEach((p, id) => {
          const sum = text.sum + p;
          const score = sum / ((5 + step) / 6) ** alpha;
          if (p > -1e20) grown.push({ ids: [...text.ids, id], sum, score, ended: id === 2 });
        });
    }
    texts = grown.toSorted((a, b) => b.score - a.score).slice(0, width);
  }
  return texts[0]!.ids;
}

const told = async (engine: ReturnType<typeof reference>, spec: string): Promise<number[][]> =>
  keptOf(await run(engine, spec, 'continue', prompts), 'continue');

describe('a beam', () => {
  test.each([0, 0.6, 2])('that holds all texts finds the best of them: length_penalty %f', async alpha => {
    // Entries 0 to 2, of which 2 ends: 15 texts of three tokens or fewer.
    const spec = few(`beam(width: 15, length_penalty: ${alpha})`, 2, 3);
    const best = await Promise.all(prompts.map(p => byHand(spec, p, { more: 3, alpha })));
    expect(await told(reference(), spec)).toEqual(best);
    expect(await told(createOnnxEngine(), spec)).toEqual(best);
  });

  test.each([2, 3])('of %i finds what the search on the host finds', async width => {
    const spec = few(`beam(width: ${width}, length_penalty: 0.6)`, 12);
    const found = await told(createOnnxEngine(), spec);
    const want = prompts.map(p => byHand(spec, p, { more: 5, alpha: 0.6, width }));
    expect(found).toEqual(await Promise.all(want));
    expect(await told(reference(), spec)).toEqual(found);
  });

  test('of one is greedy', async () => {
    const greedy = await told(reference(), gpt('by: greedy()'));
    expect(await told(reference(), gpt('by: beam(width: 1, length_penalty: 0.6)'))).toEqual(greedy);
    expect(await told(createOnnxEngine(), gpt('by: beam(width: 1)'))).toEqual(greedy);
  });

  test('finds other texts than the greedy choice, and other ones with another length penalty', async () => {
    const engine = createOnnxEngine();
    const all = [];
    for (const by of ['greedy()', 'beam(width: 8)', 'beam(width: 8, length_penalty: 3)'])
      all.push(String(await told(engine, few(by, 3))));
    expect(new Set(all).size).toBe(3);
  });

  test('of a row is its own: rows that are not there change no others', async () => {
    const spec = few('beam(width: 3)', 12);
    for (const engine of [reference(), createOnnxEngine()]) {
      const all = await told(engine, spec);
      const some = keptOf(await run(engine, spec, 'continue', prompts.slice(0, 2), 4), 'continue');
      expect(some.slice(0, 2)).toEqual(all.slice(0, 2));
      // Whatever stands where nothing is kept.
      const other = await run(engine, spec, 'continue', prompts.slice(0, 2), 4, 1, {}, 7);
      expect(keptOf(other, 'continue').slice(0, 2)).toEqual(all.slice(0, 2));
    }
  });
});

// Whatever was said, log p of entry 7 is −1 and of the end as given; the other 298 share the rest. Five times 7 scores
// −5 / (10 / 6) = −3 where length_penalty is 1, the end alone what it has, and every other text less.
test.each([
  [-2.9, [5, 2]],
  [-3.1, [5, 7, 7, 7, 7, 7]],
])('a text of n tokens is worth log P / ((5 + n) / 6): an end of %f', async (end, want) => {
  const rest = Math.log((1 - Math.exp(-1) - Math.exp(end)) / 298);
  const spec = few('beam(width: 6, length_penalty: 1)', 12).replace(
    'return where(iota(V) > most, -1e30, x)',
    `return 0 * x + where(iota(V) == 2, ${end}, where(iota(V) == 7, -1, ${rest}))`,
  );
  for (const engine of [reference(), createOnnxEngine()])
    expect(keptOf(await run(engine, spec, 'continue', [[5]]), 'continue')).toEqual([want]);
});

test('what is read besides has the rows of the prompt', async () => {
  // The mean of the prompt's own words shifts all scores of its row.
  const spec = few('beam(width: 3)', 12).replace(
    'generate(c => write(c)',
    'generate(c => write(c) + (words(prompt.ids) |> mean(axis: -2) |> linear(out: text) as tilt)[:, new, :]',
  );
  const all = await told(reference(), spec);
  expect(await told(createOnnxEngine(), spec)).toEqual(all);
  for (const [i, p] of prompts.entries())
    expect(keptOf(await run(reference(), spec, 'continue', [p]), 'continue')).toEqual([all[i]]);
});

test('explain says that nothing is kept, and why', () => {
  const { generations } = compiled(few('beam(width: 3)', 12)).export(
    'continue',
    createOnnxEngine().target,
    sizes(2),
  );
  expect(generations).toMatchObject([{ kept: 0, why: 'the texts of a beam trade places in each', steps: 5 }]);
});

test('settings that are none are told', () => {
  const codes = (by: string): readonly string[] => checkSpec(gpt(`by: ${by}`)).diagnostics.map(d => d.code);
  expect(codes('beam(width: 4, length_penalty: 0.6)')).toEqual([]);
  for (const width of [0, -1, 1.5, 1000000]) expect(codes(`beam(width: ${width})`)).toEqual(['bad-setting']);
  expect(codes('beam(width: 4, length_penalty: -1)')).toEqual(['bad-setting']);
  expect(codes('beam(width: 4, length_penalty: 1e30)')).toEqual(['bad-setting']);
  expect(codes('beam(width: greedy)')).toEqual(['wrong-kind']);
  expect(codes('beam(widht: 4)')).toEqual(['unknown-argument']);
  expect(codes('beam()')).toEqual(['missing-argument']);
  expect(codes('beam')).toEqual(['missing-argument']);
});
