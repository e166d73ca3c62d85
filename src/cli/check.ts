// What `mm check` does.

import { type Diagnostic, hasErrors } from '../base/diagnostic.ts';
import { diagnosticJson, renderDiagnostics } from '../dsl/render.ts';
import { parse } from '../dsl/syntax/parse.ts';
import type { Context } from './context.ts';
import { type ExitCode, exit } from './exit.ts';
import { loadSpec } from './load-spec.ts';

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
    if (errors > 0) out.line(`${errors} ${errors === 1 ? 'error' : 'errors'}`);
  }
  return hasErrors(all) ? exit.wrong : exit.ok;
}

function checkFile(file: string, context: Context): readonly Diagnostic[] {
  const loaded = loadSpec(file);
  if (loaded.diagnostics !== undefined) return loaded.diagnostics;
  context.sources.set(file, loaded.text);
  return parse(loaded.text, file).diagnostics;
}
