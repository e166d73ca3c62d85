// The programs that an installation needs, looked for before anything is fetched: all that are missing are told at
// once.

import { dirname, join } from 'node:path';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { fault, InstallFailure } from './diagnostics.ts';
import { runTool } from './run-tool.ts';

/** A program with leading arguments, as in CXX="ccache g++". */
export type Command = readonly [string, ...string[]];

export interface Tools {
  readonly python: string;
  readonly npm: Command;
  readonly compiler: Command;
}

export interface ToolSearch {
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
}

export async function findTools(search: ToolSearch): Promise<Tools> {
  const found = await Promise.all([findPython(search), findNpm(search), findCompiler(search)]);
  const [python, npm, compiler] = found;
  const missing = found.flatMap(f => ('missing' in f ? [f.missing] : []));
  if ('missing' in python || 'missing' in npm || 'missing' in compiler) throw new InstallFailure(missing);
  return { python: python.is, npm: npm.is, compiler: compiler.is };
}

/** npm alone. */
export async function requireNpm(search: ToolSearch): Promise<Command> {
  const npm = await findNpm(search);
  if ('missing' in npm) throw new InstallFailure([npm.missing]);
  return npm.is;
}

type Found<T> = { readonly is: T } | { readonly missing: Diagnostic };

async function answers(command: string, args: readonly string[], search: ToolSearch): Promise<boolean> {
  const outcome = await runTool(command, args, search);
  return !outcome.missing && outcome.code === 0;
}

/** The first Python that has pip. */
async function findPython(search: ToolSearch): Promise<Found<string>> {
  const named = search.env.MMLANG_PYTHON;
  const tried = named === undefined || named === '' ? ['python3', 'python'] : [named];
  let bare: string | undefined;
  for (const python of tried) {
    if (!(await answers(python, ['--version'], search))) continue;
    if (await answers(python, ['-m', 'pip', '--version'], search)) return { is: python };
    bare ??= python;
  }
  return {
    missing: bare === undefined ? fault('no-python', { tried }) : fault('no-pip', { python: bare }),
  };
}

async function findNpm(search: ToolSearch): Promise<Found<Command>> {
  const [command, ...args] = npmCommand();
  return (await answers(command, [...args, '--version'], search))
    ? { is: [command, ...args] }
    : { missing: fault('no-npm', {}) };
}

/** On Windows `npm` is a script of the shell's, so what that runs is run. */
const npmCommand = (): Command =>
  process.platform === 'win32'
    ? [process.execPath, join(dirname(process.execPath), 'node_modules', 'npm', 'bin', 'npm-cli.js')]
    : ['npm'];

async function findCompiler(search: ToolSearch): Promise<Found<Command>> {
  const named = search.env.CXX?.split(' ').filter(w => w !== '') ?? [];
  const candidates = named.length > 0 ? [named] : [['c++'], ['g++'], ['clang++']];
  for (const [command, ...args] of candidates) {
    if (command !== undefined && (await answers(command, [...args, '--version'], search)))
      return { is: [command, ...args] };
  }
  return { missing: fault('no-compiler', { tried: candidates.map(c => c.join(' ')) }) };
}
