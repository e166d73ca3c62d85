// Soft texts: with one-hot weights they say what hard ones say, and gradients reach what wrote them.

import { describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { compiled, reference, takeSteps } from '../dsl/semantics/toy-run.ts';
import { gpt, keptOf, run } from './generate.ts';

const prompts = [
  [5, 9, 7, 2],
  [200, 3],
  [11, 12, 13, 14, 15, 16, 2],
];

describe('a soft text', () => {
  test('of one-hot weights is the hard one', async () => {
    const hard = keptOf(await run(reference(), gpt('by: greedy()'), 'continue', prompts), 'continue');
    const soft = gpt('by: straight_through()');
    expect(keptOf(await run(reference(), soft, 'continue', prompts), 'continue')).toEqual(hard);
    expect(keptOf(await run(createOnnxEngine(), soft, 'continue', prompts), 'continue')).toEqual(hard);
    const anew = await run(reference(), soft, 'continue', prompts, prompts.length, 1, { cache: false });
    expect(keptOf(anew, 'continue')).toEqual(hard);
  });

  test('lets gradients through to what wrote it', async () => {
    const spec = (by: string): string =>
      gpt('by: greedy()')
        .replace(
          '  stage pretrain',
          `  encoder judge(t: text[N..., T]) -> float[N...] {
    return embedding(t.ids, width: 4) |> mean(axis: -2) |> sum(axis: -1)
  }
  objective pleases(text: text[B, T]) {
    return -mean(judge(generate(c => write(c), begin(text, [B]), more: 3, by: ${by})))
  }
  stage pretrain`,
        )
        .replace('minimize next on', 'minimize pleases on');
    // A bias has no decay: only a gradient moves it.
    const moves = async (by: string, path: string): Promise<boolean> => {
      const program = compiled(spec(by)).stage('pretrain', reference().target);
      const { before, weights } = await takeSteps(program, reference());
      return String(before.get(path)?.data) !== String(weights.get(path)?.data);
    };
    const bias = 'write.transformer.layers.0.attention.value.bias';
    expect(await moves('straight_through(gumbel(temperature: 1))', bias)).toBe(true);
    expect(await moves('greedy()', bias)).toBe(false);
    expect(await moves('greedy()', 'judge.embedding.weight')).toBe(true);
  });
});
