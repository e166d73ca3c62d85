// A spec run end to end on made-up data: compiled for an engine, fed with batches of the types that it declares, and
// trained for some steps.

import type { Engine } from '../../src/backends/engine.ts';
import { type RandomStream, randomStream } from '../../src/base/random.ts';
import { ends, specialTokens } from '../../src/base/special-tokens.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { elements } from '../../src/base/tensor.ts';
import type {
  BatchSpec,
  Entry,
  FieldFeed,
  FieldSpec,
  FitProgram,
  StageProgram,
} from '../../src/compiler/program.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { feedsOf } from '../../src/train/feeds.ts';
import { heldBy } from '../../src/train/held.ts';
import { initialTensors } from '../../src/train/initialize.ts';
import { drawSeed, fitScalars, scalarFeeds, trainScalars } from '../../src/train/schedule.ts';
import { minimizing } from '../minimizing.ts';

/** Every feed of a batch, of the types that its fields have. Texts are framed as a tokenizer frames them and end
 * early, some of them after one token. */
export function madeUp(spec: BatchSpec, seed: number): Map<string, HostTensor> {
  const feeds = new Map<string, HostTensor>();
  for (const field of spec.fields) {
    const stream = randomStream(seed, field.name);
    const along = 'along' in field.type ? randomStream(seed, field.type.along) : stream;
    for (const feed of field.feeds) feeds.set(feed.feed, filled(field, feed, stream, along));
  }
  const rows = new Uint8Array(spec.size).fill(1);
  feeds.set(spec.keepFeed, { dtype: 'bool', shape: [spec.size], data: rows });
  return feeds;
}

function filled(
  { type }: FieldSpec,
  { component, dtype, shape }: FieldFeed,
  stream: RandomStream,
  along: RandomStream,
): HostTensor {
  const places = Array.from({ length: elements(shape) }, (_, i) => i);
  const many = type.kind === 'modality' ? type.many : undefined;
  const length = (many === undefined ? shape[1] : shape[2]) ?? 1;
  /** Of several texts in a row one at least is there. */
  const there = (text: number): boolean =>
    many === undefined || text % many <= stream.below(3_000_000 + Math.floor(text / many), many);
  // What goes along another field ends where that one does.
  const kept = (row: number, length: number): number =>
    there(row) ? 1 + along.below(1_000_000 + row, length) : 0;
  // Not every token begins a word.
  const isThere = (row: number, place: number): boolean =>
    place < kept(row, length) &&
    (type.kind === 'modality' || place === 0 || stream.below(2_000_000 + row * length + place, 3) > 0);
  const below = (n: number, i: number): number => stream.below(i, n);
  switch (component) {
    case 'pixels':
      return { dtype, shape, data: Float32Array.from(places, i => 2 * stream.uniform(i) - 1) };
    case 'samples':
    case 'features':
    case 'value':
      return { dtype, shape, data: Float32Array.from(places, i => stream.normal(i)) };
    case 'starts':
      return {
        dtype,
        shape,
        data: Uint8Array.from(places, i => (i % length === 0 || stream.below(3_000_000 + i, 3) > 0 ? 1 : 0)),
      };
    case 'keep':
      return {
        dtype,
        shape,
        data: Uint8Array.from(places, i => (isThere(Math.floor(i / length), i % length) ? 1 : 0)),
      };
    case 'index': {
      const data =
        type.kind === 'place'
          ? places.map(row => below(kept(row, type.length), row))
          : places.map(i => below('size' in type ? type.size : 1, i));
      return { dtype, shape, data: Int32Array.from(data) };
    }
    case 'ids': {
      if (type.kind !== 'modality' || type.modality.kind !== 'text') throw new Error(`ids of ${type.kind}`);
      const { tokenizer } = type.modality;
      const special = specialTokens(tokenizer);
      const { begin, end, begins } = ends(special);
      const id = (i: number): number => {
        const [row, at] = [Math.floor(i / length), i % length];
        if (at === kept(row, length) - 1) return end;
        if (at === 0 && begins) return begin;
        return at < kept(row, length) ? special.length + below(tokenizer.vocabulary - special.length, i) : 0;
      };
      return { dtype, shape, data: Int32Array.from(places, id) };
    }
    default:
      return component satisfies never;
  }
}

export interface Trained {
  readonly losses: readonly number[];
  /** Weights and states after the last step, by path. */
  readonly after: ReadonlyMap<string, HostTensor>;
  readonly before: ReadonlyMap<string, HostTensor>;
}

