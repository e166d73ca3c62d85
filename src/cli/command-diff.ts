// `mm diff`: what changed between two models, and what it means.

import { type Command, InvalidArgumentError, Option } from 'commander';
import { type Verdict, verdicts } from '../versioning/verdict.ts';
import type { CommandEntry } from './commands.ts';
import type { Context } from './context.ts';
import { examples } from './examples.ts';

export const diffCommand: CommandEntry = { name: 'diff', register };

export interface DiffOptions {
  readonly variant?: string;
  readonly markdown?: true;
  readonly html?: string;
  readonly require?: Verdict;
}

function verdictNamed(text: string): Verdict {
  const found = verdicts.find(v => v === text.replaceAll('-', ' '));
  if (found === undefined) throw new InvalidArgumentError(`It has to be one of ${names.join(', ')}.`);
  return found;
}

const names = verdicts.map(v => v.replaceAll(' ', '-'));

function register(program: Command, context: Context): void {
  program
    .command('diff')
    .description(
      'say what changed between two models, what that means for checkpoints and callers, and which version it calls for',
    )
    .argument(
      '<old>',
      'a spec, a lock, a run folder, a checkpoint, or REVISION:PATH of a spec or lock in git',
    )
    .argument('<new>', 'another one')
    .option('--variant <name>', 'one variant or model alone')
    .option('--markdown', 'print Markdown, for a pull request')
    .option('--html <page>', 'write a page with both graphs side by side, too')
    .addOption(
      new Option(
        '--require <verdict>',
        `exit with 1 where the verdict is worse; from best to worst: ${names.join(', ')}`,
      ).argParser(verdictNamed),
    )
    .option('--json', 'print {verdict, version, changes, weights}')
    .addHelpText(
      'after',
      examples(
        ['mm diff main:specs/emoji.mm specs/emoji.mm', 'what this branch changes'],
        ['mm diff runs/emoji-1 specs/emoji.mm --require loads', 'does what was trained still load?'],
        ['mm diff specs/emoji.mm.lock specs/emoji.mm --html diff.html', 'both graphs side by side'],
      ),
    )
    .action(async (old: string, now: string, options: DiffOptions) => {
      const { runDiff } = await import('./diff.ts');
      context.finish(await runDiff(old, now, options, context));
    });
}
