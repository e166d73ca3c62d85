// How any engine is installed: what it is made of is fetched, made and tried in a folder beside its place, which it takes
// when it is whole. What was whole when it was cut off isn't made again.

import { mkdirSync, renameSync, rmSync, statfsSync } from 'node:fs';
import { join } from 'node:path';
import { installationFile } from '../../backends/installed.ts';
import { writeFailure, writeWhole } from '../../train/atomic-file.ts';
import { failure } from './diagnostics.ts';
import { lockEngines, sizeOf, takeAway } from './engines-folder.ts';
import { diskFailure, openWork, type Work } from './work.ts';

/** What installing one engine is. `Tried` is what trying it tells. */
export interface Recipe<Tools, Tried> {
  /** The engine's, and its folder's. */
  readonly name: string;
  /** What messages call it. */
  readonly title: string;
  /** All that is fetched; another work for others. */
  readonly pins: unknown;
  /** The folder of an installation that is what would be installed. */
  readonly there: () => string | undefined;
  /** The programs that it takes; fails where they are missing, before anything is fetched. */
  readonly findTools: () => Promise<Tools>;
  /** Bytes on the disk while installing. */
  readonly needs: (work: Work) => number;
  /** Makes what of `work.files` isn't there. */
  readonly make: (tools: Tools, work: Work) => Promise<void>;
  /** What is being tried, as a step. */
  readonly trying: string;
  /** Loads what lies in the folder once, in a process of its own. */
  readonly attempt: (folder: string) => Promise<Tried>;
  /** What the engine finds in its installation file. */
  readonly says: object;
}

export interface InstallOptions extends Pick<Work, 'env' | 'signal' | 'onProgress'> {
  /** The folder of all engines. */
  readonly engines: string;
  /** For tests: the bytes that are free. */
  readonly freeBytes?: (folder: string) => number;
}

export interface Place {
  readonly folder: string;
  readonly bytes: number;
  /** false: it was there already, and works. */
  readonly isNew: boolean;
}

export async function installEngine<Tools, Tried extends object>(
  recipe: Recipe<Tools, Tried>,
  options: InstallOptions,
): Promise<Tried & Place> {
  const { engines } = options;
  try {
    mkdirSync(engines, { recursive: true });
  } catch (e) {
    throw writeFailure(e, engines);
  }
  const unlock = lockEngines(engines);
  try {
    return (await working(recipe, options)) ?? (await install(recipe, options));
  } finally {
    unlock();
  }
}

/** What is installed, if it loads. */
async function working<Tools, Tried extends object>(
  { there, attempt }: Recipe<Tools, Tried>,
  { signal }: InstallOptions,
): Promise<(Tried & Place) | undefined> {
  const folder = there();
  if (folder === undefined) return undefined;
  const tried = await attempt(folder).catch((e: unknown) => {
    if (signal.aborted) throw e;
    // It doesn't load, so it is installed anew.
    return undefined;
  });
  return tried && { ...tried, folder, bytes: sizeOf(folder), isNew: false };
}

async function install<Tools, Tried extends object>(
  recipe: Recipe<Tools, Tried>,
  options: InstallOptions,
): Promise<Tried & Place> {
  const { engines, freeBytes = freeBytesOf } = options;
  const { name, title, pins } = recipe;
  const tools = await recipe.findTools();
  const work = openWork({ engines, engine: name, pins }, options);
  const { folder, files } = work;
  try {
    // Refused before anything is fetched where it can't end well.
    const [needs, free] = [recipe.needs(work), freeBytes(folder)];
    if (free < needs) throw failure('no-room', { folder, needs, free });
    await recipe.make(tools, work);
    work.onProgress({ step: recipe.trying, done: 0, total: 0 });
    const tried = await recipe.attempt(files);
    writeWhole(join(files, installationFile), [`${JSON.stringify(recipe.says, undefined, 2)}\n`]);
    const place = join(engines, name);
    takeAway(place);
    renameSync(files, place);
    rmSync(folder, { recursive: true, force: true });
    return { ...tried, folder: place, bytes: sizeOf(place), isNew: true };
  } catch (e) {
    if (options.signal.aborted) throw e;
    throw diskFailure(e, folder, title) ?? told(e, folder);
  } finally {
    rmSync(join(folder, 'attempts'), { recursive: true, force: true });
  }
}

/** What the file system says, in words. */
const told = (e: unknown, folder: string): unknown =>
  e instanceof Error && 'syscall' in e ? writeFailure(e, folder) : e;

function freeBytesOf(folder: string): number {
  const { bavail, bsize } = statfsSync(folder);
  return bavail * bsize;
}
