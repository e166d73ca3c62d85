// One step of a stage: batches in, one run of the entry, the numbers that it reports.

import type { Session } from '../backends/engine.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { StageProgram } from '../compiler/program.ts';
import { failure } from './diagnostics.ts';
import type { BatchStream, TrainingBatch } from './feeds.ts';
import { feedsOf } from './feeds.ts';
import { firstWrong } from './first-wrong.ts';
import { scalarOf } from './host-tensor.ts';
import type { Round } from './rounds.ts';
import { drawSeed, fitScalars, scalarFeeds, trainScalars } from './schedule.ts';
import type { Tally } from './told.ts';

export type NamedBatches = readonly (readonly [string, TrainingBatch])[];

/** The next batch of every stream; a failure is kept until the loop asks for it. */
export function nextBatches(streams: ReadonlyMap<string, BatchStream>): Promise<NamedBatches> {
  const batches = Promise.all([...streams].map(async ([id, stream]) => [id, await stream.next()] as const));
  // Marks it as looked after, else a failure while a step runs would end the process; `await` still throws it.
  batches.catch(() => undefined);
  return batches;
}

export type StepNumbers =
  | {
      readonly kind: 'minimize';
      readonly loss: number;
      readonly rate: number;
      /** Absent where a scaled gradient overflowed and the step was skipped. */
      readonly gradient_norm?: number;
      /** In f16: what the loss was multiplied by. */
      readonly loss_scale?: number;
      readonly [term: `loss/${string}`]: number;
    }
  | { readonly kind: 'fit'; readonly fit: string; readonly change: number };

interface StepContext {
  readonly program: StageProgram;
  readonly session: Session;
  /** Of the run. */
  readonly seed: number;
  readonly tally: Tally;
  /** What the session held at the last checkpoint, or at the start. */
  readonly lastHeld: () => ReadonlyMap<string, HostTensor>;
}

/** Runs step `step` of the stage, which is of this round. */
export async function oneStep(
  context: StepContext,
  { entry, fit }: Round,
  step: number,
  batches: NamedBatches,
): Promise<StepNumbers> {
  const { program, session } = context;
  const seed = drawSeed(context.seed, program.stage);
  const scalars =
    program.kind === 'minimize'
      ? trainScalars(program.optimizer, step, program.steps, seed)
      : fitScalars(step, seed);
  const given = batches.flatMap(([, batch]) => [...batch.feeds]);
  const feeds = feedsOf(entry, [...given, ...scalarFeeds(entry, scalars)]);
  const fetched = await session.run(entry.name, feeds);
  context.tally.add(step, fetched);
  const finite = (what: string, value: number): number => {
    if (Number.isFinite(value)) return value;
    const wrong = firstWrong(entry, feeds, context.lastHeld);
    throw failure('loss-not-finite', {
      stage: program.stage,
      step,
      what,
      value: Number.isNaN(value) ? 'not a number' : 'infinite',
      first: wrong?.words,
      inData: wrong?.inData ?? false,
    });
  };
  const number = (name: string, what: string): number => finite(what, scalarOf(fetched.get(name), name));
  if (fit !== undefined)
    return { kind: 'fit', fit: fit.part, change: number('change', 'change of the states') };
  const loss = number('loss', 'loss');
  const scale = entry.fetches.includes('loss_scale')
    ? scalarOf(fetched.get('loss_scale'), 'loss_scale')
    : undefined;
  const norm = scalarOf(fetched.get('gradient_norm'), 'gradient_norm');
  // A scaled gradient may overflow: then the step was skipped, and the next scale is smaller. Below 1 it isn't the scale.
  const isSkipped = !Number.isFinite(norm) && scale !== undefined && scale >= 1;
  if (!isSkipped) finite('norm of the gradient', norm);
  const terms = entry.fetches
    .filter(name => name.startsWith('loss/'))
    .map(name => [name, scalarOf(fetched.get(name), name)]);
  return {
    kind: 'minimize',
    loss,
    ...Object.fromEntries(terms),
    rate: scalars.rate,
    ...(isSkipped ? {} : { gradient_norm: norm }),
    ...(scale === undefined ? {} : { loss_scale: scale }),
  };
}
