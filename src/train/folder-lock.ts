// One process at a time in a folder: a file `lock` with the process and its machine. A lock whose process is gone is
// taken over.

import { closeSync, openSync, readFileSync, rmSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { writeAll, writeFailure } from './atomic-file.ts';

export interface Holder {
  readonly pid: number;
  readonly host: string;
}

/** Takes the lock and gives back how to let it go; throws what is made of the living process that holds it. */
export function lockFolder(dir: string, busy: (holder: Holder) => Error): () => void {
  const path = join(dir, 'lock');
  for (let attempt = 0; ; attempt += 1) {
    if (tryCreate(path)) return () => rmSync(path, { force: true });
    const holder = readHolder(path);
    if (holder !== undefined && (isAlive(holder) || attempt > 2)) throw busy(holder);
    removeLock(path);
  }
}

/** What can't be removed (a folder, a read-only disk) is told, never tried for ever. */
function removeLock(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw writeFailure(error, path);
  }
}

function tryCreate(path: string): boolean {
  let file: number;
  try {
    file = openSync(path, 'wx');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EEXIST') return false;
    throw writeFailure(error, path);
  }
  try {
    writeAll(file, new TextEncoder().encode(JSON.stringify({ pid: process.pid, host: hostname() })));
    return true;
  } catch (error) {
    // Ours, and it names nobody: a full disk must not leave it.
    rmSync(path, { force: true });
    throw writeFailure(error, path);
  } finally {
    closeSync(file);
  }
}

/** undefined for a lock that names nobody: its writer died between creating and writing it. */
function readHolder(path: string): Holder | undefined {
  try {
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    if (typeof value !== 'object' || value === null || !('pid' in value) || !('host' in value))
      return undefined;
    const { pid, host } = value;
    return Number.isSafeInteger(pid) && Number(pid) > 0 && typeof host === 'string'
      ? { pid: Number(pid), host }
      : undefined;
  } catch {
    // Gone meanwhile, or torn: either way it names no living process.
    return undefined;
  }
}

/** A process of another machine can't be asked, so it counts as alive. */
function isAlive({ pid, host }: Holder): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}
