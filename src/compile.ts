// The pipeline on one screen: text → parse → resolve → check (Model) → lower → recognise → differentiate →
// optimize → schedule (Plan). Engines emit and run plans; see src/backends.

import type { Diagnostic } from './base/diagnostic.ts';
import { type ExportSettings, type ExportSizes, exportProgram } from './compiler/export-program.ts';
import { tokenizerFits } from './compiler/fit-program.ts';
import type { Target } from './compiler/plan.ts';
import type { ExportProgram, StageProgram, TokenizerFitSpec } from './compiler/program.ts';
import { type StageOptions, stageProgram } from './compiler/stage-program.ts';
import { type CheckedFile, checkText } from './dsl/semantics/check.ts';
import type { Library, ReadFile } from './dsl/semantics/library.ts';
import type { Model } from './dsl/semantics/model.ts';
import { ops } from './ops/registry.ts';

/** Checks a spec: everything wrong with it, and the models in it where nothing is. */
export function check(text: string, file: string, read: ReadFile): CheckedFile {
  return checkText(text, file, { registry: ops, read });
}

export interface ExportOptions {
  /** false: generation computes every position anew in each step. */
  readonly cache?: boolean;
  /** false: every row is real, and no mask says which are. */
  readonly padded?: boolean;
  /** In place of defaults. */
  readonly settings?: ExportSettings;
}

export interface CompileSettings {
  /** Passes that are left out, by name. */
  readonly without?: ReadonlySet<string>;
}

/** A model of a checked file, ready to be turned into programs for an engine. */
export interface Compilation {
  readonly library: Library;
  readonly model: Model;
  readonly diagnostics: readonly Diagnostic[];
  /** The train step and measures of a stage. */
  readonly stage: (name: string, target: Target, options?: StageOptions) => StageProgram;
  /** One export for arguments of these sizes. */
  readonly export: (
    name: string,
    target: Target,
    sizes: ExportSizes,
    options?: ExportOptions,
  ) => ExportProgram;
  /** The tokenizers that stages fit. */
  readonly tokenizers: readonly TokenizerFitSpec[];
}

export function compile(
  library: Library,
  model: Model,
  diagnostics: readonly Diagnostic[] = [],
  settings: CompileSettings = {},
): Compilation {
  const common = { library, model, registry: ops, ...settings };
  return {
    library,
    model,
    diagnostics,
    stage: (name, target, options = {}) => stageProgram({ ...common, target }, name, options),
    tokenizers: tokenizerFits(model),
    export: (name, target, sizes, { settings, ...options } = {}) =>
      exportProgram({ ...common, target, ...options }, name, sizes, settings),
  };
}
