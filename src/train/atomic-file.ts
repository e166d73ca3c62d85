// Files that are written whole or not at all, and what a failed read or write means to the user.

import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { failure } from './diagnostics.ts';

/**
 * Writes a file whole or not at all: into `PATH.tmp`, flushed to the disk, then renamed over the old one. A run
 * folder has one writer (see run-lock.ts), so the temporary name is free.
 */
export function writeWhole(path: string, chunks: readonly (Uint8Array | string)[]): void {
  const temporary = `${path}.tmp`;
  try {
    const file = openSync(temporary, 'w');
    try {
      for (const chunk of chunks)
        writeAll(file, typeof chunk === 'string' ? new TextEncoder().encode(chunk) : chunk);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
    flushFolder(dirname(path));
  } catch (error) {
    rmSync(temporary, { force: true });
    throw writeFailure(error, path);
  }
}

/** Writes every byte; one call of the system may take only a part. */
export function writeAll(file: number, bytes: Uint8Array): void {
  for (let at = 0; at < bytes.length; )
    at += writeSync(file, bytes, at, Math.min(bytes.length - at, 2 ** 30));
}

/** So that the rename itself survives a power cut; Windows can't open folders and doesn't need it. */
function flushFolder(path: string): void {
  if (process.platform === 'win32') return;
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

function systemCode(error: unknown): string | undefined {
  if (!(error instanceof Error) || !('code' in error)) return undefined;
  return typeof error.code === 'string' ? error.code : undefined;
}

const reasons: Readonly<Record<string, string>> = {
  EACCES: 'no permission',
  EPERM: 'no permission',
  EROFS: 'the disk is read-only',
  ENOENT: 'no such file or folder',
  EISDIR: 'it is a folder',
  ERR_FS_EISDIR: 'it is a folder',
  ENOTDIR: 'a part of the path is not a folder',
  EEXIST: 'it already exists',
  EMFILE: 'too many open files',
  ENAMETOOLONG: 'the name is too long',
  EIO: 'the disk reports an error',
  EFBIG: 'the file is larger than allowed',
};

const reason = (code: string): string => reasons[code] ?? code;

/** The user's view of a failed write; an error that isn't the system's is a fault of ours and comes back as it is. */
export function writeFailure(error: unknown, path: string): unknown {
  const code = systemCode(error);
  if (code === undefined) return error;
  if (code === 'ENOSPC' || code === 'EDQUOT') return failure('disk-full', { path });
  return failure('cannot-write', { path, why: reason(code) });
}

export function readFailure(error: unknown, path: string): unknown {
  const code = systemCode(error);
  return code === undefined ? error : failure('cannot-read', { path, why: reason(code) });
}
