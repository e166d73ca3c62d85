// An installed engine deleted, with what a cut off installation left.

import { existsSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { writeFailure } from '../../train/atomic-file.ts';
import { failure } from './diagnostics.ts';
import { halfRemoved, lockEngines, sizeOf, takeAway } from './engines-folder.ts';
import { leftovers } from './work.ts';

export interface Removed {
  readonly folder: string;
  readonly bytes: number;
}

export function removeEngine(name: string, engines: string): Removed {
  const folder = join(engines, name);
  if (!existsSync(engines)) throw failure('engine-not-installed', { name, folder: engines });
  const unlock = lockEngines(engines);
  try {
    const rests = [...leftovers(engines, name), ...halfRemoved(engines)].map(f => join(engines, f));
    const there = [folder, ...rests].filter(f => existsSync(f));
    if (there.length === 0) throw failure('engine-not-installed', { name, folder: engines });
    const bytes = there.reduce((sum, f) => sum + sizeOf(f), 0);
    takeAway(folder);
    for (const rest of rests) rmSync(rest, { recursive: true, force: true });
    return { folder, bytes };
  } catch (e) {
    throw e instanceof Error && 'syscall' in e ? writeFailure(e, folder) : e;
  } finally {
    unlock();
  }
}