/** What step 1 of training on batch 1 gives to a graph of the stage: data, scalars and weights. */
export function start(program: StageProgram, graph: Graph): Map<string, HostTensor> {
  const { train: entry, optimizer, steps, stage, weights } = minimizing(program);
  const read = new Set(graph.inputs.map(i => i.name));
  const scalars = scalarFeeds(entry, trainScalars(optimizer, 1, steps, drawSeed(1, stage)));
  const all = [...entry.batches.flatMap(b => [...madeUp(b, 1)]), ...scalars, ...initialTensors(weights, 1)];
  return new Map(all.filter(([name]) => read.has(name)));
}

export interface TrainOptions {
  /** Weights that don't start afresh. */
  readonly from?: ReadonlyMap<string, HostTensor>;
  /** In place of the spec's schedule. */
  readonly rate?: number;
  /** Ends the training early, given the first loss and the last one. */
  readonly until?: (first: number, loss: number) => boolean;
}

/** What the entries of a stage start from: weights and states of before, else fresh ones, and moments of 0. */
function startOf(
  { weights }: StageProgram,
  entries: readonly Entry[],
  from: ReadonlyMap<string, HostTensor> | undefined,
) {
  // A copy starts from what it follows.
  const original = (path: string): HostTensor | undefined =>
    from?.get(weights.find(w => w.path === path)?.follows?.path ?? '');
  const starts = new Map(
    [...initialTensors(weights, 1)].map(([path, fresh]) => [
      path,
      from?.get(path) ?? original(path) ?? fresh,
    ]),
  );
  const held = new Map(
    heldBy(entries).map(({ name, role, shape }): [string, HostTensor] => [
      name,
      role === 'moment'
        ? { dtype: 'f32', shape, data: new Float32Array(elements(shape)) }
        : starts.get(name)!,
    ]),
  );
  return { starts, held };
}

/** Weights and states that a session holds, by path. */
const ownedBy = (held: ReadonlyMap<string, HostTensor>): readonly string[] =>
  [...held.keys()].filter(name => !name.includes('#'));

/** Trains on batch number `batchOf(step)` for so many steps. */
export async function train(
  engine: Engine,
  trained: StageProgram,
  steps: number,
  batchOf: (step: number) => number,
  { from, rate, until }: TrainOptions = {},
): Promise<Trained> {
  const program = minimizing(trained);
  const { train: entry, optimizer, stage } = program;
  const session = await engine.open(new Map([['train', entry.plan]]), { threads: 1 });
  const { starts, held } = startOf(program, [entry], from);
  try {
    await session.write(held);
    const losses: number[] = [];
    for (let step = 1; step <= steps; step += 1) {
      const batches = entry.batches.flatMap(b => [...madeUp(b, batchOf(step))]);
      const planned = trainScalars(optimizer, step, program.steps, drawSeed(1, stage));
      const scalars = scalarFeeds(entry, rate === undefined ? planned : { ...planned, rate });
      const fetched = await session.run('train', feedsOf(entry, [...batches, ...scalars]));
      const loss = fetched.get('loss')!.data[0]!;
      losses.push(loss);
      if (until?.(losses[0]!, loss)) break;
    }
    return { losses, before: starts, after: await session.read(ownedBy(held)) };
  } finally {
    await session.close();
  }
}

/** Runs each fit of a stage for so many steps on one batch; the losses are how far the states moved. */
export async function runFits(
  engine: Engine,
  program: FitProgram,
  steps: number,
  { from }: Pick<TrainOptions, 'from'> = {},
): Promise<Trained> {
  const entries = program.fits.map(f => f.entry);
  const session = await engine.open(new Map(entries.map(e => [e.name, e.plan])), { threads: 1 });
  const { starts, held } = startOf(program, entries, from);
  try {
    await session.write(held);
    const losses: number[] = [];
    for (const entry of entries) {
      const batches = entry.batches.flatMap(b => [...madeUp(b, 1)]);
      for (let step = 1; step <= steps; step += 1) {
        const scalars = scalarFeeds(entry, fitScalars(step, drawSeed(1, program.stage)));
        const fetched = await session.run(entry.name, feedsOf(entry, [...batches, ...scalars]));
        losses.push(fetched.get('change')!.data[0]!);
      }
    }
    return { losses, before: starts, after: await session.read(ownedBy(held)) };
  } finally {
    await session.close();
  }
}
