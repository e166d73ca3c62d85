// `mm train`: trains a spec, or goes on with a run.

import type { Command } from 'commander';
import type { FloatDType } from '../base/dtype.ts';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { collectData, collectRuns } from './data-option.ts';
import { examples } from './examples.ts';
import { memorySize } from './memory-option.ts';
import { positiveInteger, precisionOption, seedNumber, withoutOption } from './options.ts';

export interface TrainCommandOptions {
  readonly without?: readonly string[];
  readonly stage?: string;
  readonly variant?: string;
  readonly engine?: string;
  readonly run?: string;
  readonly resume?: string;
  readonly steps?: number;
  readonly batch?: number;
  readonly seed?: number;
  readonly threads?: number;
  readonly precision?: FloatDType;
  readonly memory?: number;
  readonly runOf?: ReadonlyMap<string, string>;
  readonly data?: ReadonlyMap<string, string>;
}

export const trainCommand: CommandEntry = { name: 'train', register };

function register(program: Command, context: Context): void {
  program
    .command('train')
    .description('train a model; Ctrl-C saves, and --resume goes on to the same result')
    .argument('[file]', 'a spec (.mm); may be left out with --resume')
    .option('--stage <name>', 'train this stage alone (default: all, in order)')
    .option('--variant <name>', 'a variant of the model')
    .option('--engine <name>', 'what runs it, see mm engines (default: auto, the fastest that is here)')
    .option('--run <dir>', 'the run folder (default: a new one under runs/)')
    .option('--resume <dir>', 'go on with this run, with its settings')
    .option('--steps <n>', "in the place of the spec's steps", positiveInteger)
    .option('--batch <n>', "in the place of the spec's batch sizes", positiveInteger)
    .option('--seed <n>', 'of weights, order and augmentation (default: 1)', seedNumber)
    .option('--threads <n>', 'of the engine (default: all)', positiveInteger)
    .addOption(precisionOption())
    .addOption(withoutOption())
    .option(
      '--memory <size>',
      'what a train step may take, as 8GB or 500MiB: values are computed again to fit',
      memorySize,
    )
    .option(
      '--run-of <name=dir>',
      'the run of another model that a stage starts from (default: found under runs/); may be repeated',
      collectRuns,
    )
    .option('--data <name=path>', 'the manifest of a data set; may be repeated', collectData)
    .option('--json', 'print {run, outcome, stages: [{stage, step, splits}], page} at the end')
    .addHelpText(
      'after',
      examples(
        ['mm train specs/emoji.mm', 'all stages, in a new run folder'],
        ['mm train specs/emoji.mm --steps 200 --seed 7', 'a short one, with other draws'],
        ['mm train specs/emoji.mm --memory 500MB', 'in less memory, for more work'],
        ['mm train ner.mm --run-of Bert=runs/bert-1', 'on an encoder that another run has trained'],
        ['mm train specs/emoji.mm --engine tensorflow --precision bf16', 'faster, the weights stay f32'],
        ['mm train --resume runs/emoji-1', 'go on where it stopped'],
      ),
    )
    .action(async (file: string | undefined, options: TrainCommandOptions, command: Command) => {
      if (options.run !== undefined && options.resume !== undefined)
        command.error("error: --run and --resume don't go together: --resume names the run", { exitCode: 2 });
      if (file === undefined && options.resume === undefined)
        command.error('error: name a spec, or a run with --resume', { exitCode: 2 });
      const { runTrain } = await import('./train.ts');
      context.finish(await runTrain(file, options, context));
    });
}
