// Which stages a training runs, with which settings, and whether they fit the run that they go on with.

import { existsSync } from 'node:fs';
import type { FloatDType } from '../base/dtype.ts';
import { nearestName } from '../base/nearest-name.ts';
import type { Model } from '../dsl/semantics/model.ts';
import { failure } from './diagnostics.ts';
import { autoEngine } from './engines.ts';
import type { OpenedSpec } from './model.ts';
import { stagesInOrder } from './model.ts';
import type { Run } from './run-folder.ts';
import { stageFolder } from './run-folder.ts';
import type { RunSettings } from './run-settings.ts';

export interface StageChoice {
  readonly name: string;
  readonly steps: number | undefined;
  readonly batch: number | undefined;
  readonly memory: number | undefined;
}

export interface Asked {
  readonly stage?: string | undefined;
  readonly steps?: number | undefined;
  readonly batch?: number | undefined;
  readonly memory?: number | undefined;
  readonly seed?: number | undefined;
  readonly threads?: number | undefined;
  readonly engine?: string | undefined;
  readonly precision?: FloatDType | undefined;
  readonly without?: readonly string[] | undefined;
}

/** On a resume the run's own stages that aren't done; else the one asked for, or all. */
export function chooseStages(
  model: Model,
  asked: Asked,
  run: Run | undefined,
  isResume: boolean,
): readonly StageChoice[] {
  const all = stagesInOrder(model);
  if (all.length === 0) throw failure('no-stages', { model: model.name });
  const known = all.map(s => s.name);
  if (asked.stage !== undefined && !known.includes(asked.stage))
    throw failure('unknown-stage', { name: asked.stage, known, nearest: nearestName(asked.stage, known) });
  const wanted = all.filter(s => asked.stage === undefined || s.name === asked.stage);
  if (isResume && run !== undefined)
    return resumedStages(
      run,
      wanted.map(s => s.name),
      asked,
    );
  for (const { name, from } of wanted) {
    if (run?.settings.stages.some(s => s.stage === name) === true)
      throw failure('run-exists', { run: run.dir, stage: name });
    if (from === undefined || wanted.some(s => s.name === from)) continue;
    if (run === undefined) throw failure('stage-needs-run', { stage: name, from });
    if (!existsSync(stageFolder(run.dir, from).last))
      throw failure('stage-not-trained', { run: run.dir, stage: from });
  }
  return wanted.map(({ name }) => ({ name, steps: asked.steps, batch: asked.batch, memory: asked.memory }));
}

function resumedStages(run: Run, wanted: readonly string[], asked: Asked): readonly StageChoice[] {
  const begun = run.settings.stages.filter(s => wanted.includes(s.stage));
  const [missing] = asked.stage === undefined ? [] : wanted.filter(w => !begun.some(s => s.stage === w));
  if (missing !== undefined) throw failure('stage-not-begun', { run: run.dir, stage: missing });
  for (const stage of begun) {
    differs('--steps', stage.chosenSteps ?? stage.steps, asked.steps);
    differs('--batch', stage.chosenBatch ?? stage.batches[0]?.size ?? 0, asked.batch);
    const memory = stage.chosenMemory ?? undefined;
    const none = 'left to the spec';
    differs(
      '--memory',
      memory === undefined ? none : `${memory}B`,
      asked.memory === undefined ? undefined : `${asked.memory}B`,
    );
  }
  const open = begun.filter(s => !s.done);
  return open.map(s => ({
    name: s.stage,
    steps: s.chosenSteps ?? undefined,
    batch: s.chosenBatch ?? undefined,
    memory: s.chosenMemory ?? undefined,
  }));
}

function differs(name: string, run: string | number, here: string | number | undefined): void {
  if (here !== undefined && here !== run)
    throw failure('setting-differs', { name, run: String(run), here: String(here) });
}

/** A run goes on with the spec, the engine, the precision, the passes, the seed and the threads that it began with. */
export function sameRun(run: Run, opened: OpenedSpec, asked: Asked): void {
  const { settings } = run;
  const sameModel =
    settings.model === opened.model.name && settings.variant === (opened.model.variant ?? null);
  if (settings.fingerprint !== opened.fingerprint || !sameModel)
    throw failure('run-of-another-spec', { run: run.dir, spec: opened.spec.file });
  if (settings.std !== opened.std)
    throw failure('run-of-another-std', { run: run.dir, mmlang: settings.mmlang });
  differs('--seed', settings.seed, asked.seed);
  // `auto` leaves the choice open, and the run has made it.
  if (asked.engine !== autoEngine) differs('--engine', settings.engine, asked.engine);
  differs('--precision', settings.precision, asked.precision);
  const passes = (names: readonly string[]): string => (names.length === 0 ? 'none' : names.join());
  differs('--without', passes(settings.without ?? []), asked.without && passes(asked.without));
  differs('--threads', settings.threads ?? 0, asked.threads);
}

/** The run's settings with the data and the stages that this training adds. */
export function resumeSettings(before: RunSettings, now: RunSettings): RunSettings {
  const added = now.stages.filter(s => !before.stages.some(b => b.stage === s.stage));
  const data = now.data.filter(d => !before.data.some(b => b.set === d.set));
  const inputs = now.inputs.filter(i => !before.inputs.some(b => b.modality === i.modality));
  return {
    ...before,
    data: [...before.data, ...data],
    inputs: [...before.inputs, ...inputs],
    starts: [...before.starts, ...now.starts.filter(s => added.some(a => a.stage === s.stage))],
    stages: [...before.stages, ...added],
  };
}
