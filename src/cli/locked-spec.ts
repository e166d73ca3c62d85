// A spec's text as a lock: checked, traced, and with the places of what the lock says.

import { type Diagnostic, hasErrors } from '../base/diagnostic.ts';
import { check } from '../compile.ts';
import type { CheckedFile } from '../dsl/semantics/check.ts';
import type { Library, ReadFile } from '../dsl/semantics/library.ts';
import type { Model } from '../dsl/semantics/model.ts';
import { stdSources } from '../dsl/std/sources.ts';
import { ops } from '../ops/registry.ts';
import { stdVersion } from '../train/model.ts';
import { version } from '../train/version.ts';
import { type PlacedLock, placedLock } from '../versioning/lock-of.ts';
import type { Context } from './context.ts';

export interface LockedSpec extends PlacedLock {
  /** As messages call it. */
  readonly file: string;
  readonly library: Library;
  readonly models: readonly Model[];
}

export type LockedOrWrong =
  | { readonly locked: LockedSpec; readonly diagnostics?: undefined }
  | { readonly locked?: undefined; readonly diagnostics: readonly Diagnostic[] };

/** Checks a spec and adds what was read to the texts that errors show. */
export function checkedSpec(text: string, file: string, read: ReadFile, context: Context): CheckedFile {
  context.sources.set(file, text);
  for (const std of stdSources) context.sources.set(std.file, std.text);
  const checked = check(text, file, read);
  for (const [name, used] of checked.library?.sources ?? []) context.sources.set(name, used);
  return checked;
}

/** The lock of a checked spec; undefined where the spec has errors. */
export function lockedChecked(file: string, checked: CheckedFile): LockedSpec | undefined {
  const { library, models, diagnostics } = checked;
  if (library === undefined || hasErrors(diagnostics)) return undefined;
  const placed = placedLock(library, models, ops, { mmlang: version, std: stdVersion() });
  return { ...placed, file, library, models };
}

export function lockedSpec(text: string, file: string, read: ReadFile, context: Context): LockedOrWrong {
  const checked = checkedSpec(text, file, read, context);
  const locked = lockedChecked(file, checked);
  return locked === undefined ? { diagnostics: checked.diagnostics } : { locked };
}
