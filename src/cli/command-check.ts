// `mm check`: every mistake of specs.

import type { Command } from 'commander';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { examples } from './examples.ts';

export const checkCommand: CommandEntry = { name: 'check', register };

function register(program: Command, context: Context): void {
  program
    .command('check')
    .description('check specs and print every mistake, with what to do')
    .argument('<file...>', 'specs (.mm)')
    .option(
      '--json',
      'print an array of {file, line, column, endLine, endColumn, severity, code, message, help, related}',
    )
    .addHelpText(
      'after',
      examples(
        ['mm check specs/emoji.mm', 'one spec'],
        ['mm check specs/*.mm --json', 'all of them, for a tool to read'],
      ),
    )
    .action(async (files: readonly string[]) => {
      const { runCheck } = await import('./check.ts');
      context.finish(runCheck(files, context));
    });
}
