// One side of `mm diff`: a spec, a lock, a run folder, a checkpoint, or a spec or lock of a git revision. The compiler
// is loaded where a side is a spec: two locks are compared without it.

import { type Stats, statSync } from 'node:fs';
import type { Diagnostic, Result } from '../base/diagnostic.ts';
import { versioningDiagnostic } from '../versioning/diagnostics.ts';
import type { Lock } from '../versioning/lock.ts';
import { readLock } from '../versioning/lock-read.ts';
import type { Context } from './context.ts';
import { gitFile } from './git.ts';
import { readLockFile } from './lock-file.ts';
import type { LockedOrWrong, LockedSpec } from './locked-spec.ts';

export interface Side {
  /** As the user names it. */
  readonly name: string;
  readonly lock: Lock;
  /** Where it is a spec. */
  readonly spec: LockedSpec | undefined;
  /** A run or a checkpoint is of one model. */
  readonly isTrained: boolean;
}

export async function openSide(name: string, context: Context): Promise<Result<Side>> {
  const stat = statOf(name);
  if (stat?.isDirectory() || (stat !== undefined && /\.safetensors$/i.test(name)))
    return ofLock(name, (await import('../train/model-lock.ts')).lockOfTrained(name), true);
  if (stat !== undefined && /\.lock$/i.test(name)) return ofLock(name, readLockFile(name), false);
  if (stat !== undefined) return specSide(name, context);
  const colon = name.indexOf(':');
  // C:\specs\a.mm is a file that isn't there.
  if (colon > 0 && !/^[A-Za-z]:[\\/]/.test(name))
    return gitSide(name, name.slice(0, colon), name.slice(colon + 1), context);
  if (/\.mm$/i.test(name)) return specSide(name, context);
  return wrong([versioningDiagnostic('nothing-to-compare', { path: name }, { span: undefined })]);
}

/** undefined also for a name that no file can have. */
function statOf(path: string): Stats | undefined {
  try {
    return statSync(path, { throwIfNoEntry: false });
  } catch (e) {
    if ((e as NodeJS.ErrnoException).code === 'ENAMETOOLONG') return undefined;
    throw e;
  }
}

async function specSide(name: string, context: Context): Promise<Result<Side>> {
  const [{ fileReader, loadSpec }, { lockedSpec }] = await Promise.all([
    import('./load-spec.ts'),
    import('./locked-spec.ts'),
  ]);
  const loaded = loadSpec(name);
  if (loaded.diagnostics !== undefined) return wrong(loaded.diagnostics);
  return ofSpec(name, lockedSpec(loaded.text, name, fileReader, context));
}

async function gitSide(
  name: string,
  revision: string,
  path: string,
  context: Context,
): Promise<Result<Side>> {
  const found = gitFile(revision, path);
  if ('diagnostics' in found) return wrong(found.diagnostics);
  if (/\.lock$/i.test(path)) return ofLock(name, readLock(name, found.file.text), false);
  const { lockedGit } = await import('./git-side.ts');
  return ofSpec(name, lockedGit(revision, found.file, '.', context));
}

const wrong = (diagnostics: readonly Diagnostic[]): Result<Side> => ({ value: undefined, diagnostics });

const ofLock = (name: string, { value, diagnostics }: Result<Lock>, isTrained: boolean): Result<Side> => ({
  value: value === undefined ? undefined : { name, lock: value, spec: undefined, isTrained },
  diagnostics,
});

const ofSpec = (name: string, { locked, diagnostics }: LockedOrWrong): Result<Side> => ({
  value: locked === undefined ? undefined : { name, lock: locked.lock, spec: locked, isTrained: false },
  diagnostics: diagnostics ?? [],
});
