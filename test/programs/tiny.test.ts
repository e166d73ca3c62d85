// Every spec's tiny variant learns one batch by heart on onnx, in every stage that minimizes, and starts out as on the
// reference. What a stage fits moves on that batch, and nothing else does.

import { describe, expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { compile } from '../../src/compile.ts';
import type { FitProgram, MinimizeProgram } from '../../src/compiler/program.ts';
import { minimizing } from '../minimizing.ts';
import { runFits, type Trained, train } from '../specs/harness.ts';
import { imported, openModel, openSpec, programs, type Trial, trials } from './programs.ts';

const onnx = createOnnxEngine();
const reference = createReferenceEngine({ precision: 'f32' });

/** Stages of other models as they are after a few steps, so that what starts from them isn't all at random. */
const others = new Map<string, Promise<ReadonlyMap<string, HostTensor>>>();
function trained(file: string, variant: string | undefined, stage: string): Promise<Weights> {
  const key = `${file} ${variant} ${stage}`;
  const made = others.get(key) ?? trainOther(file, variant, stage);
  others.set(key, made);
  return made;
}

async function trainOther(file: string, variant: string | undefined, stage: string): Promise<Weights> {
  const program = openModel(file, variant).stage(stage, onnx.target, { measures: false, batch: 4 });
  const from = program.from === undefined ? undefined : await trained(file, variant, program.from);
  const start = from === undefined ? {} : { from };
  const { before, after } =
    program.kind === 'fit'
      ? await runFits(onnx, program, 20, start)
      : await train(onnx, program, 20, step => step, { ...start, rate: 3e-3 });
  return new Map([...before, ...after]);
}

type Weights = ReadonlyMap<string, HostTensor>;

function expectEqualStarts(ours: Trained, theirs: Trained): void {
  for (const [i, loss] of theirs.losses.entries())
    expect(Math.abs(loss - ours.losses[i]!), `step ${i + 1}: ${loss}`).toBeLessThan(
      1e-3 * Math.max(1, Math.abs(loss)),
    );
}

const isSame = (trained: Trained, path: string): boolean =>
  Buffer.from(trained.before.get(path)!.data.buffer).equals(
    Buffer.from(trained.after.get(path)!.data.buffer),
  );

async function expectLearned(
  program: MinimizeProgram,
  twin: MinimizeProgram,
  from: Weights,
  trial: Trial,
): Promise<Trained> {
  const how = { from, rate: trial.rate ?? 3e-3 };
  const theirs = await train(reference, twin, 2, () => 1, how);
  const steps = trial.steps ?? 300;
  const learned = (first: number, loss: number): boolean =>
    loss < first / 10 || loss < (trial.floor?.loss ?? Number.NEGATIVE_INFINITY);
  const ours = await train(onnx, program, steps, () => 1, { ...how, until: learned });
  expectEqualStarts(ours, theirs);
  const [first, last] = [ours.losses[0]!, ours.losses.at(-1)!];
  expect(learned(first, last), `${first} → ${last} in ${ours.losses.length} steps`).toBe(true);
  const same = (path: string): boolean => isSame(ours, path);
  const still = trial.still?.paths ?? [];
  expect(program.trained.filter(same), 'trained weights that stood still').toEqual(still);
  expect(program.renewed.filter(same), 'states that stood still').toEqual([]);
  expect(
    program.frozen.filter(path => !same(path)),
    'frozen weights that moved',
  ).toEqual([]);
  return ours;
}

async function expectFitted(program: FitProgram, twin: FitProgram, from: Weights): Promise<Trained> {
  expectEqualStarts(await runFits(onnx, program, 2, { from }), await runFits(reference, twin, 2, { from }));
  const ours = await runFits(onnx, program, 20, { from });
  const moved = [...ours.after.keys()].filter(path => !isSame(ours, path));
  const renewed = new Set(program.fits.flatMap(f => f.renewed));
  expect(moved, 'what a fit moves').toEqual([...renewed].sort());
  return ours;
}

describe.each(programs())('%s', file => {
  const { models, library, diagnostics } = openSpec(file);
  const model = models.find(m => m.variant === 'tiny');
  // What earlier stages left, by stage: a stage starts where the one in its `from` ended.
  const ended = new Map<string, Weights>();

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
      const twin = compilation.stage(stage, reference.target, options);
      const imports = model.stages.get(stage)?.imports ?? [];
      const taken = await Promise.all(imports.map(i => imported(i, trained)));
      const own: Weights = ended.get(program.from ?? '') ?? new Map();
      const from: Weights = new Map([own, ...taken].flatMap(weights => [...weights]));
      let done: Trained;
      if (program.kind === 'fit' && twin.kind === 'fit') done = await expectFitted(program, twin, from);
      else done = await expectLearned(minimizing(program), minimizing(twin), from, trial);
      // What a stage doesn't read passes on to the next ones.
      ended.set(stage, new Map([...from, ...done.after]));
    },
    300_000,
  );
});
