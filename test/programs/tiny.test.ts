// Every spec's tiny variant learns one batch by heart on onnx, in every stage, and starts out as on the reference.

import { describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { compile } from '../../src/compile.ts';
import { train } from '../specs/harness.ts';
import { imported, openModel, openSpec, programs, trials } from './programs.ts';

const onnx = createOnnxEngine();
const reference = createReferenceEngine({ precision: 'f32' });

/** Stages of other models as they are after a few steps, so that what starts from them isn't all at random. */
const others = new Map<string, Promise<ReadonlyMap<string, HostTensor>>>();
function trained(file: string, variant: string | undefined, stage: string) {
  const key = `${file} ${variant} ${stage}`;
  const made = others.get(key) ?? trainOther(file, variant, stage);
  others.set(key, made);
  return made;
}

async function trainOther(file: string, variant: string | undefined, stage: string) {
  const program = openModel(file, variant).stage(stage, onnx.target, { measures: false, batch: 4 });
  const from = program.from === undefined ? undefined : await trained(file, variant, program.from);
  const { before, after } = await train(onnx, program, 20, step => step, {
    ...(from && { from }),
    rate: 3e-3,
  });
  return new Map([...before, ...after]);
}

describe.each(programs())('%s', file => {
  const { models, library, diagnostics } = openSpec(file);
  const model = models.find(m => m.variant === 'tiny');
  // What earlier stages left, by stage: a stage starts where the one in its `from` ended.
  const ended = new Map<string, ReadonlyMap<string, HostTensor>>();

  test('is right', () => {
    expect(diagnostics).toEqual([]);
    expect(model).toBeDefined();
  });

  test.each([...(model?.stages.keys() ?? [])])(
    'stage %s',
    async stage => {
      if (library === undefined || model === undefined) throw new Error(`${file} has no tiny variant`);
      const trial = trials[`${file} ${stage}`] ?? {};
      const compilation = compile(library, model);
      const options = { measures: false, batch: trial.batch ?? 4 };
      const program = compilation.stage(stage, onnx.target, options);
      const imports = model.stages.get(stage)?.imports ?? [];
      const taken = await Promise.all(imports.map(i => imported(i, trained)));
      const own = ended.get(program.from ?? '') ?? new Map<string, HostTensor>();
      const from = new Map([own, ...taken].flatMap(weights => [...weights]));
      const how = { from, rate: trial.rate ?? 3e-3 };

      const theirs = await train(
        reference,
        compilation.stage(stage, reference.target, options),
        2,
        () => 1,
        how,
      );
      const steps = trial.steps ?? 300;
      const learned = (first: number, loss: number): boolean =>
        loss < first / 10 || loss < (trial.floor?.loss ?? Number.NEGATIVE_INFINITY);
      const ours = await train(onnx, program, steps, () => 1, { ...how, until: learned });
      ended.set(stage, ours.after);

      for (const [i, loss] of theirs.losses.entries())
        expect(Math.abs(loss - ours.losses[i]!), `step ${i + 1}: ${loss}`).toBeLessThan(
          1e-3 * Math.max(1, Math.abs(loss)),
        );
      const [first, last] = [ours.losses[0]!, ours.losses.at(-1)!];
      expect(learned(first, last), `${first} → ${last} in ${ours.losses.length} steps`).toBe(true);
      const same = (path: string): boolean =>
        Buffer.from(ours.before.get(path)!.data.buffer).equals(
          Buffer.from(ours.after.get(path)!.data.buffer),
        );
      const still = trial.still?.paths ?? [];
      expect(program.trained.filter(same), 'trained weights that stood still').toEqual(still);
      expect(program.renewed.filter(same), 'states that stood still').toEqual([]);
      expect(
        program.frozen.filter(path => !same(path)),
        'frozen weights that moved',
      ).toEqual([]);
    },
    300_000,
  );
});
