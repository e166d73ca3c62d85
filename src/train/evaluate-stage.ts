// Measures a stage's weights on whole splits, apart from any training.

import type { Engine } from '../backends/engine.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { Plan } from '../compiler/plan.ts';
import type { MeasureSpec } from '../compiler/program.ts';
import { requireTensors } from './checkpoint.ts';
import type { DataSource } from './feeds.ts';
import { heldBy } from './held.ts';
import type { Measured } from './measure.ts';
import { runMeasure } from './measure.ts';

export interface EvaluationOptions {
  readonly measures: readonly MeasureSpec[];
  readonly weights: ReadonlyMap<string, HostTensor>;
  /** Where the weights came from, for messages. */
  readonly path: string;
  readonly engine: Engine;
  readonly data: DataSource;
  /** What entries see as their seed. */
  readonly seed: number;
  readonly threads: number | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onMeasured?: (measured: Measured) => void;
}

/** Runs every measure; stops between two of them where the signal says so. */
export async function evaluateStage(options: EvaluationOptions): Promise<readonly Measured[]> {
  const { measures, engine, threads } = options;
  if (measures.length === 0) return [];
  const names = measures.map((_, i) => `measure ${i}`);
  const entries = new Map<string, Plan>(measures.map((m, i) => [names[i] ?? '', m.entry.plan]));
  const session = await engine.open(entries, threads === undefined ? {} : { threads });
  try {
    const held = heldBy(measures.map(m => m.entry));
    await session.write(requireTensors(options.path, options.weights, held));
    const results: Measured[] = [];
    for (const [i, measure] of measures.entries()) {
      if (options.signal?.aborted === true) break;
      const { data, seed } = options;
      const measured = await runMeasure({ session, entry: names[i] ?? '', measure, data, seed });
      options.onMeasured?.(measured);
      results.push(measured);
    }
    return results;
  } finally {
    await session.close();
  }
}

/** The measure on another split of the same set. */
export function onSplit(measure: MeasureSpec, set: string, split: string): MeasureSpec {
  const batches = measure.entry.batches.map(batch => ({ ...batch, data: { set, split } }));
  return { ...measure, entry: { ...measure.entry, batches } };
}

/** What is measured when a stage has ended: all that has no `every`, or, where all have one, all. */
export function finalMeasures(measures: readonly MeasureSpec[]): readonly MeasureSpec[] {
  const atEnd = measures.filter(m => m.every === undefined);
  return atEnd.length > 0 ? atEnd : measures;
}
