// Every command of `mm`, in the order of `mm --help`. A command is a file command-NAME.ts that exports
//
//   export const nameCommand: CommandEntry = { name: 'name', register }
//
// `register` declares arguments, options and help on the commander program and nothing else: whatever the command
// needs is imported inside its action, so that `mm check` doesn't load an engine:
//
//   function register(program: Command, context: Context): void {
//     program
//       .command('name').argument('<file>').option('--json', 'print JSON')
//       .description('what it does, in one line')
//       .addHelpText('after', examples(['mm name specs/emoji.mm', 'what this shows']))
//       .action(async (file: string, options: { json?: true }) => {
//         const { runName } = await import('./name.ts')
//         context.finish(await runName(file, options, context))
//       })
//   }
//
// An action returns its exit code (exit.ts). What is wrong with the user's files is reported as diagnostics
// (`report` in context.ts) or thrown as an error that carries `diagnostics`; anything else thrown is a fault of
// ours. Under `--json` stdout holds one JSON value, also on failure (`present` and `report` see to it).

import type { Command } from 'commander';
import { benchCommand } from './command-bench.ts';
import { checkCommand } from './command-check.ts';
import { dataCommand } from './command-data.ts';
import { diffCommand } from './command-diff.ts';
import { enginesCommand } from './command-engines.ts';
import { evalCommand } from './command-eval.ts';
import { explainCommand } from './command-explain.ts';
import { exportCommand } from './command-export.ts';
import { fmtCommand } from './command-fmt.ts';
import { graphCommand } from './command-graph.ts';
import { lockCommand } from './command-lock.ts';
import { predictCommand } from './command-predict.ts';
import { printCommand } from './command-print.ts';
import { trainCommand } from './command-train.ts';
import type { Context } from './context.ts';

export interface CommandEntry {
  readonly name: string;
  readonly register: (program: Command, context: Context) => void;
}

export const commands: readonly CommandEntry[] = [
  checkCommand,
  fmtCommand,
  lockCommand,
  diffCommand,
  explainCommand,
  graphCommand,
  dataCommand,
  printCommand,
  trainCommand,
  evalCommand,
  predictCommand,
  exportCommand,
  benchCommand,
  enginesCommand,
];
