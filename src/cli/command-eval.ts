// `mm eval`: measures a trained run.

import type { Command } from 'commander';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { collectData } from './data-option.ts';
import { examples } from './examples.ts';
import { positiveInteger, withoutOption } from './options.ts';

export interface EvalCommandOptions {
  readonly without?: readonly string[];
  readonly on?: string;
  readonly batch?: number;
  readonly engine?: string;
  readonly threads?: number;
  readonly last?: true;
  readonly data?: ReadonlyMap<string, string>;
}

export const evalCommand: CommandEntry = { name: 'eval', register };

function register(program: Command, context: Context): void {
  program
    .command('eval')
    .description('measure a trained run beside chance, on whole splits')
    .argument('<run>', 'a run folder')
    .option('--on <split>', 'SET.SPLIT or SPLIT (default: every split that the stage measures on)')
    .option('--batch <n>', 'rows at once; no metric of single rows depends on it', positiveInteger)
    .option('--last', 'the last weights, not the best')
    .option('--engine <name>', 'what runs it; auto: the fastest here (default: what trained it)')
    .option('--threads <n>', 'of the engine', positiveInteger)
    .addOption(withoutOption(' (default: as the run was trained)'))
    .option('--data <name=path>', 'the manifest of a data set; may be repeated', collectData)
    .option('--json', 'print {metrics: {name: value}, chance: {name: value}, samples}')
    .addHelpText(
      'after',
      examples(
        ['mm eval runs/emoji-1', 'every split that the stage measures on'],
        ['mm eval runs/emoji-1 --on unseen_style --json', 'one of them, for a tool to read'],
      ),
    )
    .action(async (run: string, options: EvalCommandOptions) => {
      const { runEval } = await import('./eval.ts');
      context.finish(await runEval(run, options, context));
    });
}
