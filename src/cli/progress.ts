// A training as it goes, told on one line.

import type { RunEvent } from '../train/events.ts';
import type { Measured } from '../train/measure.ts';
import { showMetric } from '../train/result-page.ts';
import type { Channel } from './output.ts';
import { bar, createProgressLine } from './progress-line.ts';

export interface Progress {
  readonly onEvent: (event: RunEvent) => void;
  /** Writes a whole line; the redrawn one moves below it. */
  readonly line: (text: string) => void;
  /** Leaves the last state of the redrawn line standing. */
  readonly end: () => void;
}

export function createProgress(channel: Channel, now: () => number = () => performance.now()): Progress {
  const { paint } = channel;
  const shown = createProgressLine(channel, now);
  const { line, state } = shown;
  let speed: number | undefined;
  let rows = 0;
  let busy = false;

  return {
    line,
    end: shown.end,
    onEvent(event) {
      switch (event.kind) {
        case 'data':
          busy = event.done < event.total;
          state(
            `reading ${event.split}  ${bar(event.done, event.total)}  ${event.done}/${event.total}`,
            !busy,
          );
          return;
        case 'stage':
          rows = event.rows;
          speed = undefined;
          shown.restart();
          if (event.step > 0) line(`${event.stage} goes on after step ${event.step} of ${event.steps}`);
          return;
        case 'fit':
        case 'step': {
          speed = speed === undefined ? event.samplesPerSecond : 0.9 * speed + 0.1 * event.samplesPerSecond;
          const left = ((event.steps - event.step) * rows) / speed;
          const parts = [
            `${event.stage}  ${bar(event.step, event.steps)}  ${event.step}/${event.steps}`,
            event.kind === 'fit'
              ? `${event.fit} moves by ${(100 * event.change).toPrecision(3)} %`
              : `loss ${event.loss.toPrecision(4)}`,
            `${speed < 10 ? speed.toPrecision(2) : Math.round(speed)} samples/s`,
            event.step === event.steps ? '' : `${showDuration(left)} left`,
          ];
          state(parts.filter(p => p !== '').join('  '), event.step === event.steps);
          return;
        }
        case 'evaluated':
          line(paint.dim(`  step ${event.step}  ${evaluationLine(event.measured)}`));
          return;
        case 'reporting':
          line(`measuring ${event.stage} …`);
          return;
        case 'run':
        case 'checkpoint':
        case 'note':
        case 'report':
          return;
        default:
          event satisfies never;
      }
    },
  };
}

function evaluationLine(measured: Measured): string {
  const metrics = [...measured.metrics].map(
    ([name, value]) => `${name} ${showMetric(measured.shows, value)}`,
  );
  return `${measured.split}  ${metrics.join('  ')}`;
}

/** `45 s`, `3 min 20 s`, `2 h 5 min`. */
export function showDuration(seconds: number): string {
  if (!Number.isFinite(seconds)) return '…';
  const s = Math.max(0, Math.round(seconds));
  if (s < 60) return `${s} s`;
  const minutes = Math.floor(s / 60);
  if (minutes < 60) return `${minutes} min ${s % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
