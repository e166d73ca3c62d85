// What the specs of specs/ need in order to be tried whole: every one with a `variant tiny` is. A spec is added by
// writing it; only what differs from the usual is said here, with its reason.

import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import type { HostTensor } from '../../src/base/tensor.ts';
import { fileReader } from '../../src/cli/load-spec.ts';
import { type Compilation, check, compile } from '../../src/compile.ts';
import type { StageImport } from '../../src/dsl/semantics/model.ts';
import { isTaken } from '../../src/dsl/semantics/stage-starts.ts';

export const specsFolder = join(import.meta.dirname, '../../specs');

type Weights = ReadonlyMap<string, HostTensor>;

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
export const trials: Readonly<Record<string, Trial>> = {
  'albef.mm align': {
    floor: { loss: 1.25, because: 'the queues hold the same rows twice more, so ln 3 is the least' },
  },
  'moco.mm pretrain': {
    rate: 0.01,
    floor: { loss: 1.35, because: 'the queue holds the same rows twice more, so ln 3 is the least' },
  },
  // A linear layer alone takes larger steps. Of four made-up texts two have no words, so nothing tells them apart.
  'classify.mm head': { rate: 0.1, batch: 2 },
  'classify.mm tune': { batch: 2 },
  'lora.mm tune': {
    rate: 1e-2,
    floor: {
      loss: 4.8,
      because:
        'the frozen last norm and embedding bound each score by 8 · 0.16, which takes at most 1.3 off log 300',
    },
  },
  'match.mm head': { rate: 0.1, batch: 2 },
  'probe.mm probe': { rate: 0.1 },
  // Of few made-up rows none may have an action inside its clip, or both several frames and several words.
  'video-tasks.mm localize': { batch: 12 },
  'video-tasks.mm caption': { batch: 8 },
  'videoclip.mm pretrain': {
    floor: {
      loss: 0.35,
      because: 'two of the four made-up texts have no words, so nothing tells them apart: ½ log 2',
    },
  },
};

export function openSpec(file: string) {
  const path = join(specsFolder, file);
  return { path, ...check(readFileSync(path, 'utf8'), path, fileReader) };
}

/** A model of a spec, by its variant. */
export function openModel(file: string, variant: string | undefined): Compilation {
  const { models, library } = openSpec(file);
  const model = models.find(m => m.variant === variant);
  if (library === undefined || model === undefined) throw new Error(`${file} has no ${variant}`);
  return compile(library, model);
}

/** What a stage's start names, by the paths there and here: weights of a stage of another model. */
export function imported(
  { root, model, stage, members }: StageImport,
  trained: (file: string, variant: string | undefined, stage: string) => Promise<Weights>,
): Promise<Weights> {
  const file = relative(specsFolder, model.library.file.file);
  return trained(file, model.variant?.name.text, stage).then(
    weights =>
      new Map(
        [...weights]
          .map(([path, tensor]) => [root === '' ? path : `${root}.${path}`, tensor] as const)
          .filter(([path]) => isTaken({ root, members }, path)),
      ),
  );
}

/** The specs of the folder that have a variant `tiny`. */
export function programs(): readonly string[] {
  return readdirSync(specsFolder)
    .filter(f => f.endsWith('.mm'))
    .filter(f => /^variant tiny\b/m.test(readFileSync(join(specsFolder, f), 'utf8')))
    .sort();
}
