// What `mm check` does.

import { type Diagnostic, hasErrors } from '../base/diagnostic.ts';
import { check } from '../compile.ts';
import { diagnosticJson, renderDiagnostics } from '../dsl/render.ts';
import { stdSources } from '../dsl/std/sources.ts';
import type { Context } from './context.ts';
import { type ExitCode, exit } from './exit.ts';
import { fileReader, loadSpec } from './load-spec.ts';

/** Checks each file and prints what is wrong with all of them; warnings alone are fine. */
export function runCheck(files: readonly string[], context: Context): ExitCode {
  const all: Diagnostic[] = [];
  const fine: string[] = [];
  for (const file of files) {
    const found = checkFile(file, context);
    all.push(...found);
    if (!hasErrors(found)) fine.push(file);
  }
  const { out } = context.output;
  if (context.json) out.line(JSON.stringify(all.map(diagnosticJson), undefined, 2));
  else {
    if (all.length > 0) out.line(`${renderDiagnostics(all, context.sources, { color: out.color })}\n`);
    for (const file of fine) out.line(`${out.paint.green('✓')} ${file}`);
    const errors = all.filter(d => d.severity === 'error').length;
    const [first] = all.filter(d => d.severity === 'error');
    if (first !== undefined)
      out.line(`${errors} ${errors === 1 ? 'error' : 'errors'}; mm explain ${first.code} says more`);
  }
  return hasErrors(all) ? exit.wrong : exit.ok;
}

function checkFile(file: string, context: Context): readonly Diagnostic[] {
  const loaded = loadSpec(file);
  if (loaded.diagnostics !== undefined) return loaded.diagnostics;
  context.sources.set(file, loaded.text);
  for (const std of stdSources) context.sources.set(std.file, std.text);
  const checked = check(loaded.text, file, fileReader);
  for (const [name, text] of checked.library?.sources ?? []) context.sources.set(name, text);
  return checked.diagnostics;
}
