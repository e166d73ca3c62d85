// The public API: compile a spec, train it, load what was trained. The command line stands on the same functions; a
// page has src/page.
// Mistakes of the caller's (a wrong spec, missing data, a run of another spec) come as diagnostics: returned by
// `compile`, and as the property `diagnostics` of the Error that `train` and `load` throw.

import { type EvaluateOptions, type Evaluation, evaluate } from './train/evaluate.ts';
import { type LoadedRun, type LoadOptions, load as loadRun } from './train/load.ts';
import { type Prediction, predict } from './train/predict.ts';
import { type TrainOptions, type TrainResult, train as trainRun } from './train/train.ts';
import { version } from './train/version.ts';

export type { Diagnostic } from './base/diagnostic.ts';
export type { Span } from './base/span.ts';
export type { Compilation } from './compile.ts';
export { type CompileOptions, type CompileResult, compileText as compile } from './compile-text.ts';
export type { Plan, Target } from './compiler/plan.ts';
export type { ExportProgram, StageProgram, WeightSpec } from './compiler/program.ts';
export { renderDiagnostics } from './dsl/render.ts';
export type { ReadFile } from './dsl/semantics/library.ts';
export type { EvaluateOptions, Evaluation } from './train/evaluate.ts';
export type { RunEvent } from './train/events.ts';
export type { PredictedResult, PredictedValue, Prediction } from './train/predict.ts';
export type { StageReport } from './train/report.ts';
export type { TrainResult } from './train/train.ts';

/** The version of mmlang. */
export { version };

/**
 * Trains a spec's stages in a run folder, or goes on with one (`resume`). Resolves when all are trained, or when
 * `signal` has stopped it with everything saved. Throws an Error with `diagnostics` for mistakes of the caller's.
 */
export function train(options: Omit<TrainOptions, 'mmlang'>): Promise<TrainResult> {
  return trainRun({ ...options, mmlang: version });
}

/** A trained run, open for its exports and measures. */
export interface TrainedRun {
  /** The run folder. */
  readonly dir: string;
  readonly stage: string;
  readonly step: number;
  /** Weights and states by path. */
  readonly weights: LoadedRun['weights'];
  /**
   * Runs an export: for each parameter its values, as a path for a picture, as text for a caption; for one with a
   * default a number, true or false. What is drawn depends on the seed, that of the run unless given.
   */
  readonly predict: (
    name: string,
    values: Readonly<Record<string, string | number | boolean | readonly string[]>>,
    options?: { readonly seed?: number },
  ) => Promise<Prediction>;
  /** The run's measures, on the splits that its stage names or on one that is given. */
  readonly evaluate: (options?: EvaluateOptions) => Promise<Evaluation>;
}

/** Opens a run folder that `train` has written. Throws an Error with `diagnostics` where it can't be used. */
export async function load(dir: string, options: Omit<LoadOptions, 'mmlang'> = {}): Promise<TrainedRun> {
  const loaded = await loadRun(dir, { ...options, mmlang: version });
  return {
    dir,
    stage: loaded.stage.stage,
    step: loaded.step,
    weights: loaded.weights,
    predict: (name, values, { seed } = {}) =>
      predict(
        loaded,
        name,
        new Map(Object.entries(values).map(([k, v]) => [k, typeof v === 'object' ? v : [String(v)]])),
        seed,
      ),
    evaluate: (evaluateOptions = {}) => evaluate(loaded, evaluateOptions),
  };
}
