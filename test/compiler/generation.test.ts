// Generation against a loop of single steps on the host: what is chosen, where it is put, and where it ends.

import { describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { reference } from '../dsl/semantics/toy-run.ts';
import { gpt, keptOf, run } from './generate.ts';

/** Greedy continuation, one run of the model for each token. */
async function byHand(spec: string, prompt: readonly number[], more: number): Promise<number[]> {
  const row = [...prompt];
  if (row.at(-1) === 2) row.pop();
  if (row.length === 0) row.push(1);
  for (let i = 0; i < more && row.at(-1) !== 2; i++) {
    const scores = (await run(reference(), spec, 'scores', [row])).get('result/scores')!;
    const V = scores.shape[2]!;
    const own = Array.from(scores.data.subarray((row.length - 1) * V, row.length * V), Number);
    row.push(own.indexOf(Math.max(...own)));
  }
  return row;
}

const prompts = [[5, 9, 7, 2], [200, 3], [11, 12, 13, 14, 15, 16, 2], [2]];

describe('greedy generation', () => {
  test('gives what single steps give, whatever the padding', async () => {
    const spec = gpt('by: greedy()');
    const found = keptOf(await run(reference(), spec, 'continue', prompts), 'continue');
    expect(found).toEqual(await Promise.all(prompts.map(p => byHand(spec, p, 5))));
    expect(keptOf(await run(createOnnxEngine(), spec, 'continue', prompts), 'continue')).toEqual(found);
  });
});

describe('draws', () => {
  const drawn = async (by: string, seed: number): Promise<number[][]> =>
    keptOf(await run(reference(), gpt(`by: ${by}`), 'continue', prompts, prompts.length, seed), 'continue');

  test('depend on the seed and on nothing else', async () => {
    const [a, again, b] = await Promise.all([1, 1, 2].map(seed => drawn('sample(temperature: 40)', seed)));
    expect(again).toEqual(a);
    expect(b).not.toEqual(a);
    const onnx = await run(createOnnxEngine(), gpt('by: sample(temperature: 40)'), 'continue', prompts);
    expect(keptOf(onnx, 'continue')).toEqual(a);
    // Different rows and steps see different draws.
    const same = [[5], [5], [5], [5]];
    const spec = gpt('by: sample(temperature: 100)');
    const rows = keptOf(await run(reference(), spec, 'continue', same), 'continue');
    expect(new Set(rows.map(String)).size).toBe(4);
    expect(new Set(rows.flat()).size).toBeGreaterThan(8);
  });

  test('among one entry are greedy', async () => {
    const greedy = await drawn('greedy()', 1);
    expect(await drawn('sample(temperature: 40, top_k: 1)', 1)).toEqual(greedy);
    expect(await drawn('sample(temperature: 40, top_p: 1e-6)', 1)).toEqual(greedy);
    expect(await drawn('s => argmax(s)', 1)).toEqual(greedy);
    expect(await drawn('sample(temperature: 1e-4)', 1)).toEqual(greedy);
  });
});

test('rows that are not there change no others', async () => {
  const spec = gpt('by: greedy()');
  const all = keptOf(await run(reference(), spec, 'continue', prompts), 'continue');
  const some = keptOf(await run(reference(), spec, 'continue', prompts.slice(0, 2), 4), 'continue');
  expect(some.slice(0, 2)).toEqual(all.slice(0, 2));
});
