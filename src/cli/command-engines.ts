// `mm engines`: what can run a model here, and what isn't a part of mmlang added and removed.

import type { Command } from 'commander';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { examples } from './examples.ts';

export const enginesCommand: CommandEntry = { name: 'engines', register };

export interface AddCommandOptions {
  readonly gpu?: true;
}

function register(program: Command, context: Context): void {
  const engines = program
    .command('engines')
    .description('list the engines and how to add those that are missing; add and remove them')
    .helpCommand(false)
    .addHelpText(
      'after',
      examples(
        ['mm engines', 'what can run a model here'],
        ['mm engines add tensorflow', 'install the fastest engine, in a folder of your cache'],
      ),
    );
  engines
    .command('list', { isDefault: true })
    .description('list the engines, and how to add those that are missing')
    .option('--json', 'print an array of {name, ready, version, about, add, folder, makesDo}')
    .addHelpText('after', examples(['mm engines', 'what can run a model here']))
    .action(async () => {
      const { runEngines } = await import('./engines.ts');
      context.finish(await runEngines(context));
    });
  engines
    .command('add')
    .description('install an engine; what is cut off goes on with the same command')
    .argument('<name>', 'an engine that mm engines lists as missing')
    .option('--gpu', 'tensorflow for NVIDIA GPUs')
    .option('--json', 'print {name, version, folder, bytes, gpu, isNew, runsOn, note}')
    .addHelpText(
      'after',
      examples(
        ['mm engines add tensorflow', 'for the CPU: fetches 0.27 GB, takes 0.85 GB'],
        ['mm engines add tensorflow --gpu', 'for NVIDIA GPUs, on Linux x64'],
        ['mm engines add webgpu', 'for any GPU: fetches 51 MB, takes 20 to 40 MB'],
      ),
    )
    .action(async (name: string, options: AddCommandOptions) => {
      const { runEnginesAdd } = await import('./engines-add.ts');
      context.finish(await runEnginesAdd(name, options, context));
    });
  engines
    .command('remove')
    .description('delete an engine that was added, and what a cut off installation left')
    .argument('<name>', 'an engine that was added')
    .option('--json', 'print {name, folder, bytes}')
    .addHelpText('after', examples(['mm engines remove tensorflow', 'and its space is free']))
    .action(async (name: string) => {
      const { runEnginesRemove } = await import('./engines-remove.ts');
      context.finish(await runEnginesRemove(name, context));
    });
}
