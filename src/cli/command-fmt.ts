// `mm fmt`: specs in their canonical form.

import type { Command } from 'commander';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { examples } from './examples.ts';

export const fmtCommand: CommandEntry = { name: 'fmt', register };

export interface FmtOptions {
  readonly check?: true;
}

function register(program: Command, context: Context): void {
  program
    .command('fmt')
    .description('format specs in place: 100 columns, comments kept; a file with syntax errors isn’t touched')
    .argument('<file...>', 'specs (.mm)')
    .option('--check', 'write nothing; exit 1 and show the first lines that differ where a file would change')
    .option('--json', 'print an array of {file, changed, difference, errors}')
    .addHelpText(
      'after',
      examples(
        ['mm fmt specs/emoji.mm', 'one spec'],
        ['mm fmt --check specs/*.mm', 'whether all of them are formatted, as a gate'],
      ),
    )
    .action(async (files: readonly string[], options: FmtOptions) => {
      const { runFmt } = await import('./fmt.ts');
      context.finish(runFmt(files, options, context));
    });
}
