// `mm print`: the graph of a stage as text.

import type { Command } from 'commander';
import type { FloatDType } from '../base/dtype.ts';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { examples } from './examples.ts';
import { precisionOption } from './options.ts';

export const printCommand: CommandEntry = { name: 'print', register };

export interface PrintOptions {
  readonly stage?: string;
  readonly variant?: string;
  readonly after?: string;
  readonly engine: string;
  readonly precision?: FloatDType;
}

function register(program: Command, context: Context): void {
  program
    .command('print')
    .description(
      'print the graph of a stage’s train step or of its fits, after the last pass or an earlier one',
    )
    .argument('<file>', 'a spec (.mm)')
    .option('--stage <name>', 'a stage; the first if absent')
    .option(
      '--after <pass>',
      'the graph as it is after this pass: lower, a pass of recognition, differentiate, or a pass of optimization',
    )
    .option('--variant <name>', 'a variant of the model')
    .option('--engine <name>', 'the engine to compile for', 'onnx')
    .addOption(precisionOption())
    .option('--json', 'print {stage, after, graph}')
    .addHelpText(
      'after',
      examples(
        ['mm print specs/emoji.mm --stage align', 'the graph that the engine runs'],
        ['mm print specs/emoji.mm --after lower', 'before any pass'],
      ),
    )
    .action(async (file: string, options: PrintOptions) => {
      const { runPrint } = await import('./print.ts');
      context.finish(await runPrint(file, options, context));
    });
}
