// What `mm diff` does.

import { type Diagnostic, hasErrors } from '../base/diagnostic.ts';
import { writeWhole } from '../train/atomic-file.ts';
import { compareLocks, isWorse } from '../versioning/compare.ts';
import { versioningDiagnostic } from '../versioning/diagnostics.ts';
import type { Lock } from '../versioning/lock.ts';
import type { DiffOptions } from './command-diff.ts';
import { type Context, present, report } from './context.ts';
import { diffJson } from './diff-json.ts';
import { diffMarkdown } from './diff-markdown.ts';
import { openSide, type Side } from './diff-side.ts';
import { diffText } from './diff-text.ts';
import { type ExitCode, exit } from './exit.ts';

export async function runDiff(
  oldName: string,
  nowName: string,
  options: DiffOptions,
  context: Context,
): Promise<ExitCode> {
  const [was, is] = [await openSide(oldName, context), await openSide(nowName, context)];
  const told = [...was.diagnostics, ...is.diagnostics];
  if (was.value === undefined || is.value === undefined || hasErrors(told)) return report(context, told);
  const chosen = choose(was.value, is.value, options.variant);
  if ('diagnostics' in chosen) return report(context, chosen.diagnostics);
  if (!context.json) report(context, told);
  const comparison = compareLocks(chosen.old, chosen.now);
  const { paint } = context.output.out;
  if (options.html !== undefined) {
    const { diffPage } = await import('./diff-page.ts');
    writeWhole(options.html, [diffPage(comparison, was.value, is.value)]);
  }
  present(context, diffJson(comparison, is.value.spec), () => {
    const text =
      options.markdown === true
        ? diffMarkdown(comparison, { old: oldName, now: nowName })
        : diffText(comparison, paint);
    return options.html === undefined || options.markdown === true
      ? text
      : `${text}\n\npage: ${options.html}`;
  });
  const { require } = options;
  return require !== undefined && isWorse(comparison.verdict, require) ? exit.wrong : exit.ok;
}

type Chosen = { readonly old: Lock; readonly now: Lock } | { readonly diagnostics: readonly Diagnostic[] };

/** The variant that is named, or the one that a run or checkpoint is of; else all of them. */
function choose(old: Side, now: Side, variant: string | undefined): Chosen {
  const trained = [old, now].find(s => s.isTrained);
  const [of] = trained?.lock.models.keys() ?? [];
  const name = variant ?? of;
  if (name === undefined) return { old: old.lock, now: now.lock };
  const missing = [old, now].filter(s => !s.lock.models.has(name));
  // Two runs of two models are compared all the same, as are two specs of one model each.
  if (variant === undefined && [old, now].every(s => s.lock.models.size === 1))
    return { old: old.lock, now: now.lock };
  if (missing.length > 0)
    return {
      diagnostics: missing.map(({ name: side, lock }) =>
        versioningDiagnostic(
          'variant-not-there',
          { name, side, known: [...lock.models.keys()] },
          { span: undefined },
        ),
      ),
    };
  return { old: only(old.lock, name), now: only(now.lock, name) };
}

const only = (lock: Lock, name: string): Lock => ({
  ...lock,
  models: new Map([...lock.models].filter(([own]) => own === name)),
});
