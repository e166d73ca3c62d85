// Parts that a stage fits, read by a stage that comes before or beside it: they are as they began, and a k-means of
// random centres gives targets that mean nothing.

import type { Reached } from './check-objective.ts';
import type { MinimizeStage, Stage } from './model.ts';
import { isTaken } from './stage-starts.ts';
import { complain, type Frame } from './trace.ts';
import { namesWeight } from './weight-pattern.ts';

/** Warns where a stage that minimizes reads what only a later stage, or one that it doesn't start from, fits. */
export function warnUnfitted(
  frame: Frame,
  stage: MinimizeStage,
  stages: ReadonlyMap<string, Stage>,
  reached: ReadonlyMap<string, Reached>,
): void {
  const before = new Set<Stage>();
  for (let at = stage.from; at !== undefined; ) {
    const earlier = stages.get(at);
    // A stage of the extended model, or one that is refused.
    if (earlier === undefined || before.has(earlier)) return;
    before.add(earlier);
    at = earlier.from;
  }
  const starts = [stage, ...before].flatMap(s => s.imports);
  for (const fitting of stages.values()) {
    if (fitting.kind !== 'fit' || before.has(fitting)) continue;
    for (const { pattern } of fitting.fits) {
      const isFitted = [...before].some(
        s => s.kind === 'fit' && s.fits.some(f => f.pattern.text === pattern.text),
      );
      // A part with weights renews its states as it learns.
      const learns = stage.reached.some(path => namesWeight(pattern, path));
      const term = stage.terms.find(t =>
        reached
          .get(t.objective)
          ?.states.some(({ path }) => namesWeight(pattern, path) && !starts.some(s => isTaken(s, path))),
      );
      if (isFitted || learns || term === undefined) continue;
      const names = { stage: stage.name, target: pattern.text, fitting: fitting.name };
      complain(frame, 'not-fitted-yet', names, term.span, {
        related: [{ span: pattern.span, message: 'fitted here' }],
      });
    }
  }
}
