// Whether a stage fits the memory that it is given, and what would where it doesn't.

import { entriesOf, type StageProgram, trainingEntries } from '../compiler/program.ts';
import { failure } from './diagnostics.ts';

/** Refuses a stage that doesn't fit, with the batch that would. `compiled` is the stage with that many rows
 * a batch. */
export function checkMemory(
  program: StageProgram,
  limit: number,
  compiled: (rows: number) => StageProgram,
): void {
  const { peak, what } = largest(program);
  if (peak <= limit) return;
  const meeting = program.kind === 'minimize' ? program.memory?.meeting : undefined;
  const rows = Math.max(1, ...trainingEntries(program).flatMap(e => e.batches.map(b => b.size)));
  const batch = fitting(rows, limit, rows => largest(compiled(rows)).peak);
  throw failure('memory-too-small', {
    stage: program.stage,
    what,
    limit: sizeText(limit),
    least: sizeText(peak),
    batch: batch === undefined ? undefined : String(batch),
    meeting: meeting === undefined ? undefined : `${meeting.file}:${meeting.line}`,
  });
}

/** As `--memory` takes it, rounded up. */
const sizeText = (bytes: number): string => (bytes < 1e6 ? `${bytes}B` : `${Math.ceil(bytes / 1e5) / 10}MB`);

/** What of the stage takes the most, with everything that can be computed again. */
function largest(program: StageProgram): { readonly peak: number; readonly what: string } {
  const train = new Set(trainingEntries(program));
  const named = entriesOf(program).map(entry => {
    const what = train.has(entry) ? (program.kind === 'fit' ? entry.name : 'a train step') : 'a measure';
    return { peak: entry.plan.peakBytes, what };
  });
  return named.reduce((a, b) => (b.peak > a.peak ? b : a));
}

/** The largest of batches each half of the one before it that fits; undefined where one row doesn't. */
function fitting(rows: number, limit: number, peakOf: (rows: number) => number): number | undefined {
  for (let batch = Math.floor(rows / 2); batch >= 1; batch = Math.floor(batch / 2))
    if (peakOf(batch) <= limit) return batch;
  return undefined;
}
