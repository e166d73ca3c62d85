// `mm graph`: a model as a picture.

import { type Command, Option } from 'commander';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { examples } from './examples.ts';
import { positive } from './number-option.ts';

export const graphCommand: CommandEntry = { name: 'graph', register };

export interface GraphOptions {
  readonly variant?: string;
  readonly format?: 'svg' | 'mermaid';
  readonly depth: number;
  readonly out?: string;
}

function register(program: Command, context: Context): void {
  program
    .command('graph')
    .description('draw a model: its parts with shapes on the arrows, spaces, objectives, exports and stages')
    .argument('<file>', 'a spec (.mm)')
    .option('--variant <name>', 'a variant of the model')
    .addOption(
      new Option('--format <name>', 'what to write; else as --out ends, and Mermaid without --out').choices([
        'svg',
        'mermaid',
      ]),
    )
    .addOption(new Option('--depth <n>', 'how deep parts are opened').argParser(positive).default(1))
    .option('--out <picture>', 'write to this file (.svg or .mmd), and not to stdout')
    .option('--json', 'print {model, version, nodes, edges, groups, stages}')
    .addHelpText(
      'after',
      examples(
        ['mm graph specs/emoji.mm --out emoji.svg', 'a figure'],
        ['mm graph specs/emoji.mm --depth 2', 'Mermaid, with what is in the parts'],
      ),
    )
    .action(async (file: string, options: GraphOptions) => {
      const { runGraph } = await import('./graph.ts');
      context.finish(runGraph(file, options, context));
    });
}
