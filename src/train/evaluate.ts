// Measures a run: what its stage measures, on the splits that it names or on one of the caller's.

import { nearestName } from '../base/nearest-name.ts';
import type { MeasureSpec } from '../compiler/program.ts';
import type { DataProgress } from '../data/index.ts';
import { orThrow } from '../data/index.ts';
import { failure } from './diagnostics.ts';
import { evaluateStage, onSplit } from './evaluate-stage.ts';
import type { LoadedRun } from './load.ts';
import { stageOf } from './load.ts';
import type { Measured } from './measure.ts';
import { splitOf } from './measure.ts';
import { batchesOf, checkOverrides, compareData, dataSource, describeData, openRunData } from './run-data.ts';
import { drawSeed } from './schedule.ts';

export interface EvaluateOptions {
  /** `set.split`, or `split` of the set that the stage measures on; default: every split that the stage names. */
  readonly on?: string | undefined;
  readonly batch?: number | undefined;
  readonly data?: ReadonlyMap<string, string> | undefined;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: ((progress: DataProgress) => void) | undefined;
}

export interface Evaluation {
  readonly stage: string;
  readonly step: number;
  readonly measured: readonly Measured[];
}

export async function evaluate(loaded: LoadedRun, options: EvaluateOptions = {}): Promise<Evaluation> {
  const { run, opened, stage } = loaded;
  const program = stageOf(loaded, stage, options.batch);
  if (program.measures.length === 0) throw failure('no-measures', { model: opened.model.name });
  const batches = batchesOf([program]);
  checkOverrides(options.data, batches);
  const data = openRunData(
    { specFile: run.settings.spec, overrides: options.data, onProgress: options.onProgress },
    run.settings.data,
  );
  compareData(run.settings.data, await describeData(data, batches));
  const sets = [...new Set(program.measures.flatMap(m => m.entry.batches.map(b => b.data?.set ?? '')))];
  const splits = new Map<string, readonly string[]>();
  for (const set of sets) splits.set(set, [...orThrow(await data.dataset(set)).splits.keys()]);
  const measured = await evaluateStage({
    measures: chooseMeasures(program.measures, splits, options.on),
    weights: loaded.weights,
    path: loaded.path,
    engine: loaded.ready.engine,
    data: dataSource(data, loaded.tokenizers),
    seed: drawSeed(run.settings.seed, stage.stage),
    threads: loaded.threads,
    signal: options.signal,
  });
  return { stage: stage.stage, step: loaded.step, measured };
}

/** Those declared on the split, or else every measure of its set, carried over to it. */
export function chooseMeasures(
  measures: readonly MeasureSpec[],
  splits: ReadonlyMap<string, readonly string[]>,
  on: string | undefined,
): readonly MeasureSpec[] {
  if (on === undefined) return measures;
  const wanted = [...splits].flatMap(([set, names]) =>
    names.filter(name => on === name || on === `${set}.${name}`).map(name => ({ set, split: name })),
  );
  const [first] = wanted;
  if (first === undefined) {
    const known = [...splits].flatMap(([set, names]) => names.map(name => `${set}.${name}`));
    const short = known.map(name => name.slice(name.indexOf('.') + 1));
    const near = nearestName(on, [...known, ...short]);
    throw failure('unknown-split', { name: on, known, nearest: near });
  }
  const own = measures.filter(m => wanted.some(w => splitOf(m) === `${w.set}.${w.split}`));
  if (own.length > 0) return own;
  const ofSet = measures.filter(m => m.entry.batches[0]?.data?.set === first.set);
  const byName = new Map(ofSet.map(m => [`${m.metric} ${m.name}`, m]));
  return [...byName.values()].map(m => onSplit(m, first.set, first.split));
}

/**
 * `{metrics: {name: value}, chance: {name: value}, samples}`. Names are those of the measures; where several splits
 * or measures share a name, it is led by its split (and measure).
 */
export function evaluationJson({ measured }: Evaluation): {
  readonly metrics: Readonly<Record<string, number>>;
  readonly chance: Readonly<Record<string, number>>;
  readonly samples: number;
} {
  const every = measured.flatMap(m => [...m.metrics.keys()]);
  const splits = new Set(measured.map(m => m.split));
  const isUnique = new Set(every).size === every.length;
  const named = (m: Measured, name: string): string => {
    if (isUnique) return name;
    const clash = measured.some(o => o !== m && o.split === m.split && o.metrics.has(name));
    return [...(splits.size > 1 ? [m.split] : []), ...(clash ? [m.name] : []), name].join('/');
  };
  const gathered = (of: (m: Measured) => ReadonlyMap<string, number>): Record<string, number> =>
    Object.fromEntries(measured.flatMap(m => [...of(m)].map(([name, value]) => [named(m, name), value])));
  const samples = new Map(measured.map(m => [m.split, m.samples]));
  return {
    metrics: gathered(m => m.metrics),
    chance: gathered(m => m.chance),
    samples: [...samples.values()].reduce((sum, n) => sum + n, 0),
  };
}
