// The gallery: wrong specs and what mends them, by what they are about. The tests hold every one of them, and
// `mm explain CODE` shows the one of its code that says why. A new code needs one such mistake in some table.

import { adaptations } from './adapt.ts';
import type { Mistake } from './base.ts';
import { calls } from './calls.ts';
import { usedModels } from './files.ts';
import { fits } from './fits.ts';
import { generation } from './generation.ts';
import { loops } from './loops.ts';
import { models } from './models.ts';
import { names } from './names.ts';
import { reading } from './reading.ts';
import { requirements } from './requirements.ts';
import { sequences } from './sequences.ts';
import { signals } from './signals.ts';
import { stages } from './stages.ts';
import { states } from './states.ts';
import { texts } from './text.ts';
import { types } from './types.ts';
import { versions } from './versions.ts';

export const gallery: Readonly<Record<string, readonly Mistake[]>> = {
  reading,
  names,
  types,
  requirements,
  calls,
  loops,
  models,
  sequences,
  stages,
  states,
  fits,
  texts,
  usedModels,
  adaptations,
  signals,
  generation,
  versions,
};

/** A mistake that says why its code is there. */
export type Lesson = Mistake & { readonly why: string };

export const lessons: readonly Lesson[] = Object.values(gallery)
  .flat()
  .filter((m): m is Lesson => m.why !== undefined);

/** Codes about the whole of a file or of the language, of which there is no small example. */
export const withoutLesson: readonly string[] = ['file-too-large', 'not-text', 'more-errors'];
