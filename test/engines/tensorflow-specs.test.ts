// The train steps of every spec's tiny variant on TensorFlow, stage after stage, beside the reference: losses and
// weights of the first steps, and the same bits in a second session.

import { describe, expect, test } from 'vitest';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import { createTensorflowEngine } from '../../src/backends/tensorflow/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { compile } from '../../src/compile.ts';
import type { StageProgram } from '../../src/compiler/program.ts';
import { imported, openModel, openSpec, programs, trials } from '../programs/programs.ts';
import { runFits, type Trained, train } from '../specs/harness.ts';

type Weights = ReadonlyMap<string, HostTensor>;

const tensorflow = createTensorflowEngine();
const reference = createReferenceEngine({ precision: 'f32' });
const steps = 3;

const run = (engine: typeof tensorflow, program: StageProgram, from: Weights): Promise<Trained> =>
  program.kind === 'fit'
    ? runFits(engine, program, steps, { from })
    : train(engine, program, steps, step => step, { from, rate: 1e-3 });

/** Stages that four rows say nothing of. */
const larger: Readonly<Record<string, { readonly batch: number; readonly because: string }>> = {
  'resnet.mm pretrain': {
    batch: 16,
    because:
      'statistics of four rows blow rounding up: the reference in f32 and in f64 lie a thousandth apart after two steps',
  },
};

/** Stages of other models, as the reference leaves them after the first steps. */
const others = new Map<string, Promise<Weights>>();
function trained(file: string, variant: string | undefined, stage: string): Promise<Weights> {
  const key = `${file} ${variant} ${stage}`;
  const made =
    others.get(key) ??
    (async () => {
      const program = openModel(file, variant).stage(stage, reference.target, { measures: false, batch: 4 });
      const from = program.from === undefined ? new Map() : await trained(file, variant, program.from);
      const { before, after } = await run(reference, program, from);
      return new Map([...from, ...before, ...after]);
    })();
  others.set(key, made);
  return made;
}

const norm = (values: Iterable<number>): number => Math.sqrt([...values].reduce((sum, v) => sum + v * v, 0));

/**
 * How far two trainings lie apart, by how far the weights have come. Where a gradient is nothing but rounding, AdamW
 * still takes a whole step in its direction, so single numbers say little.
 */
function apart(ours: Trained, theirs: Trained): number {
  let [difference, way] = [0, 0];
  for (const [path, { data }] of theirs.after) {
    const [here, start] = [ours.after.get(path)!.data, theirs.before.get(path)!.data];
    difference = Math.hypot(difference, norm(data.map((v, i) => v - here[i]!)));
    way = Math.hypot(way, norm(data.map((v, i) => v - start[i]!)));
  }
  return difference / Math.max(way, 1e-12);
}

describe.each(programs())('%s', file => {
  const { models, library } = openSpec(file);
  const model = models.find(m => m.variant === 'tiny');
  const ended = new Map<string, Weights>();

  test('has a tiny variant', () => {
    expect(model).toBeDefined();
  });

  test.each([...(model?.stages.keys() ?? [])])(
    'stage %s',
    async stage => {
      if (library === undefined || model === undefined) throw new Error(`${file} has no tiny variant`);
      const key = `${file} ${stage}`;
      const options = { measures: false, batch: larger[key]?.batch ?? trials[key]?.batch ?? 4 };
      const compilation = compile(library, model);
      const program = compilation.stage(stage, tensorflow.target, options);
      const imports = model.stages.get(stage)?.imports ?? [];
      const taken = await Promise.all(imports.map(i => imported(i, trained)));
      const own: Weights = ended.get(program.from ?? '') ?? new Map();
      const from: Weights = new Map([own, ...taken].flatMap(weights => [...weights]));
      const theirs = await run(reference, compilation.stage(stage, reference.target, options), from);
      const ours = await run(tensorflow, program, from);
      for (const [i, loss] of theirs.losses.entries())
        expect(Math.abs(ours.losses[i]! - loss), `step ${i + 1}: ${loss}`).toBeLessThan(
          1e-4 * Math.max(1, Math.abs(loss)),
        );
      expect(apart(ours, theirs)).toBeLessThan(0.02);
      const still = program.kind === 'minimize' ? program.frozen : [];
      for (const path of still)
        if (ours.after.has(path))
          expect(ours.after.get(path)!.data, path).toEqual(ours.before.get(path)!.data);
      const again = await run(tensorflow, program, from);
      expect(again.losses).toEqual(ours.losses);
      for (const [path, tensor] of ours.after) expect(again.after.get(path), path).toEqual(tensor);
      ended.set(stage, new Map([...from, ...theirs.after]));
    },
    900_000,
  );
});
