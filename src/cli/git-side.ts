// Specs and locks as a git revision has them, with the files that they use from the same revision.

import { resolve } from 'node:path';
import type { ReadFile } from '../dsl/semantics/library.ts';
import type { Lock } from '../versioning/lock.ts';
import { readLock } from '../versioning/lock-read.ts';
import type { Context } from './context.ts';
import { besideInGit, gitFile, gitTwin } from './git.ts';
import { type LockedOrWrong, lockedSpec } from './locked-spec.ts';

/** The lock that a revision has in place of a path; undefined where it has none that can be read. */
export function gitLock(revision: string, path: string): Lock | undefined {
  const found = gitTwin(revision, path);
  return 'file' in found ? readLock(found.file.name, found.file.text).value : undefined;
}

/** The spec that a revision has in place of a file on the disk. */
export function gitSpec(revision: string, file: string, context: Context): LockedOrWrong {
  const found = gitTwin(revision, file);
  if ('diagnostics' in found) return found;
  return lockedGit(revision, found.file, resolve(file, '..'), context);
}

/** A spec that was read from a revision; `folder` is what paths that begin with `./` are from. */
export function lockedGit(
  revision: string,
  { name, text }: { readonly name: string; readonly text: string },
  folder: string,
  context: Context,
): LockedOrWrong {
  const read: ReadFile = (path, from) => {
    const found = gitFile(revision, besideInGit(from.slice(revision.length + 1), path), folder);
    return 'file' in found ? { file: found.file.name, text: found.file.text } : undefined;
  };
  return lockedSpec(text, name, read, context);
}
