// `mm predict`: asks an export of a trained run.

import type { Command } from 'commander';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { examples } from './examples.ts';
import { positiveInteger, seedNumber, withoutOption } from './options.ts';

export interface PredictCommandOptions {
  readonly without?: readonly string[];
  readonly engine?: string;
  readonly threads?: number;
  readonly seed?: number;
  readonly last?: true;
}

export const predictCommand: CommandEntry = { name: 'predict', register };

function register(program: Command, context: Context): void {
  program
    .command('predict')
    .description('give values to an export of a trained run and print what it makes of them')
    .argument('<run>', 'a run folder')
    .argument('<export>', 'the name of an export')
    .argument(
      '[name=value...]',
      'a path for a picture, a text for a caption; again for more, or a folder, or table.csv:column; a number for a parameter with a default',
    )
    .option('--engine <name>', 'what runs it; auto: the fastest here (default: what trained it)')
    .option('--threads <n>', 'of the engine', positiveInteger)
    .addOption(withoutOption(' (default: as the run was trained)'))
    .option('--seed <n>', 'of what is drawn (default: that of the export or of the run)', seedNumber)
    .option('--last', 'the last weights, not the best')
    .option('--json', 'print {export, inputs: {name: [value]}, results: {name: value}}')
    .addHelpText(
      'after',
      examples(
        [
          'mm predict runs/emoji-1 name picture=cat.png among="a cat" among="a dog"',
          'one picture, two captions',
        ],
        ['mm predict runs/emoji-1 name picture=pictures/ among=captions.csv:text --json', 'many of each'],
      ),
    )
    .action(async (run: string, name: string, values: readonly string[], options: PredictCommandOptions) => {
      const { runPredict } = await import('./predict.ts');
      context.finish(await runPredict(run, name, values, options, context));
    });
}
