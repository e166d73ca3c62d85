// `mm print`: the graph of a stage as text.

import type { Command } from 'commander';
import type { FloatDType } from '../base/dtype.ts';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { examples } from './examples.ts';
import { precisionOption, withoutOption } from './options.ts';

export const printCommand: CommandEntry = { name: 'print', register };

export interface PrintOptions {
  readonly passes?: true;
  readonly without?: readonly string[];
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
    .argument('[file]', 'a spec (.mm)')
    .option('--stage <name>', 'a stage; the first if absent')
    .option(
      '--after <pass>',
      'the graph as it is after this pass: lower, a pass of recognition, differentiate, or a pass of optimization',
    )
    .option('--variant <name>', 'a variant of the model')
    .option('--engine <name>', 'the engine to compile for', 'onnx')
    .addOption(precisionOption())
    .addOption(withoutOption())
    .option('--passes', 'list every pass with its equation, and nothing else')
    .option('--json', 'print {stage, after, graph}, or {engine, passes: [{name, because, phase, needed}]}')
    .addHelpText(
      'after',
      examples(
        ['mm print specs/emoji.mm --stage align', 'the graph that the engine runs'],
        ['mm print specs/emoji.mm --after lower', 'before any pass'],
        ['mm print specs/emoji.mm --without attention', 'as it would be without one of the passes'],
        ['mm print --passes --engine tensorflow', 'what passes there are'],
      ),
    )
    .action(async (file: string | undefined, options: PrintOptions, command: Command) => {
      const { listPasses, runPrint } = await import('./print.ts');
      if (options.passes === true) {
        if (file !== undefined) return command.error('error: --passes lists all passes, and takes no spec');
        return context.finish(await listPasses(options, context));
      }
      if (file === undefined)
        return command.error('error: name a spec, or list what passes there are: --passes');
      context.finish(await runPrint(file, options, context));
    });
}
