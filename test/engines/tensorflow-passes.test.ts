// A train step on TensorFlow without each of the engine's own passes, and without several of the compiler's: losses and
// weights of the first steps are as with all of them.

import { expect, test } from 'vitest';
import { createTensorflowEngine } from '../../src/backends/tensorflow/engine.ts';
import { compile } from '../../src/compile.ts';
import { minimizing } from '../minimizing.ts';
import { openSpec } from '../programs/programs.ts';
import { train } from '../specs/harness.ts';

const tensorflow = createTensorflowEngine();
const steps = 3;

test.each([
  { without: ['layouts'] },
  { without: ['clusters'] },
  { without: ['one-update'] },
  { without: ['layouts', 'clusters', 'one-update'] },
  { without: ['attention', 'pack-products', 'norms', 'cross-entropy', 'softmax', 'algebra'] },
])(
  '$without are left out',
  async ({ without }) => {
    const { models, library } = openSpec('gpt.mm');
    const model = models.find(m => m.variant === 'tiny');
    if (library === undefined || model === undefined) throw new Error('specs/gpt.mm has no tiny variant');
    const [stage = ''] = model.stages.keys();
    const run = async (names: readonly string[]) => {
      const settings = { without: new Set(names) };
      const program = compile(library, model, [], settings).stage(stage, tensorflow.target, {
        measures: false,
        batch: 4,
      });
      return train(tensorflow, minimizing(program), steps, step => step, { rate: 1e-3 });
    };
    const [whole, apart] = [await run([]), await run(without)];
    for (const [i, loss] of whole.losses.entries())
      expect(Math.abs(apart.losses[i]! - loss)).toBeLessThan(1e-4 * Math.max(1, loss));
    const far = [...whole.after].map(([path, { data }]) =>
      Math.max(...data.map((v, i) => Math.abs(v - apart.after.get(path)!.data[i]!))),
    );
    expect(Math.max(...far)).toBeLessThan(2e-3);
  },
  120_000,
);
