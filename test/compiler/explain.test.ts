// What a model is said to cost, against numbers counted by hand.

import { expect, test } from 'vitest';
import { check } from '../../src/compile.ts';
import { dearest, explain, type PartExplanation } from '../../src/compiler/explain.ts';
import { ops } from '../../src/ops/registry.ts';
import { bare } from './helpers.ts';

const spec = `block both(x: float[N..., D], inside: int, out: int) -> float[N..., out] {
  return relu(linear(x, out: inside) as first) |> linear(out: out) as second
}

model Small(width: int = 5) {
  modality picture: Image(height: 8, width: 8)
  labels Kind { a, b, c }
  part name = both(inside: 2 * width, out: Kind)

  encoder look(p: picture[N...]) -> float[N..., width] {
    return patches(p.pixels, size: 4) |> linear(out: width) as lift |> mean(axis: -2)
  }
  objective kinds(picture: picture[B], kind: index(Kind)[B]) {
    state seen: float[width] = zeros()
    update seen = mean(look(picture), axis: 0)
    return cross_entropy(name(look(picture)), kind)
  }
  stage learn {
    minimize kinds on shapes.train batch 4
    train all
    optimizer adamw(rate: 1e-3)
    steps 10
  }
}

variant wide = Small(width: 7)
`;

function explained(variant: string | undefined) {
  const { library, models, diagnostics } = check(spec, 'small.mm', () => undefined);
  expect(diagnostics).toEqual([]);
  const model = models.find(m => m.variant === variant);
  if (library === undefined || model === undefined) throw new Error('no such model');
  const found = explain({ library, model, target: bare, registry: ops });
  const part = (path: string): PartExplanation => {
    const one = found.parts.find(p => p.path === path);
    if (one === undefined) throw new Error(`no part ${path} among ${found.parts.map(p => p.path)}`);
    return one;
  };
  return { found, part };
}

test.each([
  [undefined, 5],
  ['wide', 7],
] as const)('parts of %s', (variant, w) => {
  const { found, part } = explained(variant);
  // Four patches of 4 · 4 · 3 numbers, each times a weight and added to a bias.
  const lift = { flops: 4 * (2 * 48 * w + w), weights: 48 * w + w };
  expect(part('look.lift')).toMatchObject({
    block: 'linear',
    input: 'float[1, 4, 48]',
    output: `float[1, 4, ${w}]`,
    parameters: lift.weights,
    weightBytes: 4 * lift.weights,
    flopsPerSample: lift.flops,
    // The product and the sum.
    activationBytesPerSample: 4 * 2 * 4 * w,
  });
  const first = { flops: 2 * w * 2 * w + 2 * w, weights: 2 * w * w + 2 * w };
  const second = { flops: 2 * 2 * w * 3 + 3, weights: 2 * w * 3 + 3 };
  const relu = 2 * w;
  expect(part('name.first')).toMatchObject({ parameters: first.weights, flopsPerSample: first.flops });
  expect(part('name')).toMatchObject({
    block: 'both',
    parameters: first.weights + second.weights,
    weightBytes: 4 * (first.weights + second.weights),
    flopsPerSample: first.flops + relu + second.flops,
    activationBytesPerSample: 4 * (2 * 2 * w + relu + 2 * 3),
    own: { weightBytes: 0, flopsPerSample: relu, activationBytesPerSample: 4 * relu },
  });
  expect(found.parameters).toBe(lift.weights + first.weights + second.weights);
  expect(found.states).toBe(w);
});

test('what costs most is counted beside its own parts', () => {
  const { found, part } = explained(undefined);
  const all = found.parts.reduce((n, p) => n + p.own.flopsPerSample, 0);
  expect(dearest(found.parts, 'flopsPerSample')).toEqual({
    path: 'look.lift',
    amount: part('look.lift').flopsPerSample,
    share: part('look.lift').flopsPerSample / all,
  });
  expect(dearest(found.parts, 'weightBytes')?.path).toBe('look.lift');
  expect(dearest([], 'weightBytes')).toBeUndefined();
});
