// `mm check`: every mistake of specs.

import type { Command } from 'commander';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { examples } from './examples.ts';

export interface CheckOptions {
  readonly against?: string;
}

export const checkCommand: CommandEntry = { name: 'check', register };

function register(program: Command, context: Context): void {
  program
    .command('check')
    .description(
      'check specs and print every mistake, with what to do; where a lock lies beside one, whether it is still true',
    )
    .argument('<file...>', 'specs (.mm)')
    .option(
      '--json',
      'print an array of {file, line, column, endLine, endColumn, severity, code, message, help, related}',
    )
    .option(
      '--against <revision>',
      'refuse a version lower than the changes since a git revision, or since a lock file, call for',
    )
    .addHelpText(
      'after',
      examples(
        ['mm check specs/emoji.mm', 'one spec'],
        ['mm check specs/*.mm --json', 'all of them, for a tool to read'],
        ['mm check --against main specs/emoji.mm', 'in CI: is its version what its changes call for?'],
      ),
    )
    .action(async (files: readonly string[], options: CheckOptions) => {
      const { runCheck } = await import('./check.ts');
      context.finish(runCheck(files, options, context));
    });
}
