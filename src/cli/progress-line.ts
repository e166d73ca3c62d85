// What goes on: on a terminal one line that is redrawn, elsewhere plain lines, at most one in two seconds.

import type { Channel } from './output.ts';

const everyMs = 2000;
const redrawMs = 80;
const barWidth = 20;

export interface ProgressLine {
  /** Writes a whole line; the redrawn one moves below it. */
  readonly line: (text: string) => void;
  /** Draws the state, or where nothing is redrawn writes it now and then; the last one of a kind always. */
  readonly state: (text: string, isLast: boolean) => void;
  /** The next state is of another kind: it is shown at once. */
  readonly restart: () => void;
  /** Leaves the last state of the redrawn line standing. */
  readonly end: () => void;
}

export function createProgressLine(
  channel: Channel,
  now: () => number = () => performance.now(),
): ProgressLine {
  let shown = '';
  let at = Number.NEGATIVE_INFINITY;

  const clear = (): void => {
    if (shown !== '') channel.write('\r\u001b[K');
    shown = '';
  };
  return {
    line: text => {
      clear();
      channel.line(text);
    },
    state: (text, isLast) => {
      const time = now();
      if (!isLast && time - at < (channel.terminal ? redrawMs : everyMs)) return;
      at = time;
      if (!channel.terminal) {
        channel.line(text);
        return;
      }
      const cut = text.slice(0, Math.max(20, channel.columns() - 1));
      channel.write(`\r${cut}\u001b[K`);
      shown = cut;
      if (isLast) {
        channel.line();
        shown = '';
      }
    },
    restart: () => {
      at = Number.NEGATIVE_INFINITY;
    },
    end: () => {
      if (shown !== '') channel.line();
      shown = '';
    },
  };
}

export function bar(done: number, total: number): string {
  const full = total === 0 ? barWidth : Math.floor((done / total) * barWidth);
  return `${'█'.repeat(full)}${'░'.repeat(barWidth - full)}`;
}
