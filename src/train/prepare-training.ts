// Everything that has to be right before a run begins: the spec, the engine, the stages, the data. Nothing is written
// here but the folder of a new run, at the end.

import { existsSync, readdirSync, statSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import type { FloatDType } from '../base/dtype.ts';
import { type StageProgram, type TokenizerFitSpec, trainingEntries } from '../compiler/program.ts';
import { type Data, openData, orThrow } from '../data/index.ts';
import { failure } from './diagnostics.ts';
import type { ReadyEngine } from './engines.ts';
import { autoEngine, openEngine, openRunEngine, requirePasses, requirePrecision } from './engines.ts';
import { checkMemory } from './memory-limit.ts';
import type { OpenedSpec, SpecText } from './model.ts';
import { openSpec } from './model.ts';
import { inSteps, stepsOf } from './rounds.ts';
import {
  batchesOf,
  checkOverrides,
  compareData,
  describeData,
  describeInputs,
  openRunData,
  prepareSplits,
  tokenizersToFit,
} from './run-data.ts';
import type { Run, SpecSources } from './run-folder.ts';
import { folderName, isRunFolder, newRunFolder, openRun, specOf } from './run-folder.ts';
import type { RunSettings, StageSettings } from './run-settings.ts';
import { compareInputs, findStarts, type Start, startSettings } from './starts.ts';
import type { TrainOptions } from './train.ts';
import type { StageChoice } from './train-plan.ts';
import { chooseStages, resumeSettings, sameRun } from './train-plan.ts';

export interface PreparedTraining {
  readonly opened: OpenedSpec;
  readonly ready: ReadyEngine;
  readonly programs: readonly StageProgram[];
  /** Runs of other models from which stages start. */
  readonly starts: readonly Start[];
  /** Fitted where the spec says so. */
  readonly tokenizers: readonly TokenizerFitSpec[];
  readonly data: Data;
  readonly settings: RunSettings;
  readonly sources: SpecSources;
  readonly dir: string;
  /** The folder holds nothing yet. */
  readonly isNew: boolean;
}

export async function prepareTraining(options: TrainOptions): Promise<PreparedTraining> {
  const existing = existingRun(options);
  const spec = options.spec ?? (existing === undefined ? undefined : specOf(existing));
  if (spec === undefined) throw failure('no-spec', {});
  const without = options.without ?? existing?.settings.without ?? [];
  const variant = options.variant ?? existing?.settings.variant ?? undefined;
  const opened = openSpec(spec, variant, options.onRead, without);
  if (existing !== undefined) sameRun(existing, opened, options);
  for (const diagnostic of opened.warnings) options.onEvent?.({ kind: 'note', diagnostic });
  const ready = await readyEngine(options, existing);
  const precision = options.precision ?? existing?.settings.precision ?? 'f32';
  requirePrecision(ready.engine, precision);
  requirePasses(ready.engine, without);
  const choices = chooseStages(opened.model, options, existing, options.resume !== undefined);
  const compiled = choices.map(choice => programOf(opened, ready, precision, choice));
  const tokenizers = tokenizersToFit(opened.compilation.tokenizers, compiled, existing?.dir);
  const batches = batchesOf(compiled, tokenizers);
  checkOverrides(options.data, batches);
  const starts = findStarts({ opened, options, existing }, compiled);
  const data = openDataOf(options, spec, existing);
  const described = await describeData(data, batches);
  if (existing !== undefined) compareData(existing.settings.data, described);
  const inputs = await describeInputs(data, batches);
  await prepareSplits(data, compiled, batches);
  const rowsOf = async (batch: (typeof batches)[number]): Promise<number> =>
    orThrow(await data.prepare(batch)).rows;
  const programs = await Promise.all(compiled.map(p => inSteps(p, rowsOf)));
  const fresh: RunSettings = {
    format: 1,
    mmlang: options.mmlang,
    model: opened.model.name,
    version: opened.model.version ?? '',
    variant: opened.model.variant ?? null,
    spec: spec.file,
    fingerprint: opened.fingerprint,
    std: opened.std,
    uses: [...opened.used.keys()],
    seed: options.seed ?? 1,
    engine: ready.engine.name,
    engineVersion: ready.version,
    precision,
    without,
    threads: options.threads ?? availableParallelism(),
    data: described,
    inputs,
    starts: starts.map(startSettings),
    stages: programs.flatMap((program, i) => stageSettings(choices[i], program)),
  };
  compareInputs(starts, programs, fresh.inputs);
  const settings = existing === undefined ? fresh : resumeSettings(existing.settings, fresh);
  const base = folderName(fresh.model, fresh.variant ?? undefined, options.stage);
  return {
    opened,
    ready,
    programs,
    starts,
    tokenizers,
    data,
    settings,
    sources: { main: spec.text, used: opened.used },
    dir: existing?.dir ?? options.run ?? newRunFolder(options.root ?? 'runs', base),
    isNew: existing === undefined,
  };
}

function existingRun({ resume, run }: TrainOptions): Run | undefined {
  if (resume !== undefined) return openRun(resume);
  if (run === undefined || !existsSync(run)) return undefined;
  if (isRunFolder(run)) return openRun(run);
  if (!statSync(run).isDirectory()) throw failure('run-not-folder', { run });
  if (readdirSync(run).length > 0) throw failure('folder-in-use', { run });
  return undefined;
}

async function readyEngine(options: TrainOptions, existing: Run | undefined): Promise<ReadyEngine> {
  if (existing === undefined) return openEngine(options.engine ?? autoEngine, options.mmlang);
  const { engine, engineVersion: version } = existing.settings;
  const otherwise = 'a run goes on with the engine that began it, or another run is begun';
  const ready = await openRunEngine({ dir: existing.dir, engine, version }, options.mmlang, otherwise);
  if (version === ready.version) return ready;
  throw failure('engine-differs', {
    run: `${engine} ${version}`,
    here: `${ready.engine.name} ${ready.version}`,
  });
}

function programOf(
  opened: OpenedSpec,
  { engine }: ReadyEngine,
  precision: FloatDType,
  { name, steps, batch, memory }: StageChoice,
): StageProgram {
  const compiled = (rows: number | undefined, parts?: number): StageProgram =>
    opened.compilation.stage(name, engine.target, {
      precision,
      ...(steps === undefined ? {} : { steps }),
      ...(rows === undefined ? {} : { batch: rows }),
      ...(memory === undefined ? {} : { memory }),
      ...(parts === undefined ? {} : { parts }),
    });
  const program = compiled(batch);
  if (memory !== undefined) checkMemory(program, memory, rows => compiled(rows, 1));
  return program;
}

function openDataOf(options: TrainOptions, spec: SpecText, existing: Run | undefined): Data {
  const dataOptions = {
    specFile: spec.file,
    overrides: options.data,
    onProgress: (progress: { readonly split: string; readonly done: number; readonly total: number }) =>
      options.onEvent?.({ kind: 'data', ...progress }),
    onDiagnostic: (diagnostic: OpenedSpec['warnings'][number]) =>
      options.onEvent?.({ kind: 'note', diagnostic }),
  };
  return existing === undefined ? openData(dataOptions) : openRunData(dataOptions, existing.settings.data);
}

function stageSettings(choice: StageChoice | undefined, program: StageProgram): StageSettings {
  return {
    stage: program.stage,
    from: program.from ?? null,
    steps: stepsOf(program),
    chosenBatch: choice?.batch ?? null,
    chosenSteps: choice?.steps ?? null,
    chosenMemory: choice?.memory ?? null,
    batches: trainingEntries(program)
      .flatMap(e => e.batches)
      .map(b => ({
        id: b.id,
        set: b.data?.set ?? null,
        split: b.data?.split ?? null,
        size: b.size,
      })),
    done: false,
  };
}
