// The folder of all engines: one process at a time, its size, and an engine taken out of it.

import { lstatSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { lockFolder } from '../../train/folder-lock.ts';
import { failure } from './diagnostics.ts';

/** Gives back how to let it go. */
export const lockEngines = (engines: string): (() => void) =>
  lockFolder(engines, holder => failure('engines-busy', { folder: engines, ...holder }));

/** Bytes of all files in a folder; 0 where there is none. */
export function sizeOf(folder: string): number {
  const found = lstatSync(folder, { throwIfNoEntry: false });
  if (found === undefined) return 0;
  if (!found.isDirectory()) return found.size;
  return readdirSync(folder).reduce((sum, name) => sum + sizeOf(join(folder, name)), 0);
}

const away = '.removing-';

/** Removes an engine's folder: at once for who looks for it, then file by file. */
export function takeAway(place: string): void {
  if (lstatSync(place, { throwIfNoEntry: false }) === undefined) return;
  const parent = join(place, '..');
  const aside = mkdtempSync(join(parent, away));
  renameSync(place, join(aside, 'engine'));
  rmSync(aside, { recursive: true, force: true });
}

/** Folders of engines that were being removed when that was cut off. */
export const halfRemoved = (engines: string): readonly string[] =>
  readdirSync(engines).filter(f => f.startsWith(away));
