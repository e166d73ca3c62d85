// Another program (pip, npm, a compiler), run to its end with what it said. It gets a process group of its own, so
// that stopping it stops what it has started too.

import { type ChildProcess, spawn } from 'node:child_process';

export interface Outcome {
  /** There is no such program. */
  readonly missing: boolean;
  readonly code: number | null;
  /** The signal that ended it: SIGILL of a program for other processors. */
  readonly signal: NodeJS.Signals | null;
  readonly out: string;
  readonly err: string;
}

export interface ToolOptions {
  readonly cwd?: string | undefined;
  readonly env: NodeJS.ProcessEnv;
  readonly signal: AbortSignal;
  /** Called now and then while it runs. */
  readonly onTick?: (() => void) | undefined;
}

const isWindows = process.platform === 'win32';
const tickMs = 200;
/** Of what it says only the end is kept. */
const keptChars = 1_000_000;

/** Throws only where it is aborted; how it ended is told by the outcome. */
export async function runTool(
  command: string,
  args: readonly string[],
  options: ToolOptions,
): Promise<Outcome> {
  options.signal.throwIfAborted();
  const child = spawn(command, args, {
    cwd: options.cwd,
    env: options.env,
    // On Windows a group would be a console window.
    detached: !isWindows,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const said = { out: '', err: '' };
  for (const name of ['out', 'err'] as const) {
    const stream = name === 'out' ? child.stdout : child.stderr;
    stream.setEncoding('utf8').on('data', (text: string) => {
      said[name] = (said[name] + text).slice(-keptChars);
    });
  }
  const stop = (): void => stopGroup(child);
  options.signal.addEventListener('abort', stop);
  process.once('exit', stop);
  const ticking = setInterval(() => options.onTick?.(), tickMs);
  try {
    const ended = await new Promise<Omit<Outcome, 'out' | 'err'>>((resolve, reject) => {
      child.once('error', (e: NodeJS.ErrnoException) => {
        const isMissing = e.code === 'ENOENT' || e.code === 'EACCES' || e.code === 'ENOTDIR';
        if (isMissing) resolve({ missing: true, code: null, signal: null });
        else reject(e);
      });
      child.once('close', (code, signal) => resolve({ missing: false, code, signal }));
    });
    options.signal.throwIfAborted();
    return { ...ended, ...said };
  } finally {
    clearInterval(ticking);
    options.signal.removeEventListener('abort', stop);
    process.off('exit', stop);
  }
}

function stopGroup(child: ChildProcess): void {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
  try {
    if (isWindows) child.kill();
    else process.kill(-child.pid, 'SIGKILL');
  } catch (e) {
    // It ended by itself meanwhile.
    if (!(e instanceof Error && 'code' in e && e.code === 'ESRCH')) throw e;
  }
}

/** The line of a program's words that tells why: the last one that calls itself an error, else the last. */
export function reasonIn({ out, err, code, signal }: Outcome): string {
  const lines = `${out}\n${err}`
    .split('\n')
    .map(l => l.trim())
    .filter(l => l !== '');
  const told = lines.findLast(l => /\berror\b/i.test(l)) ?? lines.at(-1);
  if (told === undefined) return signal === null ? `it ended with code ${code}` : `it was ended by ${signal}`;
  return told.length > 300 ? `${told.slice(0, 300)}…` : told;
}
