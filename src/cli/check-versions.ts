// What `mm check` says of versions: against the lock beside the spec, or against an earlier revision.

import { existsSync, statSync } from 'node:fs';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { CheckedFile } from '../dsl/semantics/check.ts';
import { type Comparison, compareLocks, isRaised } from '../versioning/compare.ts';
import { versioningDiagnostic } from '../versioning/diagnostics.ts';
import type { Lock } from '../versioning/lock.ts';
import { readLock } from '../versioning/lock-read.ts';
import { lockText } from '../versioning/lock-text.ts';
import { calls, leastVersion } from '../versioning/version-call.ts';
import type { Context } from './context.ts';
import { callMeaning, changeText, signOf } from './diff-words.ts';
import { gitLock, gitSpec } from './git-side.ts';
import { lockFileText, lockPath, readLockFile } from './lock-file.ts';
import { type LockedSpec, lockedChecked } from './locked-spec.ts';

const nowhere = { span: undefined };
/** Changes that a note names; `mm diff` tells all. */
const mostNamed = 6;

/** A note where the spec isn't what its lock says, and a warning where its version isn't what that calls for. */
export function againstLock(file: string, checked: CheckedFile): readonly Diagnostic[] {
  const path = lockPath(file);
  const text = lockFileText(path);
  if (text === undefined) return [];
  const old = readLock(path, text);
  if (old.value === undefined) return old.diagnostics;
  const now = lockedChecked(file, checked);
  if (now === undefined || lockText(now.lock) === text.replaceAll('\r\n', '\n')) return [];
  const comparison = compareLocks(old.value, now.lock);
  const { verdict, version } = comparison;
  const [first] = now.models;
  return [
    versioningDiagnostic(
      'lock-outdated',
      { file: path, verdict, call: callMeaning[version.calls] },
      { span: first?.item.name.span, notes: changeNotes(comparison) },
    ),
    ...lowVersions('version-not-raised', comparison, now),
  ];
}

/** An error where a version is lower than the change since a revision, or since a lock file, calls for. */
export function againstRevision(
  against: string,
  file: string,
  checked: CheckedFile,
  context: Context,
): readonly Diagnostic[] {
  const found = earlier(against, file, context);
  if (found.lock === undefined) return found.diagnostics;
  const now = lockedChecked(file, checked);
  return now === undefined ? [] : lowVersions('version-too-low', compareLocks(found.lock, now.lock), now);
}

type Earlier =
  | { readonly lock: Lock }
  | { readonly lock?: undefined; readonly diagnostics: readonly Diagnostic[] };

/** The lock that stood beside the spec, or that of the spec as it was. */
function earlier(against: string, file: string, context: Context): Earlier {
  if (existsSync(against) && statSync(against).isFile()) {
    const { value, diagnostics } = readLockFile(against);
    return value === undefined ? { diagnostics } : { lock: value };
  }
  const kept = gitLock(against, lockPath(file));
  if (kept !== undefined) return { lock: kept };
  const spec = gitSpec(against, file, context);
  if (spec.locked !== undefined) return { lock: spec.locked.lock };
  const isNew = spec.diagnostics.some(d => d.code === 'not-in-revision' && d.span === undefined);
  return {
    diagnostics: isNew
      ? [versioningDiagnostic('new-model-file', { file, revision: against }, nowhere)]
      : spec.diagnostics,
  };
}

/** One for each model, with the most that any of its variants calls for. */
function lowVersions(
  code: 'version-not-raised' | 'version-too-low',
  { models }: Comparison,
  now: LockedSpec,
): readonly Diagnostic[] {
  const low = models
    .filter(m => !isRaised(m))
    .sort((a, b) => calls.indexOf(b.calls) - calls.indexOf(a.calls));
  const named = new Set<string>();
  return low.flatMap(({ name, old, now: is, calls: call }) => {
    const model = is?.model ?? name;
    if (named.has(model)) return [];
    named.add(model);
    const from = old?.version;
    const params = {
      model,
      from: from ?? 'no version',
      to: is?.version ?? 'no version',
      call,
      least: leastVersion(from ?? '0.0.0', call),
    };
    return [versioningDiagnostic(code, params, { span: now.places.get(name)?.get('version') })];
  });
}

function changeNotes({ models }: Comparison): readonly string[] {
  const all = [...new Set(models.flatMap(m => m.changes).map(c => `${signOf(c)} ${changeText(c)}`))];
  const more = all.length - mostNamed;
  return more > 0 ? [...all.slice(0, mostNamed), `… and ${more} more: mm diff tells all`] : all;
}
