// Trains a model: runs the stages one after another in their run folder and reports what came out.

import { existsSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { FloatDType } from '../base/dtype.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { StageProgram } from '../compiler/program.ts';
import { writeWhole } from './atomic-file.ts';
import { readCheckpoint } from './checkpoint.ts';
import { curvesPage } from './curves.ts';
import { failure, TrainFailure, trainDiagnostic } from './diagnostics.ts';
import type { ReadyEngine } from './engines.ts';
import type { RunEvent } from './events.ts';
import { readMetrics } from './metrics-file.ts';
import type { OnRead, OpenedSpec, SpecText } from './model.ts';
import { keepLock } from './model-lock.ts';
import { prepareTraining } from './prepare-training.ts';
import type { StageReport } from './report.ts';
import { answersPage, reportStage, writeReport } from './report.ts';
import { stepsOf } from './rounds.ts';
import type { RunData } from './run-data.ts';
import { dataSource, openTokenizers } from './run-data.ts';
import type { Run } from './run-folder.ts';
import { createRun, makeFolder, saveSettings, stageFolder, sweepTemporaries } from './run-folder.ts';
import { keepLabels } from './run-labels.ts';
import { lockRun } from './run-lock.ts';
import { bringAlong, type Start, startTensors } from './starts.ts';
import { checkpointPeriod, logPeriod, trainStage } from './train-stage.ts';

export interface TrainOptions {
  /** May be left out on a resume: the run keeps its spec. */
  readonly spec: SpecText | undefined;
  readonly variant?: string | undefined;
  /** One stage alone; else all, each after the one it starts from. */
  readonly stage?: string | undefined;
  /** The run folder; else a new one under `root`. */
  readonly run?: string | undefined;
  /** Default: `runs`. */
  readonly root?: string | undefined;
  /** The folder of a run to go on with: everything below is then as it was. */
  readonly resume?: string | undefined;
  /** Default: `auto`, the fastest that is there. */
  readonly engine?: string | undefined;
  /** Of matrix products and convolutions in train steps; f32 if absent. */
  readonly precision?: FloatDType | undefined;
  /** Passes that are left out, by name. */
  readonly without?: readonly string[] | undefined;
  /** Default: 1. */
  readonly seed?: number | undefined;
  /** In the place of the spec's own, for every stage that is trained. */
  readonly steps?: number | undefined;
  readonly batch?: number | undefined;
  /** Default: as many as the machine runs at once. */
  readonly threads?: number | undefined;
  /** Bytes that a train step may take; what doesn't fit is computed again. */
  readonly memory?: number | undefined;
  /** Name of a used model → the run in which its stages were trained; else it is looked for under `root`. */
  readonly runOf?: ReadonlyMap<string, string> | undefined;
  /** Data set → manifest. */
  readonly data?: ReadonlyMap<string, string> | undefined;
  /** The version of mmlang, for the record. */
  readonly mmlang: string;
  /** Stops after the step that is running, with everything saved. */
  readonly signal?: AbortSignal | undefined;
  readonly onEvent?: ((event: RunEvent) => void) | undefined;
  readonly onRead?: OnRead | undefined;
}

export interface TrainResult {
  /** The run folder. */
  readonly run: string;
  readonly outcome: 'finished' | 'stopped';
  /** Of the stages that ended, in order. */
  readonly reports: readonly StageReport[];
  /** The page of answers, where there is one. */
  readonly page: string | undefined;
}

/** Errors of the user's are thrown with `diagnostics`. A new run that fails before its first step leaves nothing. */
export async function train(options: TrainOptions): Promise<TrainResult> {
  const training = await prepareTraining(options);
  const { dir, isNew } = training;
  // A new run has its folder to itself until it is begun, so what fails before that can be undone.
  const isOurs = isNew && (options.run === undefined || !existsSync(dir));
  let release = (): void => undefined;
  try {
    makeFolder(dir);
    release = lockRun(dir);
    if (!isNew) sweepTemporaries(dir);
    const run = isNew
      ? createRun(dir, training.settings, training.sources)
      : saveSettings(dir, training.settings);
    const memory = training.programs.flatMap(p =>
      p.kind === 'fit' || p.memory === undefined ? [] : [{ stage: p.stage, note: p.memory }],
    );
    const resumed = options.resume !== undefined;
    options.onEvent?.({ kind: 'run', dir, settings: run.settings, resumed, memory });
    await tellMakesDo(training.ready, options);
    bringAlong(training.starts, training.programs, dir);
    const tokenizers = await openTokenizers(training.data, dir, training.programs, training.tokenizers);
    await keepLabels(training.data, dir, training.programs);
    const lock = keepLock(training.opened, dir, diagnostic =>
      options.onEvent?.({ kind: 'note', diagnostic }),
    );
    const { data } = training;
    const runData = { data, tokenizers, source: dataSource(data, tokenizers) };
    return await trainStages({ ...training, options, run, lock, data: runData });
  } catch (error) {
    if (isNew && !isBusy(error) && !hasBegun(dir, training.programs)) discard(dir, isOurs);
    throw error;
  } finally {
    release();
  }
}

async function tellMakesDo({ engine }: ReadyEngine, { onEvent }: TrainOptions): Promise<void> {
  const what = await engine.makesDo?.();
  if (what === undefined) return;
  const diagnostic = trainDiagnostic('engine-makes-do', { engine: engine.name, what }, { span: undefined });
  onEvent?.({ kind: 'note', diagnostic });
}

/** Another training holds the folder: what is in it is that one's. */
const isBusy = (error: unknown): boolean =>
  error instanceof TrainFailure &&
  error.diagnostics.some(d => d.code === 'run-busy' || d.code === 'folder-in-use');

/** Takes back what a run that never began has written; a folder that was there before it stays, empty again. */
function discard(dir: string, isOurs: boolean): void {
  try {
    if (isOurs) rmSync(dir, { recursive: true, force: true });
    else for (const name of readdirSync(dir)) rmSync(join(dir, name), { recursive: true, force: true });
  } catch {
    // Why the run failed matters more than what is left of it.
  }
}

const hasBegun = (dir: string, programs: readonly StageProgram[]): boolean =>
  programs.some(p => existsSync(stageFolder(dir, p.stage).metrics));

interface Training {
  readonly options: TrainOptions;
  readonly opened: OpenedSpec;
  readonly ready: ReadyEngine;
  readonly programs: readonly StageProgram[];
  readonly starts: readonly Start[];
  readonly run: Run;
  /** Its text; none where the model can't have one. */
  readonly lock: string | undefined;
  readonly data: RunData;
}

async function trainStages(training: Training): Promise<TrainResult> {
  const { options, run, lock, opened, ready, programs, starts, data } = training;
  const { dir } = run;
  let { settings } = run;
  const { seed } = settings;
  const threads = settings.threads ?? undefined;
  const reports: StageReport[] = [];
  let page: string | undefined;
  for (const program of programs) {
    const folder = stageFolder(dir, program.stage);
    const chance = new Map<string, number>();
    const draw = (): void => {
      const about = `${opened.model.name} ${opened.model.version ?? ''} in ${dir}`;
      const title = `${opened.model.name}: stage ${program.stage}`;
      writeWhole(folder.curves, [curvesPage(readMetrics(folder.metrics), { title, about, chance })]);
    };
    const outcome = await trainStage({
      program,
      engine: ready.engine,
      data: data.source,
      folder,
      seed,
      fingerprint: opened.fingerprint,
      lock,
      start: startOf(dir, program, starts),
      threads,
      checkpointEvery: checkpointPeriod(program),
      logEvery: logPeriod(stepsOf(program)),
      signal: options.signal,
      onEvent: event => {
        if (event.kind === 'evaluated') for (const [k, v] of event.measured.chance) chance.set(k, v);
        if (event.kind === 'checkpoint') draw();
        options.onEvent?.(event);
      },
    });
    if (outcome.kind === 'stopped') return { run: dir, outcome: 'stopped', reports, page };
    const kept = readCheckpoint(folder.best) ?? readCheckpoint(folder.last);
    if (kept === undefined) throw failure('nothing-trained', { run: dir });
    options.onEvent?.({ kind: 'reporting', stage: program.stage });
    const report = await reportStage({
      program,
      weights: kept.tensors,
      path: folder.best,
      step: kept.info.step,
      engine: ready.engine,
      data,
      seed,
      threads,
      signal: options.signal,
    });
    if (report === undefined) return { run: dir, outcome: 'stopped', reports, page };
    if (report.measured.length > 0) writeReport(join(folder.dir, 'result.json'), report);
    reports.push(report);
    const title = `${opened.model.name}: what it makes of data it has not seen`;
    const about = `stage ${program.stage}, weights of step ${report.step}, seed ${seed}, ${ready.engine.name} ${ready.version}`;
    const answers = await answersPage(program, report, data, { title, about });
    if (answers !== undefined) {
      page = join(dir, 'result.html');
      writeWhole(page, [answers]);
    }
    settings = {
      ...settings,
      stages: settings.stages.map(s => (s.stage === program.stage ? { ...s, done: true } : s)),
    };
    saveSettings(dir, settings);
    options.onEvent?.({ kind: 'report', report, page });
  }
  return { run: dir, outcome: 'finished', reports, page };
}

/** What a stage starts from: the last weights of the stage before it, in this run, and parts from runs of other models. */
function startOf(
  dir: string,
  program: StageProgram,
  starts: readonly Start[],
): ReadonlyMap<string, HostTensor> {
  const others = startTensors(starts, program.stage);
  if (program.from === undefined) return others;
  const checkpoint = readCheckpoint(stageFolder(dir, program.from).last);
  if (checkpoint === undefined || checkpoint.info.step < checkpoint.info.steps)
    throw failure('stage-not-trained', { run: dir, stage: program.from });
  return new Map([...[...checkpoint.tensors].filter(([name]) => !name.includes('#')), ...others]);
}
