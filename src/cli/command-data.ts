// `mm data`: what a model will see of its data.

import type { Command } from 'commander';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { collectData } from './data-option.ts';
import { examples } from './examples.ts';

export interface DataCommandOptions {
  readonly data?: ReadonlyMap<string, string>;
  readonly variant?: string;
  readonly split?: string;
  readonly out?: string;
}

export const dataCommand: CommandEntry = { name: 'data', register };

function register(program: Command, context: Context): void {
  program
    .command('data')
    .description(
      'show what the model will see: rows, pictures after transforms, tokens, what is cut off or skipped',
    )
    .argument('<file>', 'a spec (.mm)')
    .option('--data <name=path>', 'the manifest of a data set; may be repeated', collectData)
    .option('--variant <name>', 'a variant of the model')
    .option('--split <set.split>', 'only this split')
    .option('--out <page.html>', 'write one page with pictures and captions here')
    .option('--json', 'print a list of batches with {set, split, rows, skipped, fields}')
    .addHelpText(
      'after',
      examples(
        ['mm data specs/emoji.mm', 'every split that the spec reads'],
        ['mm data specs/emoji.mm --split emoji.train --out page.html', 'one of them, with pictures'],
      ),
    )
    .action(async (file: string, options: DataCommandOptions) => {
      const { runData } = await import('./data.ts');
      context.finish(await runData(file, options, context));
    });
}
