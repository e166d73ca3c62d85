// What `mm lock` does.

import { type Diagnostic, hasErrors } from '../base/diagnostic.ts';
import { type Comparison, compareLocks } from '../versioning/compare.ts';
import { versioningDiagnostic } from '../versioning/diagnostics.ts';
import { readLock } from '../versioning/lock-read.ts';
import { lockText } from '../versioning/lock-text.ts';
import type { LockOptions } from './command-lock.ts';
import { type Context, report } from './context.ts';
import { diffJson } from './diff-json.ts';
import { diffText } from './diff-text.ts';
import { callMeaning } from './diff-words.ts';
import { type ExitCode, exit } from './exit.ts';
import { fileReader, loadSpec } from './load-spec.ts';
import { lockFileText, lockPath, wasLock, writeLock } from './lock-file.ts';
import { type LockedSpec, lockedSpec } from './locked-spec.ts';

interface Locking {
  readonly spec: LockedSpec;
  readonly lock: string;
  readonly state: 'up to date' | 'written' | 'outdated';
  /** Against the lock that was there; undefined where there was none, or none that can be read. */
  readonly comparison: Comparison | undefined;
}

/** Locks each file that has no mistakes; what is wrong with others is told after all. */
export function runLock(files: readonly string[], options: LockOptions, context: Context): ExitCode {
  const done: Locking[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const file of files) {
    const made = lockFile(file, options, context);
    diagnostics.push(...made.diagnostics);
    if (made.locking !== undefined) done.push(made.locking);
  }
  const failed = hasErrors(diagnostics);
  const { out } = context.output;
  if (context.json && !failed)
    out.line(
      JSON.stringify(
        done.map(({ spec, lock, state, comparison }) => ({
          file: spec.file,
          lock,
          state,
          diff: comparison === undefined ? null : diffJson(comparison, spec),
        })),
        undefined,
        2,
      ),
    );
  else if (!context.json)
    for (const { lock, state, comparison } of done) {
      out.line(`${lock}: ${state}`);
      if (comparison !== undefined && state !== 'up to date')
        out.line(diffText(comparison, out.paint).replace(/^(?=.)/gm, '  '));
    }
  report(context, diagnostics);
  return failed ? exit.wrong : exit.ok;
}

interface Made {
  readonly locking?: Locking;
  readonly diagnostics: readonly Diagnostic[];
}

function lockFile(file: string, options: LockOptions, context: Context): Made {
  const loaded = loadSpec(file);
  if (loaded.diagnostics !== undefined) return loaded;
  const { locked, diagnostics } = lockedSpec(loaded.text, file, fileReader, context);
  if (locked === undefined) return { diagnostics };
  const lock = lockPath(file);
  const text = lockText(locked.lock);
  const before = lockFileText(lock);
  const nowhere = { span: undefined };
  if (before?.replaceAll('\r\n', '\n') === text)
    return { locking: { spec: locked, lock, state: 'up to date', comparison: undefined }, diagnostics: [] };
  const old = before === undefined ? undefined : readLock(lock, before);
  if (options.check === true) {
    if (old === undefined)
      return { diagnostics: [versioningDiagnostic('lock-missing', { file: lock }, nowhere)] };
    if (old.value === undefined) return { diagnostics: old.diagnostics };
    const comparison = compareLocks(old.value, locked.lock);
    const { verdict, version } = comparison;
    const params = { file: lock, verdict, call: callMeaning[version.calls] };
    return {
      locking: { spec: locked, lock, state: 'outdated', comparison },
      diagnostics: [versioningDiagnostic('lock-not-current', params, nowhere)],
    };
  }
  if (before !== undefined && !wasLock(before))
    return { diagnostics: [versioningDiagnostic('not-our-lock', { file: lock }, nowhere)] };
  writeLock(lock, text);
  const comparison = old?.value === undefined ? undefined : compareLocks(old.value, locked.lock);
  return {
    locking: { spec: locked, lock, state: 'written', comparison },
    // The broken one was replaced, as it should be: what was wrong with it is no error any more.
    diagnostics: (old?.diagnostics ?? []).map(d => ({
      ...d,
      severity: 'warning',
      help: 'it was written anew',
    })),
  };
}
