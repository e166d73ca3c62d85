// Shares of the rate over the layers of a stack, and in the step that is made.

import { expect, test } from 'vitest';
import { layerShares } from '../../src/compiler/layer-decay.ts';
import { stamps } from '../../src/dsl/gallery/base.ts';
import { compiled, reference, takeSteps } from '../dsl/semantics/toy-run.ts';

test('each layer learns at a share of the next one’s rate, what stands before them slower still', () => {
  const paths = [
    'read.embedding.weight',
    'read.transformer.layers.0.linear.weight',
    'read.transformer.layers.1.linear.weight',
    'read.transformer.layers.1.inner.0.weight',
    'read.transformer.norm.scale',
    'read.into.weight',
    'head.weight',
  ];
  const repeats = new Map([
    ['read.transformer.layers', 2],
    ['read.transformer.layers.1.inner', 3],
  ]);
  expect([...layerShares(paths, repeats, 0.5)].sort()).toEqual(
    [
      ['read.embedding.weight', 0.125],
      ['read.transformer.layers.0.linear.weight', 0.25],
      ['read.transformer.layers.1.linear.weight', 0.5],
      ['read.transformer.layers.1.inner.0.weight', 0.5],
      ['read.transformer.norm.scale', 1],
      ['read.into.weight', 1],
      ['head.weight', 1],
    ].sort(),
  );
});

test('a weight moves by its share', async () => {
  const spec = stamps.replace('transformer(depth: 1', 'transformer(depth: 2');
  const optimizer = 'adamw(rate: cosine(peak: 1e-3, warmup: 10), decay: 0.1)';
  const moved = async (written: string): Promise<(path: string) => number> => {
    const program = compiled(spec.replace(optimizer, written)).stage('align', reference().target);
    const { before, weights } = await takeSteps(program, reference());
    return path => (weights.get(path)?.data[0] ?? 0) - (before.get(path)?.data[0] ?? 0);
  };
  const [all, shared] = [await moved('sgd(rate: 0.1)'), await moved('sgd(rate: 0.1, layer_decay: 0.5)')];
  for (const [path, share] of [
    ['read.positions.weight', 1 / 8],
    ['read.transformer.layers.0.attention.value.weight', 1 / 4],
    ['read.transformer.layers.1.attention.value.weight', 1 / 2],
    ['read.into.weight', 1],
    ['look.into.weight', 1],
  ] as const)
    expect(shared(path) / all(path), path).toBeCloseTo(share, 2);
});
