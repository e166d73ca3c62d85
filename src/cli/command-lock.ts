// `mm lock`: what models are, beside their spec.

import type { Command } from 'commander';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { examples } from './examples.ts';

export const lockCommand: CommandEntry = { name: 'lock', register };

export interface LockOptions {
  readonly check?: true;
}

function register(program: Command, context: Context): void {
  program
    .command('lock')
    .description('write FILE.lock beside each spec: what its models are, for reviews, mm diff and mm check')
    .argument('<file...>', 'specs (.mm)')
    .option('--check', 'write nothing; exit with 1 where a lock is not what would be written')
    .option('--json', 'print an array of {file, lock, state, diff}, with diff as mm diff prints it, or null')
    .addHelpText(
      'after',
      examples(
        ['mm lock specs/emoji.mm', 'writes specs/emoji.mm.lock and says what changed'],
        ['mm lock --check specs/*.mm', 'in CI: are all locks up to date?'],
      ),
    )
    .action(async (files: readonly string[], options: LockOptions) => {
      const { runLock } = await import('./lock.ts');
      context.finish(runLock(files, options, context));
    });
}
