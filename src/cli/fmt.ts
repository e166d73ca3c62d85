// What `mm fmt` does.

import { type Diagnostic, hasErrors } from '../base/diagnostic.ts';
import { diagnosticJson } from '../dsl/render.ts';
import { format } from '../dsl/syntax/format.ts';
import type { FmtOptions } from './command-fmt.ts';
import { type Context, report } from './context.ts';
import { type ExitCode, exit } from './exit.ts';
import { diagnosticsOf } from './failure.ts';
import { type Difference, firstDifference } from './first-difference.ts';
import { loadSpec } from './load-spec.ts';
import { replaceFile } from './replace-file.ts';

/** What became of a file; without a difference it is formatted already, or has errors. */
interface Outcome {
  readonly file: string;
  readonly difference: Difference | undefined;
  readonly errors: readonly Diagnostic[];
}

/** Formats each file, or with `check` says which would change; errors of one file don't keep the others back. */
export function runFmt(files: readonly string[], { check }: FmtOptions, context: Context): ExitCode {
  const outcomes = [...new Set(files)].map(file => formatFile(file, check !== true, context));
  const errors = outcomes.flatMap(o => o.errors);
  const changed = outcomes.filter(o => o.difference !== undefined);
  if (context.json) context.output.out.line(JSON.stringify(outcomes.map(outcomeJson), undefined, 2));
  else {
    for (const o of changed) show(o, check === true, context);
    if (errors.length > 0) report(context, errors);
    const fine = outcomes.filter(o => o.difference === undefined && o.errors.length === 0).length;
    if (fine > 0)
      context.output.out.line(`${fine} ${fine === 1 ? 'file was' : 'files were'} formatted already`);
  }
  return hasErrors(errors) || (check === true && changed.length > 0) ? exit.wrong : exit.ok;
}

function formatFile(file: string, write: boolean, context: Context): Outcome {
  const wrong = (errors: readonly Diagnostic[]): Outcome => ({ file, difference: undefined, errors });
  const loaded = loadSpec(file);
  if (loaded.diagnostics !== undefined) return wrong(loaded.diagnostics);
  context.sources.set(file, loaded.text);
  const formatted = format(loaded.text, file);
  if (formatted.value === undefined) return wrong(formatted.diagnostics);
  const difference = firstDifference(loaded.text, formatted.value);
  if (difference !== undefined && write) {
    try {
      replaceFile(file, formatted.value);
    } catch (e) {
      const failed = diagnosticsOf(e);
      if (failed === undefined) throw e;
      return wrong(failed);
    }
  }
  return { file, difference, errors: [] };
}

function show({ file, difference }: Outcome, check: boolean, { output: { out } }: Context): void {
  if (!check || difference === undefined) {
    out.line(`formatted ${file}`);
    return;
  }
  out.line(`${file}:${difference.line} would change`);
  for (const l of difference.old) out.line(out.paint.red(`- ${l}`));
  for (const l of difference.new) out.line(out.paint.green(`+ ${l}`));
}

const outcomeJson = ({ file, difference, errors }: Outcome): object => ({
  file,
  changed: difference !== undefined,
  difference: difference ?? null,
  errors: errors.map(diagnosticJson),
});
