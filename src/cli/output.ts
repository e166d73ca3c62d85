// Where commands write: results to `out`, everything about them to `err`, each with its own colours. Tests give
// another one.

import pc from 'picocolors';

export type Colors = ReturnType<typeof pc.createColors>;

export interface Channel {
  /** Writes text as it is. */
  readonly write: (text: string) => void;
  /** Writes text and a line break. */
  readonly line: (text?: string) => void;
  /** Whether colours are shown. */
  readonly color: boolean;
  readonly paint: Colors;
  /** Whether a person may be watching, so that a line can be redrawn. */
  readonly terminal: boolean;
  /** Columns of a line. */
  readonly columns: () => number;
}

export interface Output {
  readonly out: Channel;
  readonly err: Channel;
}

/** A channel over any sink. */
export function channel(
  write: (text: string) => void,
  options: { readonly color: boolean; readonly terminal: boolean; readonly columns?: () => number },
): Channel {
  return {
    write,
    line: (text = '') => write(`${text}\n`),
    color: options.color,
    paint: pc.createColors(options.color),
    terminal: options.terminal,
    columns: options.columns ?? (() => 80),
  };
}

/** The process's own streams. A reader that closes the pipe early (`mm … | head`) ends the process in peace. */
export function processOutput(): Output {
  return { out: streamChannel(process.stdout), err: streamChannel(process.stderr) };
}

function streamChannel(stream: NodeJS.WriteStream): Channel {
  if (stream.listenerCount('error') === 0) {
    stream.on('error', (e: NodeJS.ErrnoException) => {
      if (e.code === 'EPIPE') process.exit(process.exitCode ?? 0);
      throw e;
    });
  }
  const terminal = stream.isTTY === true && process.env.TERM !== 'dumb';
  return channel(text => void stream.write(text), {
    color: colorWanted(terminal),
    terminal,
    columns: () => stream.columns ?? 80,
  });
}

/** NO_COLOR (https://no-color.org) wins over FORCE_COLOR, both over what the stream is. */
function colorWanted(terminal: boolean): boolean {
  if ((process.env.NO_COLOR ?? '') !== '') return false;
  const forced = process.env.FORCE_COLOR ?? '';
  return forced === '' ? terminal : forced !== '0';
}
