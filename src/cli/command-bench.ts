// `mm bench`: what a step or an export costs here, and which line of the spec costs what.

import { type Command, Option } from 'commander';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { examples } from './examples.ts';
import { positive } from './number-option.ts';
import { withoutOption } from './options.ts';

export const benchCommand: CommandEntry = { name: 'bench', register };

export interface BenchCommandOptions {
  readonly without?: readonly string[];
  readonly variant?: string;
  readonly stage?: string;
  readonly export?: string;
  readonly engine?: string;
  readonly batch?: number;
  readonly steps?: number;
  readonly threads?: number;
  readonly page?: string;
}

function register(program: Command, context: Context): void {
  const number = (flags: string, about: string): Option => new Option(flags, about).argParser(positive);
  program
    .command('bench')
    .description("time a stage's step or an export on made-up data: speed, memory, and which line costs what")
    .argument('<file>', 'a spec (.mm)')
    .option('--variant <name>', 'a variant of the model')
    .addOption(
      new Option('--stage <name>', 'the stage whose step is timed (default: the first)').conflicts('export'),
    )
    .option('--export <name>', 'time this export instead')
    .option('--engine <name>', 'what runs it, see mm engines (default: auto, the fastest that is here)')
    .addOption(number('--batch <n>', 'rows of each batch (default: the spec’s; of an export 1)'))
    .addOption(number('--steps <n>', 'timed steps (default: 10)'))
    .addOption(number('--threads <n>', 'of the engine (default: all)'))
    .addOption(withoutOption())
    .option('--page <file>', 'write the profile as a page (.html)')
    .option('--json', 'print {step, samplesPerSecond, compile, memory, kernels, profile: {lines}, …}')
    .addHelpText(
      'after',
      examples(
        ['mm bench specs/emoji.mm', 'its first stage'],
        ['mm bench specs/clip.mm --variant B32 --batch 8 --page clip.html', 'the profile as a page'],
        ['mm bench specs/emoji.mm --export embed --batch 64', 'an export'],
      ),
    )
    .action(async (file: string, options: BenchCommandOptions) => {
      const { runBench } = await import('./bench.ts');
      context.finish(await runBench(file, options, context));
    });
}
