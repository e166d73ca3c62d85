// A spec compiled for an engine and stepped on hand-made batches.

import type { Engine, Session } from '../../../src/backends/engine.ts';
import { createReferenceEngine } from '../../../src/backends/reference/engine.ts';
import { randomStream } from '../../../src/base/random.ts';
import type { HostTensor } from '../../../src/base/tensor.ts';
import { elements } from '../../../src/base/tensor.ts';
import { type Compilation, compile } from '../../../src/compile.ts';
import type { BatchSpec, Entry, FieldFeed, FieldSpec, StageProgram } from '../../../src/compiler/program.ts';
import { feedsOf } from '../../../src/train/feeds.ts';
import { initialTensors } from '../../../src/train/initialize.ts';
import { scalarFeeds, trainScalars } from '../../../src/train/schedule.ts';
import { minimizing } from '../../minimizing.ts';
import { checkSpec } from './check-spec.ts';

export const reference = (): Engine => createReferenceEngine({ precision: 'f32' });

/** The only model of a spec without errors. */
export function compiled(spec: string, variant?: string): Compilation {
  const { library, models, rendered, diagnostics } = checkSpec(spec);
  const model = models.find(m => m.variant === variant);
  if (library === undefined || model === undefined) throw new Error(`no model in this spec:\n${rendered}`);
  return compile(library, model, diagnostics);
}

export interface BatchOptions {
  /** Rows are different for each seed. */
  readonly seed?: number;
  /** What dropped positions of tokens, recordings and videos hold. */
  readonly dropped?: number;
  /** How many rows are real; all if absent. */
  readonly rows?: number;
}

/** Feeds of a batch: texts of two to all words, everything else at random. */
export function batchFeeds(spec: BatchSpec, options: BatchOptions = {}): Map<string, HostTensor> {
  const { seed = 1, rows = spec.size } = options;
  const feeds = new Map<string, HostTensor>();
  const keep = Uint8Array.from({ length: spec.size }, (_, row) => Number(row < rows));
  feeds.set(spec.keepFeed, { dtype: 'bool', shape: [spec.size], data: keep });
  for (const field of spec.fields)
    for (const feed of field.feeds)
      feeds.set(feed.feed, fieldTensor(field, feed, seed, options.dropped ?? 0));
  return feeds;
}

function fieldTensor(field: FieldSpec, feed: FieldFeed, seed: number, dropped: number): HostTensor {
  const { dtype, shape, component } = feed;
  const random = randomStream(seed, field.name, component);
  const lengths = randomStream(seed, field.name, 'length');
  const size = elements(shape);
  const most = shape[1] ?? 1;
  const isKept = (i: number): boolean => i % most < 2 + lengths.below(Math.floor(i / most), most - 1);
  switch (component) {
    case 'keep':
      return { dtype, shape, data: Uint8Array.from({ length: size }, (_, i) => Number(isKept(i))) };
    case 'ids': {
      const words =
        field.type.kind === 'modality' && field.type.modality.kind === 'text'
          ? field.type.modality.tokenizer.vocabulary
          : 1;
      const data = Int32Array.from({ length: size }, (_, i) =>
        isKept(i) ? random.below(i, words) : dropped,
      );
      return { dtype, shape, data };
    }
    case 'starts':
      return { dtype, shape, data: Uint8Array.from({ length: size }, (_, i) => Number(i % 2 === 0)) };
    case 'index': {
      const classes = field.type.kind === 'labels' ? field.type.size : 1;
      return { dtype, shape, data: Int32Array.from({ length: size }, (_, i) => random.below(i, classes)) };
    }
    case 'pixels':
    case 'samples':
    case 'features':
    case 'value': {
      const padded = field.feeds.some(f => f.component === 'keep');
      const each = size / ((shape[0] ?? 1) * most);
      const data = Float32Array.from({ length: size }, (_, i) =>
        padded && !isKept(Math.floor(i / each)) ? dropped : 2 * random.uniform(i) - 1,
      );
      return { dtype, shape, data };
    }
    default:
      return component satisfies never;
  }
}

export interface Steps {
  readonly losses: readonly number[];
  readonly fetches: readonly ReadonlyMap<string, HostTensor>[];
  /** Weights and states after the last step, by path. */
  readonly weights: ReadonlyMap<string, HostTensor>;
  readonly before: ReadonlyMap<string, HostTensor>;
}

export interface StepOptions extends BatchOptions {
  readonly steps?: number;
  readonly runSeed?: number;
  /** Feeds instead of hand-made ones. */
  readonly feeds?: ReadonlyMap<string, HostTensor>;
}

/** Steps of a stage's train entry from fresh weights, all on the same batches. */
export async function takeSteps(
  stage: StageProgram,
  engine: Engine,
  options: StepOptions = {},
): Promise<Steps> {
  const { steps = 1, runSeed = 7 } = options;
  const program = minimizing(stage);
  const entry = program.train;
  const session = await engine.open(new Map([['train', entry.plan]]), { threads: 1 });
  try {
    const before = initialTensors(program.weights, 3);
    await session.write(held(entry, before));
    const given = options.feeds ?? new Map(entry.batches.flatMap(b => [...batchFeeds(b, options)]));
    const fetches: ReadonlyMap<string, HostTensor>[] = [];
    for (let step = 1; step <= steps; step++) {
      const scalars = scalarFeeds(entry, trainScalars(program.optimizer, step, program.steps, runSeed));
      fetches.push(await session.run('train', feedsOf(entry, [...given, ...scalars])));
    }
    const losses = fetches.map(f => f.get('loss')?.data[0] ?? Number.NaN);
    return { losses, fetches, before, weights: await readWeights(session, entry) };
  } finally {
    await session.close();
  }
}

function held(entry: Entry, weights: ReadonlyMap<string, HostTensor>): Map<string, HostTensor> {
  const tensors = new Map<string, HostTensor>();
  for (const { id, name, role } of entry.plan.graph.inputs) {
    const { dtype, shape } = entry.plan.graph.types[id] as { dtype: 'f32'; shape: readonly number[] };
    const weight = weights.get(name);
    if ((role === 'weight' || role === 'state') && weight !== undefined) tensors.set(name, weight);
    if (role === 'moment') tensors.set(name, { dtype, shape, data: new Float32Array(elements(shape)) });
  }
  return tensors;
}

async function readWeights(session: Session, entry: Entry): Promise<ReadonlyMap<string, HostTensor>> {
  return session.read(
    entry.plan.graph.inputs.filter(i => i.role === 'weight' || i.role === 'state').map(i => i.name),
  );
}

/** The bits of a tensor's numbers. */
export const bitsOf = (tensor: HostTensor | undefined): readonly number[] => {
  const { buffer, byteOffset, byteLength } = tensor?.data ?? new Float32Array(0);
  return [...new Uint8Array(buffer, byteOffset, byteLength)];
};
