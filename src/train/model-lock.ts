// The lock of a run: what its model is, as trained, with the names of labels and the tokenizers that came of the
// data. It stands in the run folder as model.lock and in every checkpoint, and is read without reading weights.

import { existsSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Diagnostic, Result } from '../base/diagnostic.ts';
import { LoweringError } from '../compiler/lower.ts';
import { ops } from '../ops/registry.ts';
import type { Lock } from '../versioning/lock.ts';
import { lockOf } from '../versioning/lock-of.ts';
import { readLock } from '../versioning/lock-read.ts';
import { lockText } from '../versioning/lock-text.ts';
import { withData } from '../versioning/of-data.ts';
import { writeWhole } from './atomic-file.ts';
import { parseInfo } from './checkpoint.ts';
import { failure, TrainFailure, trainDiagnostic } from './diagnostics.ts';
import type { OpenedSpec } from './model.ts';
import { openSpec } from './model.ts';
import { keptTokenizers } from './run-data.ts';
import { isRunFolder, openRun, type Run, readText, specOf } from './run-folder.ts';
import { keptLabels } from './run-labels.ts';
import { type Outline, readOutline } from './safetensors.ts';
import { version } from './version.ts';

export const lockFile = (dir: string): string => join(dir, 'model.lock');

/** The lock of an opened model with what the run in `dir` has from the data. */
export function lockWithData({ compilation, model, std }: OpenedSpec, dir: string): Lock {
  const lock = lockOf(compilation.library, [model], ops, { mmlang: version, std });
  const data = { labels: keptLabels(dir), tokenizers: keptTokenizers(dir) };
  return {
    ...lock,
    models: new Map([...lock.models].map(([name, m]) => [name, withData(m, data)] as const)),
  };
}

/**
 * Writes the run's lock and gives its text. A later stage may fit tokenizers and name labels that were not there
 * before. A model whose graph can't be traced in the sizes of a lock has none, which `tell` hears.
 */
export function keepLock(
  opened: OpenedSpec,
  dir: string,
  tell: (diagnostic: Diagnostic) => void,
): string | undefined {
  let text: string;
  try {
    text = lockText(lockWithData(opened, dir));
  } catch (error) {
    if (!(error instanceof LoweringError)) throw error;
    const why = error.diagnostics.map(d => d.message).join('; ');
    tell(trainDiagnostic('run-without-lock', { run: dir, why }, { span: undefined }));
    return undefined;
  }
  writeWhole(lockFile(dir), [text]);
  return text;
}

/** What the model of a run is. Reads no weights. Runs of before there were locks: as their copy of the spec says. */
export const lockOfRun = (dir: string): Result<Lock> =>
  asResult(() => {
    const run = openRun(dir);
    const path = lockFile(dir);
    if (!existsSync(path)) return lockOfSpecCopy(run);
    const lock = checkedLock(path, readText(path), 'put it back from a checkpoint of the run or a copy');
    requireModel(path, lock, run);
    return { value: lock, diagnostics: [] };
  });

/** What the model of a checkpoint is. Reads its header alone. */
export const lockOfCheckpoint = (path: string): Result<Lock> =>
  asResult(() => {
    const outline = readOutline(path);
    const text = outline.metadata.get('lock');
    if (text !== undefined) {
      const lock = checkedLock(`the lock in ${path}`, text, 'put the checkpoint back from a copy');
      requireTypes(path, lock, outline);
      return { value: lock, diagnostics: [] };
    }
    // RUN/stages/STAGE/checkpoints/last.safetensors
    const run = dirname(dirname(dirname(dirname(resolve(path)))));
    if (!isRunFolder(run)) throw failure('checkpoint-without-lock', { path });
    return lockOfRun(run);
  });

/** A run folder or a checkpoint. */
export const lockOfTrained = (path: string): Result<Lock> =>
  statSync(path, { throwIfNoEntry: false })?.isFile() === true ? lockOfCheckpoint(path) : lockOfRun(path);

function asResult(make: () => Result<Lock>): Result<Lock> {
  try {
    return make();
  } catch (error) {
    if (error instanceof TrainFailure || error instanceof LoweringError)
      return { value: undefined, diagnostics: error.diagnostics };
    throw error;
  }
}

function checkedLock(file: string, text: string, help: string): Lock {
  const { value, diagnostics } = readLock(file, text);
  if (value === undefined) throw new TrainFailure(...diagnostics.map(d => ({ ...d, help })));
  return value;
}

function lockOfSpecCopy(run: Run): Result<Lock> {
  const { dir, settings } = run;
  const opened = openSpec(specOf(run), settings.variant ?? undefined);
  if (opened.fingerprint !== settings.fingerprint)
    throw failure('run-of-another-spec', { run: dir, spec: 'the spec.mm that is in it now' });
  const { mmlang } = settings;
  const isSame = opened.std === settings.std;
  const told = trainDiagnostic('lock-from-spec', { run: dir, mmlang, isSame }, { span: undefined });
  return { value: lockWithData(opened, dir), diagnostics: [told] };
}

function requireModel(path: string, lock: Lock, { settings }: Run): void {
  const [[name, model] = [], ...more] = lock.models;
  if (more.length > 0 || model?.model !== settings.model || name !== (settings.variant ?? settings.model))
    throw failure('broken-file', { path, why: 'it is the lock of another model than that of the run' });
}

/** The weights that the stage reads are in the file, and what is there has the type that the lock says. */
function requireTypes(path: string, lock: Lock, { metadata, types }: Outline): void {
  const [model] = lock.models.values();
  if (model === undefined || lock.models.size > 1)
    throw failure('broken-file', { path, why: 'the lock in it is not that of one model' });
  const { stage } = parseInfo(path, metadata.get('mmlang'));
  const reads = model.stages.get(stage)?.computes.flatMap(c => c.reads);
  if (reads === undefined)
    throw failure('broken-file', { path, why: `the lock in it says nothing of the stage ${stage}` });
  const missing = reads.find(name => !types.has(name));
  if (missing !== undefined)
    throw failure('broken-file', { path, why: `the lock in it has a weight ${missing}, which is not there` });
  for (const [name, type] of types) {
    const said = model.weights.get(name)?.type;
    if (said !== undefined && said !== type)
      throw failure('broken-file', { path, why: `${name} is ${type}, and ${said} in the lock in it` });
  }
}
