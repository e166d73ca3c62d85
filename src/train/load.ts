// A trained run opened for use: its spec compiled again, its weights, its tokenizers.

import { existsSync } from 'node:fs';
import type { HostTensor } from '../base/tensor.ts';
import type { StageProgram } from '../compiler/program.ts';
import type { Tokenizer } from '../data/index.ts';
import { readCheckpoint } from './checkpoint.ts';
import { failure } from './diagnostics.ts';
import type { ReadyEngine } from './engines.ts';
import { openEngine, openRunEngine, requirePasses } from './engines.ts';
import type { OnRead, OpenedSpec } from './model.ts';
import { openSpec } from './model.ts';
import { keptTokenizers } from './run-data.ts';
import type { Run } from './run-folder.ts';
import { openRun, specOf, stageFolder } from './run-folder.ts';
import { keptLabels } from './run-labels.ts';
import type { StageSettings } from './run-settings.ts';

export interface LoadOptions {
  /** The version of mmlang. */
  readonly mmlang: string;
  /** Default: the engine that trained the run; `auto`: the fastest that is there. */
  readonly engine?: string | undefined;
  readonly threads?: number | undefined;
  /** Default: the best where a measure has chosen one, else the last. */
  readonly checkpoint?: 'best' | 'last' | undefined;
  /** Passes that are left out; default: as the run was trained. */
  readonly without?: readonly string[] | undefined;
  readonly onRead?: OnRead | undefined;
}

export interface LoadedRun {
  readonly run: Run;
  readonly opened: OpenedSpec;
  readonly ready: ReadyEngine;
  readonly tokenizers: ReadonlyMap<string, Tokenizer>;
  /** Names of labels that the spec doesn't name. */
  readonly labels: ReadonlyMap<string, readonly string[]>;
  readonly threads: number | undefined;
  /** The stage whose weights these are: the last that has a checkpoint. */
  readonly stage: StageSettings;
  readonly step: number;
  readonly weights: ReadonlyMap<string, HostTensor>;
  /** The checkpoint's file. */
  readonly path: string;
}

/** Opens a run folder. Errors of the user's are thrown with `diagnostics`. */
export async function load(dir: string, options: LoadOptions): Promise<LoadedRun> {
  const run = openRun(dir);
  const { settings } = run;
  const without = options.without ?? settings.without;
  const opened = openSpec(specOf(run), settings.variant ?? undefined, options.onRead, without);
  if (opened.fingerprint !== settings.fingerprint)
    throw failure('run-of-another-spec', { run: dir, spec: 'the spec.mm that is in it now' });
  if (opened.std !== settings.std) throw failure('run-of-another-std', { run: dir, mmlang: settings.mmlang });
  const stage = settings.stages.findLast(s => existsSync(stageFolder(dir, s.stage).last));
  if (stage === undefined) throw failure('nothing-trained', { run: dir });
  const folder = stageFolder(dir, stage.stage);
  const wanted = options.checkpoint ?? (existsSync(folder.best) ? 'best' : 'last');
  const path = folder[wanted];
  const checkpoint = readCheckpoint(path);
  if (checkpoint === undefined) throw failure('cannot-read', { path, why: 'there is no such checkpoint' });
  if (checkpoint.info.fingerprint !== settings.fingerprint)
    throw failure('broken-file', { path, why: 'it belongs to another run' });
  const ready = await engineOf(run, options);
  // What the run left out may be passes of another engine.
  requirePasses(ready.engine, options.without ?? []);
  return {
    run,
    opened,
    ready,
    tokenizers: keptTokenizers(dir),
    labels: keptLabels(dir),
    threads: options.threads ?? settings.threads ?? undefined,
    stage,
    step: checkpoint.info.step,
    weights: new Map([...checkpoint.tensors].filter(([name]) => !name.includes('#'))),
    path,
  };
}

async function engineOf({ dir, settings }: Run, { engine, mmlang }: LoadOptions): Promise<ReadyEngine> {
  if (engine !== undefined) return openEngine(engine, mmlang);
  const own = { dir, engine: settings.engine, version: settings.engineVersion };
  return openRunEngine(own, mmlang, 'or use the fastest that is here: --engine auto');
}

/** A stage of the run as it was trained, or with another batch for its measures. */
export function stageOf(loaded: LoadedRun, stage: StageSettings, batch: number | undefined): StageProgram {
  const size = batch ?? stage.chosenBatch ?? undefined;
  return loaded.opened.compilation.stage(stage.stage, loaded.ready.engine.target, {
    steps: stage.steps,
    ...(size === undefined ? {} : { batch: size }),
  });
}
