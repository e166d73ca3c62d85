// One stage trained step by step, with its measures and exports on the same weights: what a page does in the place of
// the loop that writes run folders (src/train/train-stage.ts).

import type { Engine, Session } from '../backends/engine.ts';
import type { Diagnostic } from '../base/diagnostic.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { Compilation } from '../compile.ts';
import type { BatchSpec, Entry, ExportProgram, MinimizeProgram } from '../compiler/program.ts';
import { feedsOf } from '../train/feeds.ts';
import { guarded } from '../train/guarded-engine.ts';
import { type Held, heldBy } from '../train/held.ts';
import { allocate } from '../train/host-tensor.ts';
import { initialTensor } from '../train/initialize.ts';
import { roundsOf } from '../train/rounds.ts';
import { drawSeed, evaluationScalars, scalarFeeds } from '../train/schedule.ts';
import { oneStep } from '../train/step.ts';
import { createTally } from '../train/told.ts';
import { type MeasuredStage, measured } from './measured.ts';

export type { MeasuredStage } from './measured.ts';

/** A batch that the page has made. */
export interface PageBatch {
  /** Every feed of the batch's spec, the keep feed too. */
  readonly feeds: ReadonlyMap<string, HostTensor>;
  /** How many of its rows are real; they come first. */
  readonly rows: number;
}

/** An export with so many rows of each of its parameters. */
export interface Asked {
  readonly name: string;
  readonly rows: number;
}

export interface TrainerOptions {
  readonly engine: Engine;
  /** The run's: weights and draws depend on it. */
  readonly seed?: number;
  /** The exports that will be asked. */
  readonly asked?: readonly Asked[];
  /** What the training has to tell beside its numbers: rows that the loss leaves out. */
  readonly onNote?: (note: Diagnostic) => void;
}

export interface Trainer {
  readonly program: MinimizeProgram;
  /** By name, each with the batches that it is asked on. */
  readonly exports: ReadonlyMap<string, ExportProgram>;
  /** Steps done. */
  readonly done: number;
  /** The next step, on a batch for each of `program.train.batches`; gives its loss. Throws an Error with `diagnostics` where a number isn't finite or the engine fails. */
  readonly step: (batches: readonly PageBatch[]) => Promise<number>;
  /** The measures of the stage that fold single rows, each over the batches that `sweep` makes of its data. */
  readonly measure: (sweep: (spec: BatchSpec) => Iterable<PageBatch>) => Promise<readonly MeasuredStage[]>;
  /** What an export gives, by the names of its fetches. */
  readonly ask: (name: string, batches: readonly PageBatch[]) => Promise<ReadonlyMap<string, HostTensor>>;
  readonly close: () => Promise<void>;
}

/** What WebAssembly can address; graphics memory can't be asked for. */
const room = 4 * 2 ** 30;

/** Opens a stage that minimizes at its beginning. Throws an Error, with `diagnostics` where the engine can't run it. */
export async function openTrainer(
  compilation: Compilation,
  stage: string,
  { engine, seed = 1, asked = [], onNote = () => undefined }: TrainerOptions,
): Promise<Trainer> {
  const program = compilation.stage(stage, engine.target);
  if (program.kind !== 'minimize') throw new Error(`the stage ${stage} fits, and a page trains by gradients`);
  if (program.from !== undefined)
    throw new Error(`the stage ${stage} starts from ${program.from}, and a page trains one stage alone`);
  const { train } = program;
  const measures = program.measures
    .filter(m => m.sides.every(side => side === ''))
    .map((measure, i) => ({ measure, entry: `measure ${i}` }));
  const exports = new Map(asked.map(a => [a.name, exportOf(compilation, engine, a)] as const));
  const entries = new Map<string, Entry>([
    ['train', train],
    ...measures.map(({ measure, entry }): [string, Entry] => [entry, measure.entry]),
    ...[...exports].map(([name, { entry }]): [string, Entry] => [`export ${name}`, entry]),
  ]);
  const plans = new Map([...entries].map(([name, { plan }]) => [name, plan] as const));
  const session = await guarded(engine, () => room).open(plans, {});
  const start = startOf([...entries.values()], program, [...exports.values()], seed);
  await session.write(start);
  const [round] = roundsOf({ ...program, train: { ...train, name: 'train' } });
  if (round === undefined) throw new Error(`the stage ${stage} has no steps`);
  const tally = createTally(program, e => {
    if (e.kind === 'note') onNote(e.diagnostic);
  });
  const scalars = evaluationScalars(drawSeed(seed, stage));
  const run = (name: string, batches: readonly PageBatch[]) =>
    evaluate(session, name, entries, batches, scalars);
  let done = 0;
  return {
    program,
    exports,
    get done() {
      return done;
    },
    step: async batches => {
      const named = batches.map(
        (batch, i) => [train.batches[i]?.id ?? '', { ...batch, ids: [], after: undefined }] as const,
      );
      const context = { program, session, seed, tally, lastHeld: () => start };
      const numbers = await oneStep(context, round, done + 1, named);
      done += 1;
      return numbers.kind === 'minimize' ? numbers.loss : Number.NaN;
    },
    measure: async sweep => {
      const all: MeasuredStage[] = [];
      for (const { measure, entry } of measures)
        all.push(await measured(measure, sweep, batch => run(entry, [batch])));
      return all;
    },
    ask: (name, batches) => run(`export ${name}`, batches),
    close: () => session.close(),
  };
}

const exportOf = (compilation: Compilation, { target }: Engine, { name, rows }: Asked): ExportProgram => {
  const { params } = compilation.export(name, target, new Map());
  return compilation.export(name, target, new Map(params.map(p => [p.name, rows])));
};

async function evaluate(
  session: Session,
  name: string,
  entries: ReadonlyMap<string, Entry>,
  batches: readonly PageBatch[],
  scalars: ReturnType<typeof evaluationScalars>,
): Promise<ReadonlyMap<string, HostTensor>> {
  const entry = entries.get(name);
  if (entry === undefined) throw new Error(`the trainer was not opened with ${name}`);
  const feeds = batches.flatMap(b => [...b.feeds]);
  return session.run(name, feedsOf(entry, [...feeds, ...scalarFeeds(entry, scalars)]));
}

/** Fresh weights and states, and moments of 0. */
function startOf(
  entries: readonly Entry[],
  program: MinimizeProgram,
  exports: readonly ExportProgram[],
  seed: number,
): ReadonlyMap<string, HostTensor> {
  const specs = new Map([program, ...exports].flatMap(p => p.weights).map(w => [w.path, w]));
  const first = ({ name, role, dtype, shape }: Held): HostTensor => {
    if (role === 'moment') return allocate(dtype, shape);
    const spec = specs.get(name);
    if (spec === undefined) throw new Error(`stage ${program.stage} says nothing of the weight ${name}`);
    return initialTensor(spec, seed);
  };
  return new Map(heldBy(entries).map(held => [held.name, first(held)] as const));
}
