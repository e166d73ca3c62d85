// What the specs of specs/ need in order to be tried whole: every one with a `variant tiny` is. A spec is added by
// writing it; only what differs from the usual is said here, with its reason.

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileReader } from '../../src/cli/load-spec.ts';
import { check } from '../../src/compile.ts';

export const specsFolder = join(import.meta.dirname, '../../specs');

/** How one stage of a tiny variant is tried. */
export interface Trial {
  /** Rows in every batch; 4 unless said. */
  readonly batch?: number;
  /** The constant learning rate; 3e-3 unless said. */
  readonly rate?: number;
  /** Tried for at most so many steps; 300 unless said. */
  readonly steps?: number;
  /** A loss that counts as learned although it is above a tenth of the start, and why it can't go lower. */
  readonly floor?: { readonly loss: number; readonly because: string };
  /** Trained weights that rightly stay as they are, and why. */
  readonly still?: { readonly paths: readonly string[]; readonly because: string };
}

/** By file and stage: `gpt.mm pretrain`. */
export const trials: Readonly<Record<string, Trial>> = {};

export function openSpec(file: string) {
  const path = join(specsFolder, file);
  return { path, ...check(readFileSync(path, 'utf8'), path, fileReader) };
}

/** The specs of the folder that have a variant `tiny`. */
export function programs(): readonly string[] {
  return readdirSync(specsFolder)
    .filter(f => f.endsWith('.mm'))
    .filter(f => /^variant tiny\b/m.test(readFileSync(join(specsFolder, f), 'utf8')))
    .sort();
}
