// A spec's text to its models, ready to become programs: what the public APIs call `compile`.

import type { Diagnostic } from './base/diagnostic.ts';
import { type Compilation, check, compile } from './compile.ts';
import type { ReadFile } from './dsl/semantics/library.ts';

export interface CompileOptions {
  /** The name of the spec in messages; files that it uses are relative to it. Default: `spec.mm`. */
  readonly file?: string;
  /** Gives the text of a used file. Default: there are none. */
  readonly read?: ReadFile;
}

export interface CompileResult {
  /** Each model of the spec and each of its variants, by name; none where anything is wrong. */
  readonly models: ReadonlyMap<string, Compilation>;
  readonly diagnostics: readonly Diagnostic[];
}

/** Checks a spec's text and makes its models ready to become programs. Never throws for a mistake in the spec. */
export function compileText(text: string, options: CompileOptions = {}): CompileResult {
  const checked = check(text, options.file ?? 'spec.mm', options.read ?? (() => undefined));
  const { library, diagnostics } = checked;
  if (library === undefined) return { models: new Map(), diagnostics };
  const models = checked.models.map(m => [m.variant ?? m.name, compile(library, m, diagnostics)] as const);
  return { models: new Map(models), diagnostics };
}
