// `mm export`: writes an export of a trained run as a file that others load.

import type { Command } from 'commander';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { examples } from './examples.ts';
import { positiveInteger, withoutOption } from './options.ts';

export interface ExportCommandOptions {
  readonly without?: readonly string[];
  readonly to: string;
  readonly export?: string;
  readonly out?: string;
  readonly force?: true;
  readonly batch?: number;
  readonly last?: true;
  readonly engine?: string;
  readonly threads?: number;
}

export const exportCommand: CommandEntry = { name: 'export', register };

function register(program: Command, context: Context): void {
  program
    .command('export')
    .description(
      'write an export of a trained run as a model file that others load, and check it against the run',
    )
    .argument('<run>', 'a run folder')
    .argument('[name=value...]', 'values of parameters that have a default: they are fixed in the file')
    .requiredOption('--to <format>', 'onnx, savedmodel (for TensorFlow) or tfjs (for TensorFlow.js)')
    .option('--export <name>', 'which export (default: the only one)')
    .option('--out <path>', 'where to (default: exports/NAME in the run folder)')
    .option('--force', 'write over what is there')
    .option('--batch <n>', 'rows of every input (default: as many as it is given)', positiveInteger)
    .option('--last', 'the last weights, not the best')
    .option('--engine <name>', 'what the file is checked against (default: what trained the run)')
    .option('--threads <n>', 'of the engine', positiveInteger)
    .addOption(withoutOption(' (default: as the run was trained)'))
    .option(
      '--json',
      'print {export, format, path, files, bytes, ops, inputs, outputs, checks: [{rows, from, difference}]}',
    )
    .addHelpText(
      'after',
      examples(
        ['mm export runs/emoji-1 --to onnx', 'one .onnx file for any number of pictures and captions'],
        [
          'mm export runs/gpt-1 --to onnx --export continue heat=0.5 --out gpt.onnx',
          'one of several exports',
        ],
      ),
    )
    .action(async (run: string, settings: readonly string[], options: ExportCommandOptions) => {
      const { runExport } = await import('./export.ts');
      context.finish(await runExport(run, settings, options, context));
    });
}
