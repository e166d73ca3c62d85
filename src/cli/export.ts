// What `mm export` does.

import { type Exported, exportRun } from '../export/export-run.ts';
import { splitArguments } from '../train/arguments.ts';
import { load } from '../train/load.ts';
import { version } from '../train/version.ts';
import type { ExportCommandOptions } from './command-export.ts';
import { type Context, present } from './context.ts';
import { type ExitCode, exit } from './exit.ts';
import { bytes, count } from './units.ts';

export async function runExport(
  dir: string,
  settings: readonly string[],
  options: ExportCommandOptions,
  context: Context,
): Promise<ExitCode> {
  const given = splitArguments(settings);
  const loaded = await load(dir, {
    mmlang: version,
    engine: options.engine,
    threads: options.threads,
    without: options.without,
    checkpoint: options.last === true ? 'last' : undefined,
    onRead: (file, text) => context.sources.set(file, text),
  });
  const exported = await exportRun(loaded, {
    to: options.to,
    export: options.export,
    out: options.out,
    force: options.force,
    batch: options.batch,
    settings: given,
    mmlang: version,
  });
  present(context, exportJson(exported), () => exportText(exported));
  return exit.ok;
}

function exportJson({ description, ...of }: Exported): object {
  const { inputs, outputs, trained } = description;
  return { ...of, trained, inputs, outputs };
}

function exportText(exported: Exported): string {
  const { description, checks, unrolled, files, finished } = exported;
  const shown = (v: { name: string; dtype: string; shape: readonly (number | string)[] }): string =>
    `  ${v.name}: ${v.dtype}[${v.shape.join(', ')}]`;
  const { stage, step, steps } = description.trained;
  return [
    `${exported.export} → ${exported.path} (${bytes(exported.bytes)}, ${count(exported.ops)} ops)`,
    ...files.filter(f => f !== exported.path).map(f => `beside it ${f}`),
    `weights of stage ${stage}, step ${step} of ${steps}${finished ? '' : ': it has not been trained to its end'}`,
    'inputs',
    ...description.inputs.map(shown),
    'outputs',
    ...description.outputs.map(shown),
    ...unrolled.map(n => `a generation of ${n} steps, which are written out one after another`),
    ...checks.map(
      c => `checked with ${c.rows} (${c.from}): largest difference ${c.difference.toExponential(1)}`,
    ),
  ].join('\n');
}
