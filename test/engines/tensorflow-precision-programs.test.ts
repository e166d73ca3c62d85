// Train steps of specs in mixed precision on TensorFlow, beside the reference in f32.

import { expect, test } from 'vitest';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import { createTensorflowEngine } from '../../src/backends/tensorflow/engine.ts';
import { openModel } from '../programs/programs.ts';
import { train } from '../specs/harness.ts';

const reference = createReferenceEngine({ precision: 'f32' });
const tensorflow = createTensorflowEngine();

for (const { file, steps } of [
  { file: 'gpt.mm', steps: 4 },
  { file: 'asr.mm', steps: 4 },
  // A few rows that are contrasted, or share statistics, blow rounding up; and f16 skips the steps in which its scale is
  // still too large. Their first losses are of the same weights.
  { file: 'clip.mm', steps: 1 },
  { file: 'resnet.mm', steps: 1 },
] as const)
  test.each(['bf16', 'f16'] as const)(`${file} in %s`, { timeout: 300_000 }, async precision => {
    const options = { measures: false, batch: 4 };
    const model = openModel(file, 'tiny');
    const wide = model.stage('pretrain', reference.target, options);
    const mixed = model.stage('pretrain', tensorflow.target, { ...options, precision });
    if (wide.kind !== 'minimize' || mixed.kind !== 'minimize') throw new Error('pretrain has no gradients');
    const how = { rate: 3e-3 };
    const [theirs, ours] = [
      await train(reference, wide, steps, () => 1, how),
      await train(tensorflow, mixed, steps, () => 1, how),
    ];
    for (const [i, loss] of theirs.losses.entries())
      expect(Math.abs(loss - (ours.losses[i] ?? Number.NaN)), `step ${i + 1}: ${loss}`).toBeLessThan(
        2e-2 * Math.max(1, Math.abs(loss)),
      );
  });
