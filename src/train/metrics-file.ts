// metrics.jsonl: one object a line. A training line has `step`, `loss` (and `loss/NAME`), `rate`, `gradient_norm`
// and `samples_per_second`, in f16 `loss_scale` too (and no `gradient_norm` where the step was skipped); an evaluation line `step`, `split` and a number for each metric. Appended as it goes; on a
// resume, lines beyond the checkpoint are cut off.

import { closeSync, existsSync, openSync, readFileSync } from 'node:fs';
import { readFailure, writeAll, writeFailure, writeWhole } from './atomic-file.ts';

export type MetricsLine = Readonly<Record<string, number | string>> & { readonly step: number };

export interface MetricsFile {
  append(line: MetricsLine): void;
  close(): void;
}

/** Opens for appending; lines of a step beyond `upTo` and a torn last line are removed. */
export function openMetrics(path: string, upTo: number): MetricsFile {
  if (existsSync(path)) {
    const kept = readMetrics(path).filter(line => line.step <= upTo);
    writeWhole(path, [kept.map(line => `${JSON.stringify(line)}\n`).join('')]);
  }
  try {
    const file = openSync(path, 'a');
    return {
      append(line) {
        try {
          writeAll(file, new TextEncoder().encode(`${JSON.stringify(line)}\n`));
        } catch (error) {
          throw writeFailure(error, path);
        }
      },
      close: () => closeSync(file),
    };
  } catch (error) {
    throw writeFailure(error, path);
  }
}

/** Every whole line with a step; a file that isn't there has none. */
export function readMetrics(path: string): readonly MetricsLine[] {
  if (!existsSync(path)) return [];
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw readFailure(error, path);
  }
  return text.split('\n').flatMap(parseLine);
}

function parseLine(text: string): readonly MetricsLine[] {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null || !('step' in value)) return [];
    if (!Number.isSafeInteger(value.step)) return [];
    const good = Object.entries(value).filter(([, v]) => typeof v === 'number' || typeof v === 'string');
    return [Object.fromEntries(good) as MetricsLine];
  } catch {
    // A process killed while appending leaves a torn line, and it counts as not written.
    return [];
  }
}
