// `mm engines`: what can run a model here.

import type { Command } from 'commander';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { examples } from './examples.ts';

export const enginesCommand: CommandEntry = { name: 'engines', register };

function register(program: Command, context: Context): void {
  program
    .command('engines')
    .description('list the engines, and how to add those that are missing')
    .option('--json', 'print an array of {name, ready, version, about, add}')
    .addHelpText('after', examples(['mm engines', 'what can run a model here']))
    .action(async () => {
      const { runEngines } = await import('./engines.ts');
      context.finish(await runEngines(context));
    });
}
