// What a stage runs, as rounds of steps: one round of train steps, or one for each of its fits. The steps of a stage
// are counted through all its rounds.

import type { BatchSpec, Entry, FitSpec, StageProgram } from '../compiler/program.ts';

/** The steps after `from` up to `to`, each a run of one entry. */
export interface Round {
  readonly entry: Entry;
  readonly fit: FitSpec | undefined;
  readonly from: number;
  readonly to: number;
}

/** The program with passes as so many steps, now that the rows of every split are known. */
export async function inSteps(
  program: StageProgram,
  rowsOf: (batch: BatchSpec) => Promise<number>,
): Promise<StageProgram> {
  if (program.kind === 'minimize') return program;
  const fits: FitSpec[] = [];
  for (const fit of program.fits) {
    const [batch] = fit.entry.batches;
    if (fit.length.kind === 'steps' || batch === undefined) fits.push(fit);
    else {
      const count = fit.length.count * Math.ceil((await rowsOf(batch)) / batch.size);
      fits.push({ ...fit, length: { kind: 'steps', count } });
    }
  }
  return { ...program, fits };
}

export function roundsOf(program: StageProgram): readonly Round[] {
  if (program.kind === 'minimize')
    return [{ entry: program.train, fit: undefined, from: 0, to: program.steps }];
  let from = 0;
  return program.fits.map(fit => {
    if (fit.length.kind === 'passes') throw new Error(`passes of ${fit.part} aren't counted in steps yet`);
    const round = { entry: fit.entry, fit, from, to: from + fit.length.count };
    from = round.to;
    return round;
  });
}

/** How many steps a stage takes in all. */
export const stepsOf = (program: StageProgram): number => roundsOf(program).at(-1)?.to ?? 0;
