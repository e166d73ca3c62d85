// `mm explain`: what a model is made of and what it costs, and what a code of an error means.

import { existsSync } from 'node:fs';
import { type Command, Option } from 'commander';
import type { FloatDType } from '../base/dtype.ts';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { examples } from './examples.ts';
import { memorySize } from './memory-option.ts';
import { positive } from './number-option.ts';
import { precisionOption, withoutOption } from './options.ts';

export const explainCommand: CommandEntry = { name: 'explain', register };

export interface ExplainOptions {
  readonly without?: readonly string[];
  readonly variant?: string;
  readonly engine: string;
  readonly batch?: number;
  readonly precision?: FloatDType;
  readonly memory?: number;
  readonly depth: number;
  readonly codes?: boolean;
}

/** Options that ask something of a spec. */
const ofSpecs = ['variant', 'engine', 'batch', 'precision', 'without', 'memory', 'depth'] as const;

function register(program: Command, context: Context): void {
  const command = program
    .command('explain')
    .description(
      'show the parts of a model with types, parameters and costs, and what is fused for the engine; or what a code of an error means',
    )
    .argument('[what]', 'a spec (.mm), or the code of an error')
    .option('--variant <name>', 'a variant of the model')
    .option('--engine <name>', 'the engine to compile for', 'onnx')
    .addOption(new Option('--batch <n>', 'rows of each batch, instead of the spec’s').argParser(positive))
    .addOption(precisionOption())
    .addOption(withoutOption())
    .option(
      '--memory <size>',
      'what a train step may take, as 8GB: what is computed again for it',
      memorySize,
    )
    .addOption(
      new Option('--depth <n>', 'how deep the tree of parts is shown').argParser(positive).default(3),
    )
    .option('--codes', 'list every code')
    .option('--json', 'print {parameters, parts, stages, fusions}, or {code, meanings, why, example}')
    .addHelpText(
      'after',
      examples(
        ['mm explain specs/emoji.mm', 'the parts and what they cost'],
        ['mm explain specs/emoji.mm --batch 1024', 'with another batch: does it fit?'],
        ['mm explain specs/emoji.mm --memory 500MB', 'what has to be computed twice for that'],
        ['mm explain broken-promise', 'what an error means, and how it is mended'],
        ['mm explain --codes', 'every error there is'],
      ),
    )
    .action(async (what: string | undefined, options: ExplainOptions) => {
      const { explainCode, listCodes, looksLikeCode } = await import('./explain-code.ts');
      const asCode = what !== undefined && looksLikeCode(what) && !existsSync(what);
      if (asCode || options.codes === true) {
        const stray = ofSpecs.find(name => command.getOptionValueSource(name) === 'cli');
        if (stray !== undefined)
          return command.error(`error: --${stray} asks something of a spec, not of a code`);
      }
      if (options.codes === true) {
        if (what !== undefined)
          return command.error('error: --codes lists all codes, and takes nothing else');
        return context.finish(listCodes(context));
      }
      if (what === undefined)
        return command.error(
          'error: mm explain takes a spec (specs/emoji.mm) or the code of an error (broken-promise); --codes lists all codes',
        );
      if (asCode) return context.finish(explainCode(what, context));
      const { runExplain } = await import('./explain.ts');
      context.finish(await runExplain(what, options, context));
    });
}
