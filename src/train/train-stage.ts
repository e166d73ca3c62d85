// The loop of one stage: batches in, steps on the engine, a line of metrics now and then, evaluations, checkpoints.
// It doesn't know its engine nor where batches come from, and what it reports goes out as typed events.

import type { Engine, Session } from '../backends/engine.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { Plan } from '../compiler/plan.ts';
import type { MeasureSpec, StageProgram } from '../compiler/program.ts';
import type { BestSoFar } from './checkpoint.ts';
import { failure } from './diagnostics.ts';
import type { TrainEvent } from './events.ts';
import type { BatchStream, DataSource, TrainingBatch } from './feeds.ts';
import { feedsOf } from './feeds.ts';
import { scalarOf } from './host-tensor.ts';
import type { Measured } from './measure.ts';
import { higherIsBetter, leadingMetric, runMeasure } from './measure.ts';
import type { MetricsFile } from './metrics-file.ts';
import { openMetrics } from './metrics-file.ts';
import type { StageFolder } from './run-folder.ts';
import { makeFolder } from './run-folder.ts';
import { drawSeed, scalarFeeds, trainScalars } from './schedule.ts';
import type { Held, StageState } from './stage-state.ts';
import { heldBy, openState, saveState } from './stage-state.ts';

export interface StageOptions {
  readonly program: StageProgram;
  readonly engine: Engine;
  readonly data: DataSource;
  readonly folder: StageFolder;
  readonly seed: number;
  readonly fingerprint: string;
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
  const entries = new Map<string, Plan>([
    ['train', program.train.plan],
    ...recurring.map(({ measure, entry }): [string, Plan] => [entry, measure.entry.plan]),
  ]);
  const session = await engine.open(
    entries,
    options.threads === undefined ? {} : { threads: options.threads },
  );
  const held = heldBy([program.train, ...recurring.map(r => r.measure.entry)]);
  const streams = new Map<string, BatchStream>();
  try {
    const state = openState(options, held);
    await session.write(state.held);
    for (const spec of program.train.batches)
      streams.set(
        spec.id,
        await options.data.stream(spec, drawSeed(options.seed, program.stage), state.data[spec.id]),
      );
    const metrics = openMetrics(folder.metrics, state.step);
    try {
      return await loop({ ...options, session, streams, recurring, metrics, held }, state);
    } finally {
      metrics.close();
    }
  } finally {
    for (const stream of streams.values()) await stream.close();
    await session.close();
  }
}

interface LoopContext extends StageOptions {
  readonly session: Session;
  readonly streams: ReadonlyMap<string, BatchStream>;
  readonly recurring: readonly {
    readonly measure: MeasureSpec;
    readonly every: number;
    readonly entry: string;
  }[];
  readonly metrics: MetricsFile;
  readonly held: readonly Held[];
}

async function loop(context: LoopContext, from: StageState): Promise<StageOutcome> {
  const { program, signal, onEvent, session, held } = context;
  const { steps } = program;
  const { carried, step: startStep } = from;
  let { best, data } = from;
  let saved = startStep;
  const batchRows = program.train.batches.reduce((n, b) => n + b.size, 0);
  onEvent({ kind: 'stage', stage: program.stage, step: startStep, steps, rows: batchRows });
  let coming = startStep < steps ? nextBatches(context.streams) : undefined;
  const save = async (step: number): Promise<void> => {
    await saveState('last', session, context, held, { step, data, best, carried });
    saved = step;
    onEvent({ kind: 'checkpoint', stage: program.stage, step, path: context.folder.last });
  };
  let clock = performance.now();
  let rowsSince = 0;
  for (let step = startStep + 1; step <= steps; step += 1) {
    if (signal?.aborted === true) {
      if (saved < step - 1) await save(step - 1);
      return { kind: 'stopped', step: step - 1 };
    }
    const batches = await (coming ?? nextBatches(context.streams));
    coming = step < steps ? nextBatches(context.streams) : undefined;
    const done = await oneStep(context, step, batches);
    data = Object.fromEntries(batches.map(([id, batch]) => [id, batch.after]));
    rowsSince += batches.reduce((n, [, batch]) => n + batch.rows, 0);
    if (step % context.logEvery === 0 || step === steps || step === 1) {
      const now = performance.now();
      const rate = rowsSince / Math.max(1e-9, (now - clock) / 1000);
      clock = now;
      rowsSince = 0;
      const samplesPerSecond = Number(rate.toPrecision(4));
      context.metrics.append({ step, ...done, samples_per_second: samplesPerSecond });
      onEvent({ kind: 'step', stage: program.stage, step, steps, ...done, samplesPerSecond });
    }
    const paused = performance.now();
    const better = await evaluateDue(context, step, best);
    if (better !== undefined) {
      best = better;
      await saveState('best', session, context, held, { step, data, best, carried });
    }
    if ((step % context.checkpointEvery === 0 || step === steps) && saved < step) await save(step);
    clock += performance.now() - paused;
  }
  return { kind: 'finished', step: steps, best };
}

type NamedBatches = readonly (readonly [string, TrainingBatch])[];

/** The next batch of every stream; a failure is kept until the loop asks for it. */
function nextBatches(streams: ReadonlyMap<string, BatchStream>): Promise<NamedBatches> {
  const batches = Promise.all([...streams].map(async ([id, stream]) => [id, await stream.next()] as const));
  // Marks it as looked after, else a failure while a step runs would end the process; `await` still throws it.
  batches.catch(() => undefined);
  return batches;
}

interface StepNumbers {
  readonly loss: number;
  readonly rate: number;
  readonly gradient_norm: number;
  readonly [term: `loss/${string}`]: number;
}

async function oneStep(context: LoopContext, step: number, batches: NamedBatches): Promise<StepNumbers> {
  const { program, session } = context;
  const seed = drawSeed(context.seed, program.stage);
  const scalars = trainScalars(program.optimizer, step, program.steps, seed);
  const given = batches.flatMap(([, batch]) => [...batch.feeds]);
  const feeds = feedsOf(program.train, [...given, ...scalarFeeds(program.train, scalars)]);
  const fetched = await session.run('train', feeds);
  const loss = finite(context, step, 'loss', scalarOf(fetched.get('loss'), 'loss'));
  const norm = finite(
    context,
    step,
    'norm of the gradient',
    scalarOf(fetched.get('gradient_norm'), 'gradient_norm'),
  );
  const terms = program.train.fetches
    .filter(name => name.startsWith('loss/'))
    .map(name => [name, scalarOf(fetched.get(name), name)]);
  return { loss, ...Object.fromEntries(terms), rate: scalars.rate, gradient_norm: norm };
}

function finite(context: LoopContext, step: number, what: string, value: number): number {
  if (Number.isFinite(value)) return value;
  const shown = Number.isNaN(value) ? 'not a number' : 'infinite';
  throw failure('loss-not-finite', { stage: context.program.stage, step, what, value: shown });
}

/** Runs what is due at this step; the first recurring measure decides which weights are the best. */
async function evaluateDue(
  context: LoopContext,
  step: number,
  best: BestSoFar | undefined,
): Promise<BestSoFar | undefined> {
  let better: BestSoFar | undefined;
  for (const [i, { measure, every, entry }] of context.recurring.entries()) {
    if (step % every !== 0 && step !== context.program.steps) continue;
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
