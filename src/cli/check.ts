// What `mm check` does.

import { type Diagnostic, hasErrors } from '../base/diagnostic.ts';
import { diagnosticJson, renderDiagnostics } from '../dsl/render.ts';
import { againstLock, againstRevision } from './check-versions.ts';
import type { CheckOptions } from './command-check.ts';
import type { Context } from './context.ts';
import { type ExitCode, exit } from './exit.ts';
import { fileReader, loadSpec } from './load-spec.ts';
import { checkedSpec } from './locked-spec.ts';

/** Checks each file and prints what is wrong with all of them; warnings alone are fine. */
export function runCheck(files: readonly string[], options: CheckOptions, context: Context): ExitCode {
  const all: Diagnostic[] = [];
  const fine: string[] = [];
  for (const file of files) {
    const found = checkFile(file, options, context);
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

function checkFile(file: string, { against }: CheckOptions, context: Context): readonly Diagnostic[] {
  const loaded = loadSpec(file);
  if (loaded.diagnostics !== undefined) return loaded.diagnostics;
  const checked = checkedSpec(loaded.text, file, fileReader, context);
  if (hasErrors(checked.diagnostics)) return checked.diagnostics;
  const versions =
    against === undefined ? againstLock(file, checked) : againstRevision(against, file, checked, context);
  return [...checked.diagnostics, ...versions];
}
