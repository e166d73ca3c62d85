// The loop of one stage: batches in, steps on the engine, a line of metrics now and then, evaluations, checkpoints.
// It doesn't know its engine nor where batches come from, and what it reports goes out as typed events.

import type { Engine, Session } from '../backends/engine.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { Plan } from '../compiler/plan.ts';
import type { MeasureSpec, StageProgram } from '../compiler/program.ts';
import type { BestSoFar } from './checkpoint.ts';
import type { TrainEvent } from './events.ts';
import type { BatchStream, DataSource } from './feeds.ts';
import type { Held } from './held.ts';
import { heldBy } from './held.ts';
import type { Measured } from './measure.ts';
import { higherIsBetter, leadingMetric, runMeasure } from './measure.ts';
import type { MetricsFile } from './metrics-file.ts';
import { openMetrics } from './metrics-file.ts';
import { type Round, roundsOf, stepsOf } from './rounds.ts';
import type { StageFolder } from './run-folder.ts';
import { makeFolder } from './run-folder.ts';
import { drawSeed } from './schedule.ts';
import type { StageState } from './stage-state.ts';
import { openState, saveState } from './stage-state.ts';
import { nextBatches, oneStep } from './step.ts';
import { createTally, type Tally } from './told.ts';

export interface StageOptions {
  readonly program: StageProgram;
  readonly engine: Engine;
  readonly data: DataSource;
  readonly folder: StageFolder;
  readonly seed: number;
  readonly fingerprint: string;
  /** Of the model as it is trained: goes into every checkpoint. */
  readonly lock?: string | undefined;
  /** Weights that an earlier stage trained; those of this stage that aren't among them start fresh. */
  readonly start: ReadonlyMap<string, HostTensor>;
  readonly threads: number | undefined;
  /** Steps between checkpoints. */
  readonly checkpointEvery: number;
  /** Steps between lines of metrics.jsonl. */
  readonly logEvery: number;
  readonly signal: AbortSignal | undefined;
  readonly onEvent: (event: TrainEvent) => void;
}

export type StageOutcome =
  | { readonly kind: 'finished'; readonly step: number; readonly best: BestSoFar | undefined }
  | { readonly kind: 'stopped'; readonly step: number };

/** A checkpoint at every evaluation, else every 200 steps: it depends on the spec alone and not on a clock. */
export function checkpointPeriod(program: StageProgram): number {
  const every = program.measures.map(m => m.every).filter(e => e !== undefined);
  return Math.max(1, Math.min(200, ...every));
}

/** At most about a thousand lines a stage. */
export const logPeriod = (steps: number): number => Math.max(1, Math.floor(steps / 1000));

/**
 * Trains a stage from its last checkpoint, or from its start where it has none, to its last step or until the signal.
 * The weights after step n are the same bits however often the loop was interrupted on the way.
 */
export async function trainStage(options: StageOptions): Promise<StageOutcome> {
  const { program, engine, folder } = options;
  makeFolder(folder.checkpoints);
  const recurring = program.measures.flatMap((measure, i) =>
    measure.every === undefined ? [] : [{ measure, every: measure.every, entry: `measure ${i}` }],
  );
  const rounds = roundsOf(program);
  const entries = new Map<string, Plan>([
    ...rounds.map(({ entry }): [string, Plan] => [entry.name, entry.plan]),
    ...recurring.map(({ measure, entry }): [string, Plan] => [entry, measure.entry.plan]),
  ]);
  const session = await engine.open(
    entries,
    options.threads === undefined ? {} : { threads: options.threads },
  );
  const held = heldBy([...rounds.map(r => r.entry), ...recurring.map(r => r.measure.entry)]);
  try {
    const state = openState(options, held);
    await session.write(state.held);
    const metrics = openMetrics(folder.metrics, state.step);
    const tally = createTally(program, options.onEvent);
    try {
      const lastHeld = () => openState(options, held).held;
      return await loop({ ...options, session, rounds, recurring, metrics, held, tally, lastHeld }, state);
    } finally {
      tally.end();
      metrics.close();
    }
  } finally {
    await session.close();
  }
}

interface LoopContext extends StageOptions {
  readonly session: Session;
  readonly rounds: readonly Round[];
  readonly recurring: readonly {
    readonly measure: MeasureSpec;
    readonly every: number;
    readonly entry: string;
  }[];
  readonly metrics: MetricsFile;
  readonly held: readonly Held[];
  readonly tally: Tally;
  readonly lastHeld: () => ReadonlyMap<string, HostTensor>;
}

