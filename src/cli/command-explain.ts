// `mm explain`: what a model is made of and what it costs.

import { type Command, Option } from 'commander';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { examples } from './examples.ts';
import { positive } from './number-option.ts';

export const explainCommand: CommandEntry = { name: 'explain', register };

export interface ExplainOptions {
  readonly variant?: string;
  readonly engine: string;
  readonly batch?: number;
  readonly depth: number;
}

function register(program: Command, context: Context): void {
  program
    .command('explain')
    .description(
      'show the parts of a model with types, parameters and costs, and what is fused for the engine',
    )
    .argument('<file>', 'a spec (.mm)')
    .option('--variant <name>', 'a variant of the model')
    .option('--engine <name>', 'the engine to compile for', 'onnx')
    .addOption(new Option('--batch <n>', 'rows of each batch, instead of the spec’s').argParser(positive))
    .addOption(
      new Option('--depth <n>', 'how deep the tree of parts is shown').argParser(positive).default(3),
    )
    .option('--json', 'print {parameters, parts, stages, fusions}')
    .addHelpText(
      'after',
      examples(
        ['mm explain specs/emoji.mm', 'the parts and what they cost'],
        ['mm explain specs/emoji.mm --batch 1024', 'with another batch: does it fit?'],
      ),
    )
    .action(async (file: string, options: ExplainOptions) => {
      const { runExplain } = await import('./explain.ts');
      context.finish(await runExplain(file, options, context));
    });
}
