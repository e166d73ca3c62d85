// Files of an export put in their place: written into a folder beside it, checked there, and moved at once.

import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { writeFailure, writeWhole } from '../train/atomic-file.ts';
import { failure } from '../train/diagnostics.ts';

export interface Draft {
  /** Of the model's file or folder, where it is now. */
  readonly path: string;
  /** Moves everything to its place and gives the paths. */
  readonly place: () => readonly string[];
  /** Leaves nothing behind; after `place` it only takes the empty folder away. */
  readonly discard: () => void;
}

/**
 * `target`: the model's file, beside which the others lie under their own names, or where `single` is false the folder
 * that holds all.
 */
export function draftFiles(
  target: string,
  single: boolean,
  files: ReadonlyMap<string, Uint8Array | string>,
): Draft {
  const parent = dirname(target);
  if (existsSync(parent) && !statSync(parent).isDirectory())
    throw failure('cannot-write', { path: target, why: `${parent} is a file` });
  let draft: string | undefined;
  const discard = (): void => {
    if (draft !== undefined) rmSync(draft, { recursive: true, force: true });
  };
  try {
    mkdirSync(parent, { recursive: true });
    draft = mkdtempSync(join(parent, '.mm-export-'));
    const inside = single ? draft : join(draft, basename(target));
    mkdirSync(inside, { recursive: true });
    for (const [name, content] of files) writeWhole(join(inside, name), [content]);
  } catch (e) {
    discard();
    throw writeFailure(e, target);
  }
  const folder = draft;
  const place = (): readonly string[] => {
    try {
      if (!single) {
        const old = join(folder, '.replaced');
        if (existsSync(target)) renameSync(target, old);
        renameSync(join(folder, basename(target)), target);
        return [...files.keys()].map(name => join(target, name));
      }
      // The model last: where it is, all else is.
      const own = basename(target);
      const others = [...files.keys()].filter(name => name !== own);
      for (const name of [...others, own]) renameSync(join(folder, name), join(parent, name));
      return [own, ...others].map(name => join(parent, name));
    } catch (e) {
      throw writeFailure(e, target);
    }
  };
  return { path: join(folder, basename(target)), place, discard };
}