async function loop(context: LoopContext, from: StageState): Promise<StageOutcome> {
  const { program, onEvent } = context;
  const steps = stepsOf(program);
  const progress = startProgress(context, from, steps);
  const rows = context.rounds.reduce((n, r) => n + (r.to - r.from) * rowsOf(r), 0) / Math.max(1, steps);
  onEvent({ kind: 'stage', stage: program.stage, step: from.step, steps, rows });
  for (const round of context.rounds) {
    if (round.to <= progress.step) continue;
    const streams = new Map<string, BatchStream>();
    try {
      // Where a round begins, the positions of a checkpoint are those of the round before it.
      const at = progress.step > round.from ? from.data : {};
      for (const spec of round.entry.batches)
        streams.set(
          spec.id,
          await context.data.stream(spec, drawSeed(context.seed, program.stage), at[spec.id]),
        );
      if (!(await runRound(context, round, streams, progress)))
        return { kind: 'stopped', step: progress.step };
    } finally {
      for (const stream of streams.values()) await stream.close();
    }
  }
  // A stage may have nothing to do here: later ones start from it all the same.
  if (steps === 0) await progress.save();
  return { kind: 'finished', step: steps, best: progress.best };
}

/** Examples of a step of a round, over all its batches. */
const rowsOf = ({ entry }: Round): number => entry.batches.reduce((n, b) => n + b.size, 0);

/** Where the loop stands; `save` writes it down. */
interface Progress {
  step: number;
  data: Readonly<Record<string, unknown>>;
  best: BestSoFar | undefined;
  saved: number;
  readonly steps: number;
  readonly save: () => Promise<void>;
  readonly saveBest: () => Promise<void>;
}

function startProgress(context: LoopContext, from: StageState, steps: number): Progress {
  const { session, held, program, folder, onEvent } = context;
  const { step, data, best, carried } = from;
  const write = (which: 'last' | 'best'): Promise<void> => {
    const { step, data, best } = progress;
    return saveState(which, session, context, held, { step, data, best, carried });
  };
  const progress: Progress = {
    step,
    data,
    best,
    saved: step,
    steps,
    save: async () => {
      await write('last');
      progress.saved = progress.step;
      onEvent({ kind: 'checkpoint', stage: program.stage, step: progress.step, path: folder.last });
    },
    saveBest: () => write('best'),
  };
  return progress;
}

/** Goes on to the end of a round; false where the signal came before it, with all saved. */
async function runRound(
  context: LoopContext,
  round: Round,
  streams: ReadonlyMap<string, BatchStream>,
  progress: Progress,
): Promise<boolean> {
  const { program, signal, onEvent } = context;
  const { steps } = progress;
  let coming = nextBatches(streams);
  let clock = performance.now();
  let rowsSince = 0;
  for (let step = progress.step + 1; step <= round.to; step += 1) {
    if (signal?.aborted === true) {
      if (progress.saved < progress.step) await progress.save();
      return false;
    }
    const batches = await coming;
    if (step < round.to) coming = nextBatches(streams);
    const done = await oneStep(context, round, step, batches);
    progress.step = step;
    progress.data = Object.fromEntries(batches.map(([id, batch]) => [id, batch.after]));
    rowsSince += batches.reduce((n, [, batch]) => n + batch.rows, 0);
    if (step % context.logEvery === 0 || step === round.to || step === round.from + 1) {
      const now = performance.now();
      const rate = rowsSince / Math.max(1e-9, (now - clock) / 1000);
      clock = now;
      rowsSince = 0;
      const samplesPerSecond = Number(rate.toPrecision(4));
      const { kind, ...numbers } = done;
      context.metrics.append({ step, ...numbers, samples_per_second: samplesPerSecond });
      onEvent(
        done.kind === 'fit'
          ? { ...done, stage: program.stage, step, steps, samplesPerSecond }
          : { ...done, kind: 'step', stage: program.stage, step, steps, samplesPerSecond },
      );
    }
    const paused = performance.now();
    const better = await evaluateDue(context, step, progress.best);
    if (better !== undefined) {
      progress.best = better;
      await progress.saveBest();
    }
    if ((step % context.checkpointEvery === 0 || step === steps) && progress.saved < step)
      await progress.save();
    clock += performance.now() - paused;
  }
  return true;
}

/** Runs what is due at this step; the first recurring measure decides which weights are the best. */
async function evaluateDue(
  context: LoopContext,
  step: number,
  best: BestSoFar | undefined,
): Promise<BestSoFar | undefined> {
  let better: BestSoFar | undefined;
  for (const [i, { measure, every, entry }] of context.recurring.entries()) {
    if (step % every !== 0 && step !== stepsOf(context.program)) continue;
    const { session, data } = context;
    const seed = drawSeed(context.seed, context.program.stage);
    const measured = await runMeasure({ session, entry, measure, data, seed });
    context.metrics.append({ step, split: measured.split, ...Object.fromEntries(measured.metrics) });
    context.onEvent({ kind: 'evaluated', stage: context.program.stage, step, measured });
    if (i === 0) better = improvement(measure, measured, step, best);
  }
  return better;
}

function improvement(
  measure: MeasureSpec,
  measured: Measured,
  step: number,
  best: BestSoFar | undefined,
): BestSoFar | undefined {
  const metric = leadingMetric(measure);
  const value = measured.metrics.get(metric);
  if (value === undefined || Number.isNaN(value)) return undefined;
  const isBetter = best === undefined || (higherIsBetter(measure) ? value > best.value : value < best.value);
  return isBetter ? { metric: `${measured.split} ${metric}`, value, step } : undefined;
}
