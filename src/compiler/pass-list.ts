// Every pass by its name, in the order in which they run: what `--without` leaves out and docs/passes.md tells of.

import { optimizationPasses } from './optimize.ts';
import type { PassName, Target } from './plan.ts';
import { recognitionPasses } from './recognise.ts';
import { recomputation } from './recompute.ts';
import { bufferReuse, inPlace } from './schedule.ts';
import { rowSplitting } from './split-rows.ts';

export interface ListedPass extends PassName {
  /** Before differentiation, after it, for memory's sake, or by one engine alone. */
  readonly phase: 'recognition' | 'optimization' | 'memory' | 'engine';
  /** Why it can't be left out, where it can't. */
  readonly needed: string | undefined;
}

/** A pass that runs several times is listed where it runs first. */
export function passesOf(target: Target): readonly ListedPass[] {
  const listed = (
    phase: ListedPass['phase'],
    passes: readonly (PassName & { readonly needed?: string })[],
  ): readonly ListedPass[] => passes.map(({ name, because, needed }) => ({ name, because, phase, needed }));
  const all = [
    ...listed('recognition', recognitionPasses),
    ...listed('optimization', optimizationPasses),
    ...listed('memory', [recomputation, rowSplitting, bufferReuse, inPlace]),
    ...listed('engine', target.passes ?? []),
  ];
  return all.filter((p, i) => all.findIndex(other => other.name === p.name) === i);
}
