// An export compiled for a file: at every trial size of its open axes, or at one fixed size.

import { mostOpen, type OpenSize, openSizes, type Sizes, trialSizes } from '../backends/open-sizes.ts';
import type { ExportOptions } from '../compile.ts';
import { LoweringError } from '../compiler/lower.ts';
import type { Target } from '../compiler/plan.ts';
import type { ExportParam, ExportProgram } from '../compiler/program.ts';
import type { OpenedSpec } from '../train/model.ts';

export interface CompiledExport {
  /** The export at the first size. */
  readonly program: ExportProgram;
  readonly trials: readonly ExportProgram[];
  readonly open: readonly OpenSize[];
}

/** What a parameter's leading axis is called: parameters with one name have equally many rows. */
export const leadOf = (p: ExportParam): string => p.lead ?? p.name;

/** Its parameters and settings, which don't depend on sizes. Many rows: an export may want the best five of them. */
export function outlineOf(
  { compilation, model }: OpenedSpec,
  name: string,
  target: Target,
  batch: number | undefined,
): ExportProgram {
  const many = openSizes(['rows'])[0]?.low ?? 1;
  const params = model.exports.get(name)?.params ?? [];
  const sizes = new Map(params.map(p => [p.name.text, batch ?? many]));
  return compilation.export(name, target, sizes, { padded: false });
}

function programAt(
  { compilation }: OpenedSpec,
  outline: ExportProgram,
  target: Target,
  sizes: Sizes | number,
  settings: ExportOptions['settings'],
): ExportProgram {
  const rows = outline.params.map((p): [string, number] => [
    p.name,
    typeof sizes === 'number' ? sizes : (sizes.get(leadOf(p)) ?? 1),
  ]);
  return compilation.export(outline.name, target, new Map(rows), {
    padded: false,
    ...(settings === undefined ? {} : { settings }),
  });
}

/** `batch`: rows of every input, where no size is to stay open. Says why where there are too many open sizes. */
export function compileExport(
  opened: OpenedSpec,
  outline: ExportProgram,
  target: Target,
  settings: ExportOptions['settings'],
  batch: number | undefined,
): CompiledExport | { readonly why: string } {
  const leads = batch === undefined ? [...new Set(outline.params.map(leadOf))] : [];
  if (leads.length > mostOpen)
    return { why: `${leads.join(', ')} would all stay open, and at most ${mostOpen} sizes can` };
  const open = openSizes(leads);
  const trials: ExportProgram[] = [];
  for (const sizes of open.length === 0 ? [batch ?? 1] : trialSizes(open))
    try {
      trials.push(programAt(opened, outline, target, sizes, settings));
    } catch (e) {
      if (e instanceof LoweringError && batch === undefined) return { why: e.message };
      throw e;
    }
  const [program] = trials;
  if (program === undefined) throw new Error('an export is compiled at one size at least');
  return { program, trials, open };
}
