// Train steps under a limit of memory on TensorFlow, in each precision: the same losses and weights as without one,
// with the batch in parts where that is asked for.

import { expect, test } from 'vitest';
import { createTensorflowEngine } from '../../src/backends/tensorflow/engine.ts';
import type { FloatDType } from '../../src/base/dtype.ts';
import { check, compile } from '../../src/compile.ts';
import { pairsSpec } from '../compiler/pairs-spec.ts';
import { minimizing } from '../minimizing.ts';
import { train } from '../specs/harness.ts';

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
    const { library, models } = check(pairsSpec, 'pairs.mm', () => undefined);
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
