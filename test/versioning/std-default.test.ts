// A default that the standard library changes is seen in what exports mean, though no spec says a word about it.

import { expect, test, vi } from 'vitest';
import { judge } from '../../src/versioning/verdict.ts';

const spec = `model A version "1.0.0" {
  modality words: Text(tokenizer: bpe(300), length: 6)
  encoder read(t: words[N..., T]) -> float[N..., 16] {
    return embedding(t.ids, width: 16) |> layer_norm() |> dropout(rate: 0.1) |> mean(axis: -2)
  }
  export vector(words: words[B, T]) -> float[B, 16] { return read(words) }
}
`;

async function lockWith(edit: (std: string) => string) {
  vi.resetModules();
  vi.doMock('../../src/dsl/std/sources.ts', async original => {
    const { stdSources } = await original<typeof import('../../src/dsl/std/sources.ts')>();
    return { stdSources: stdSources.map(s => ({ ...s, text: edit(s.text) })) };
  });
  const { onlyModel } = await import('./locks.ts');
  return onlyModel(spec);
}

test.each([
  ['nothing', (std: string) => std, 'identical'],
  [
    'an epsilon',
    (std: string) => std.replace('epsilon: number = 1e-5', 'epsilon: number = 1e-6'),
    'changes meaning',
  ],
  [
    'a comment',
    (std: string) => std.replace('/// Layer normalization', '/// The norm of layers'),
    'identical',
  ],
  [
    'how a weight starts',
    (std: string) => std.replace('param scale: float[D] = ones()', 'param scale: float[D] = constant(0.5)'),
    'loads',
  ],
])('%s', async (_, edit, verdict) => {
  const [old, now] = [await lockWith(std => std), await lockWith(edit)];
  expect(judge(old, now).verdict).toBe(verdict);
});
