// The command line: parses arguments, runs one command, and turns whatever comes of it into an exit code.

import { Command, CommanderError } from 'commander';
import { version } from '../train/version.ts';
import { type CommandEntry, commands } from './commands.ts';
import { type Context, report } from './context.ts';
import { examples } from './examples.ts';
import { type ExitCode, exit } from './exit.ts';
import { diagnosticsOf } from './failure.ts';
import { type Output, processOutput } from './output.ts';

/** Runs `mm` with these arguments (without node and script); never throws. Tests give output and commands. */
export async function main(
  argv: readonly string[],
  output: Output = processOutput(),
  list: readonly CommandEntry[] = commands,
): Promise<ExitCode> {
  let code: ExitCode = exit.ok;
  let listener: Listener | undefined;
  const context: Context = {
    output,
    json: argv.includes('--json'),
    sources: new Map(),
    interruption: () => {
      listener = listener ?? listen();
      return listener.signal;
    },
    finish: c => {
      code = c;
    },
  };
  const faulted = (e: unknown): void => void fault(e, argv, context).then(c => process.exit(c));
  process.on('uncaughtException', faulted);
  try {
    await program(context, list).parseAsync([...argv], { from: 'user' });
    return code;
  } catch (e) {
    return await failed(e, argv, context);
  } finally {
    process.off('uncaughtException', faulted);
    listener?.end();
  }
}

function program(context: Context, list: readonly CommandEntry[]): Command {
  const { out, err } = context.output;
  const mm = new Command('mm')
    .description('mmlang: a declarative language and compiler for multimodal models')
    .version(version, '-V, --version', 'print the version')
    .helpCommand(false)
    .showHelpAfterError('(mm --help lists commands, mm COMMAND --help explains one)')
    .configureOutput({
      writeOut: text => out.write(text),
      writeErr: text => err.write(text),
      outputError: (text, write) => {
        if (!context.json) write(text);
      },
      getOutHasColors: () => out.color,
      getErrHasColors: () => err.color,
    })
    .exitOverride()
    .addHelpText(
      'after',
      examples(
        ['mm check specs/emoji.mm', 'every mistake of a spec'],
        ['mm train specs/emoji.mm', 'train it, in a new folder under runs/'],
        ['mm predict runs/emoji-1 name picture=cat.png among="a cat" among="a dog"', 'ask what came of it'],
        ['mm explain broken-promise', 'what an error means, and how it is mended'],
        ['mm COMMAND --help', 'what a command takes'],
      ),
    );
  for (const command of list) command.register(mm, context);
  return mm;
}

async function failed(e: unknown, argv: readonly string[], context: Context): Promise<ExitCode> {
  if (e instanceof CommanderError) {
    if (e.exitCode === 0) return exit.ok;
    if (context.json) {
      const message = e.message.replace(/^error: /, '');
      context.output.out.line(JSON.stringify({ error: { code: 'wrong-usage', message } }));
    }
    return exit.usage;
  }
  const diagnostics = diagnosticsOf(e);
  return diagnostics === undefined ? await fault(e, argv, context) : report(context, diagnostics);
}

/** A fault of ours: a report for us in a file, two lines for the user. */
async function fault(e: unknown, argv: readonly string[], context: Context): Promise<ExitCode> {
  const { writeReport } = await import('./fault-report.ts');
  const { path, message } = writeReport(e, argv, version);
  const { out, err } = context.output;
  if (context.json) out.line(JSON.stringify({ error: { code: 'internal-fault', message, report: path } }));
  err.line(`${err.paint.bold(err.paint.red('fault of mm'))}: ${message}`);
  err.line(
    path === undefined
      ? 'This is not your mistake. Please send this message and the command.'
      : `This is not your mistake. A report is in ${path}; please send it.`,
  );
  return exit.fault;
}

interface Listener {
  readonly signal: AbortSignal;
  readonly end: () => void;
}

/** The first Ctrl-C aborts, the second ends the process at once. */
function listen(): Listener {
  const controller = new AbortController();
  const heard = (): void => {
    if (controller.signal.aborted) process.exit(exit.interrupted);
    controller.abort('interrupted');
  };
  process.on('SIGINT', heard);
  return { signal: controller.signal, end: () => void process.off('SIGINT', heard) };
}
