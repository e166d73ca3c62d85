// The lock beside a spec: spec.mm has spec.mm.lock.

import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Result } from '../base/diagnostic.ts';
import { writeWhole } from '../train/atomic-file.ts';
import { versioningDiagnostic } from '../versioning/diagnostics.ts';
import type { Lock } from '../versioning/lock.ts';
import { readLock } from '../versioning/lock-read.ts';
import { lockHead, sealStart } from '../versioning/lock-text.ts';
import { replaceFile } from './replace-file.ts';

export const lockPath = (spec: string): string => `${spec}.lock`;

/** The text of the lock at a path; undefined where there is none. Throws what the file system says. */
export function lockFileText(path: string): string | undefined {
  if (!existsSync(path)) return undefined;
  // A folder or a device has no text, and what is too large is told by its size.
  const { size } = statSync(path);
  return size > mostBytes ? ' '.repeat(mostBytes + 1) : readFileSync(path, 'utf8');
}

/** readLock refuses more than this. */
const mostBytes = 1 << 26;

export function readLockFile(path: string): Result<Lock> {
  const text = lockFileText(path);
  if (text === undefined)
    return {
      value: undefined,
      diagnostics: [versioningDiagnostic('lock-missing', { file: path }, { span: undefined })],
    };
  return readLock(path, text);
}

/** Whether a text is a lock that was cut off, edited, merged or written by another version, and no file of others. */
export const wasLock = (text: string): boolean =>
  text.trim() === '' || text.includes(lockHead.trim()) || text.includes(sealStart);

/** Whole or not at all. */
export function writeLock(path: string, text: string): void {
  if (existsSync(path)) replaceFile(path, text);
  else writeWhole(path, [text]);
}
