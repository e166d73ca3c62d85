// Train steps under a limit of memory on TensorFlow, in each precision: the same losses and weights as without one,
// with the batch in parts where that is asked for.

import { expect, test } from 'vitest';
import { createTensorflowEngine } from '../../src/backends/tensorflow/engine.ts';
import type { FloatDType } from '../../src/base/dtype.ts';
import { check, compile } from '../../src/compile.ts';
import { minimizing } from '../minimizing.ts';
import { train } from '../specs/harness.ts';

const spec = `model Pairs version "1.0.0" {
  modality picture: Image(height: 8, width: 8)
  modality caption: Text(tokenizer: bpe(vocabulary: 300), length: 6)
  space shared(8)
  encoder look(p: picture[N...]) -> shared[N...] {
    return patches(p.pixels, size: 2) |> linear(out: 16) |> feed_forward |> mean(axis: -2) |> into(shared)
  }
  encoder read(c: caption[N..., T]) -> shared[N...] {
    return embedding(c.ids, width: 16) |> dropout(0.2) |> feed_forward |> mean(axis: -2) |> into(shared)
  }
  align seen: look(picture) <-> read(caption) by infonce(scale: learned(1 / 0.07, max: 100))
  stage first {
    minimize seen on shades.train batch 64
    train all
    optimizer adamw(rate: constant(1e-3))
    steps 3
  }
}
`;

const engine = createTensorflowEngine();

/** How far rounding may take a weight in three steps of 1e-3, and a loss. */
const near: Readonly<Record<FloatDType, { readonly weight: number; readonly loss: number }>> = {
  f32: { weight: 1e-5, loss: 1e-5 },
  bf16: { weight: 6e-3, loss: 2e-2 },
  f16: { weight: 6e-3, loss: 2e-2 },
};

test.each([
  ['f32', 'recomputed'],
  ['f32', 'in parts'],
  ['bf16', 'recomputed'],
  ['bf16', 'in parts'],
  ['f16', 'in parts'],
] as const)(
  '%s, %s',
  async (precision, how) => {
    const { library, models } = check(spec, 'pairs.mm', () => undefined);
    const { stage } = compile(library!, models[0]!);
    const target = { ...engine.target, memory: { perByte: 1, fixed: 0 } };
    const whole = minimizing(stage('first', target, { precision }));
    const least = minimizing(stage('first', target, { precision, memory: 1, parts: 1 })).memory!.peak;
    const limited = minimizing(
      stage('first', target, { precision, memory: how === 'in parts' ? least - 1 : least }),
    );
    expect(limited.memory!.peak).toBeLessThan(whole.train.plan.peakBytes);
    if (how === 'in parts') expect(limited.memory!.parts).toBeGreaterThan(1);
    else expect(limited.memory!.parts).toBe(1);
    const [a, b] = [
      await train(engine, whole, 3, step => step),
      await train(engine, limited, 3, step => step),
    ];
    for (const [i, loss] of a.losses.entries())
      expect(Math.abs(b.losses[i]! / loss - 1), `step ${i + 1}`).toBeLessThan(near[precision].loss);
    for (const [name, { data }] of a.after) {
      const other = b.after.get(name)!.data;
      for (let i = 0; i < data.length; i++)
        expect(Math.abs(other[i]! - data[i]!), name).toBeLessThan(near[precision].weight);
    }
  },
  120_000,
);
