// What a command gets: where to write, the texts of specs for showing their lines, Ctrl-C, and how to end.

import { type Diagnostic, hasErrors } from '../base/diagnostic.ts';
import { diagnosticJson, renderDiagnostics } from '../dsl/render.ts';
import { type ExitCode, exit } from './exit.ts';
import type { Output } from './output.ts';

export interface Context {
  readonly output: Output;
  /** Whether `--json` stands on the command line: then stdout holds JSON and nothing else. */
  readonly json: boolean;
  /** Texts by the file names that spans give; commands add what they read. */
  readonly sources: Map<string, string>;
  /** Aborts at the first Ctrl-C, the second one ends the process. Until asked for, Ctrl-C just ends it. */
  readonly interruption: () => AbortSignal;
  /** Ends the command with this code once its action has returned. */
  readonly finish: (code: ExitCode) => void;
}

/** Prints diagnostics for a person on stderr; errors make the code 1. Under `--json`, an error goes to stdout. */
export function report(context: Context, diagnostics: readonly Diagnostic[]): ExitCode {
  const { err, out } = context.output;
  const failed = hasErrors(diagnostics);
  if (context.json && failed) out.line(JSON.stringify(errorJson(diagnostics)));
  else if (diagnostics.length > 0) {
    err.line(renderDiagnostics(diagnostics, context.sources, { color: err.color }));
  }
  return failed ? exit.wrong : exit.ok;
}

/** `{ "error": … }`: the first error, and all diagnostics where there are more. */
function errorJson(diagnostics: readonly Diagnostic[]): object {
  const first = diagnostics.find(d => d.severity === 'error');
  const error = first === undefined ? undefined : diagnosticJson(first);
  return diagnostics.length > 1 ? { error, diagnostics: diagnostics.map(diagnosticJson) } : { error };
}

/** Prints a result: as JSON under `--json`, else as text. */
export function present(context: Context, json: unknown, text: () => string): void {
  context.output.out.line(context.json ? JSON.stringify(json, undefined, 2) : text());
}
