// Contractions over axes in any order and convolutions of any geometry, so that every form that engines choose for
// them is met.

import type { Attrs } from '../../src/ir/graph.ts';
import type { OpDef, Sample } from '../../src/ir/op.ts';
import { ops } from '../../src/ops/registry.ts';
import { f32 } from '../../src/ops/sample-inputs.ts';
import { type NamedSample, stream } from './op-catalogue.ts';

const named = (op: string, sample: Sample<Attrs>): NamedSample => ({
  def: ops.get(op) as unknown as OpDef,
  sample,
});

function shuffled<T>(values: readonly T[], next: () => number): readonly T[] {
  return values
    .map(value => ({ value, key: next() }))
    .sort((a, b) => a.key - b.key)
    .map(v => v.value);
}

/** Two operands whose batch, free and contracted axes stand in random order. */
export function contractions(): readonly NamedSample[] {
  const next = stream(11);
  const some = (most: number): readonly number[] =>
    Array.from({ length: Math.floor(next() * (most + 1)) }, () => 1 + Math.floor(next() * 4));
  return Array.from({ length: 120 }, (_, i) => {
    const [batch, contract] = [some(2), some(2)];
    const side = (free: readonly number[]) => {
      const axes = shuffled(
        [
          ...batch.map((size, at) => ({ part: 'batch', at, size })),
          ...contract.map((size, at) => ({ part: 'contract', at, size })),
          ...free.map((size, at) => ({ part: 'free', at, size })),
        ],
        next,
      );
      const places = (part: string, count: number) =>
        Array.from({ length: count }, (_, at) => axes.findIndex(a => a.part === part && a.at === at));
      return {
        shape: axes.map(a => a.size),
        batch: places('batch', batch.length),
        contract: places('contract', contract.length),
      };
    };
    const [a, b] = [side(some(2)), side(some(2))];
    return named('dot_general', {
      name: `${i}: ${JSON.stringify([a, b])}`,
      inputs: [f32(a.shape), f32(b.shape)],
      attrs: { lhsBatch: a.batch, rhsBatch: b.batch, lhsContract: a.contract, rhsContract: b.contract },
    });
  });
}

/** Kernels, strides and padding of every relation to each other, for conv2d and both gradients. */
export function convolutions(): readonly NamedSample[] {
  const next = stream(12);
  const upTo = (n: number): number => Math.floor(next() * (n + 1));
  return Array.from({ length: 40 }, (_, i) => {
    const [kh, kw, C, O] = [1 + upTo(3), 1 + upTo(3), 1 + upTo(2), 1 + upTo(2)];
    const strides = [1 + upTo(2), 1 + upTo(2)] as const;
    const [low, high] = [
      [upTo(kh - 1), upTo(kw - 1)],
      [upTo(kh - 1), upTo(kw - 1)],
    ] as const;
    const [height, width] = [kh + upTo(5), kw + upTo(5)];
    const OH = Math.floor((height + low[0]! + high[0]! - kh) / strides[0]) + 1;
    const OW = Math.floor((width + low[1]! + high[1]! - kw) / strides[1]) + 1;
    const window = { strides, low, high };
    const [x, w, dy] = [
      [2, height, width, C],
      [kh, kw, C, O],
      [2, OH, OW, O],
    ] as const;
    const name = `${i}: ${JSON.stringify({ x, w, ...window })}`;
    return [
      named('conv2d', { name, inputs: [f32(x), f32(w)], attrs: window }),
      named('conv2d_input_grad', { name, inputs: [f32(dy), f32(w)], attrs: { ...window, height, width } }),
      named('conv2d_weight_grad', { name, inputs: [f32(x), f32(dy)], attrs: { ...window, size: [kh, kw] } }),
    ];
  }).flat();
}
