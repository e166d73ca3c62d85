// The train step of specs/emoji.mm on made-up drawings and captions.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../src/backends/engine.ts';
import { type RandomStream, randomStream } from '../src/base/random.ts';
import type { HostTensor } from '../src/base/tensor.ts';
import { elements } from '../src/base/tensor.ts';
import { check, compile } from '../src/compile.ts';
import { graphCost } from '../src/compiler/cost.ts';
import type { FieldFeed, Initializer, MinimizeProgram } from '../src/compiler/program.ts';
import { ops } from '../src/ops/registry.ts';
import { heldBy, writeHeld } from '../src/train/held.ts';
import { allocate } from '../src/train/host-tensor.ts';
import type { Benchmark } from './benchmark.ts';
import { engineSide, torchAdamw } from './engine-side.ts';
import { kernelsOf } from './spec-start.ts';

const batches = 8;
const batchSize = 128;
const stage = 'align';

export const emojiBenchmark: Benchmark = {
  name: 'emoji',
  samplesPerStep: batchSize,
  twin: 'emoji',
  precision: 'f32',
  peers: ['pytorch eager f32'],
  draws: true,
  async start({ here, engine, threads, timed, memory }) {
    const text = timed ? specText(here) : withoutDropout(specText(here));
    const started = performance.now();
    const program = emojiProgram(text, engine, memory);
    const compileSeconds = (performance.now() - started) / 1000;
    const { optimizer, train } = program;
    if (optimizer.kind !== 'adamw') throw new Error('the twin in PyTorch has AdamW');
    const initial = new Map<string, HostTensor>(
      program.weights.map(({ path, shape, initializer }) => {
        const draws = randomStream(1, path);
        const data = Float32Array.from({ length: elements(shape) }, (_, i) => drawn(initializer, draws, i));
        return [path, { dtype: 'f32', shape, data }];
      }),
    );
    const opening = performance.now();
    const session = await engine.open(new Map([['train', train.plan]]), { threads });
    const engineSeconds = (performance.now() - opening) / 1000;
    await writeHeld(
      session,
      heldBy([train]),
      ({ name, dtype, shape }) => initial.get(name) ?? allocate(dtype, shape),
    );
    const data = Array.from({ length: batches }, (_, i) => batchOf(program, i));
    const ours = engineSide(session, optimizer, train.scalars, step => data[step % batches]!);
    const tensors = new Map(initial);
    for (const [i, batch] of data.entries()) {
      for (const [feed, tensor] of batch) tensors.set(`batch${i}:${feed.split(/[/.]/).at(-1)}`, tensor);
    }
    const decayed = program.weights.filter(w => w.shape.length >= 2).map(w => w.path);
    const bounded = program.weights.flatMap(w => (w.atMost === undefined ? [] : [[w.path, w.atMost]]));
    const settings = {
      adamw: torchAdamw(optimizer),
      clip: optimizer.clip ?? null,
      decayed,
      bounded,
      drop: { look: rateIn(text, rates.look), read: rateIn(text, rates.read) },
    };
    const built = {
      compileSeconds,
      engineSeconds,
      kernels: kernelsOf(engine, train),
      bytes: graphCost(train.plan.graph, ops).bytes,
      plannedBytes: train.plan.peakBytes,
    };
    return { ours, tensors, settings, built };
  },
};

const specText = (here: string): string => readFileSync(join(here, '..', 'specs', 'emoji.mm'), 'utf8');

/** Dropout in the pictures' transformer and among the words. */
const rates = { look: /(\bdrop: )(\d*\.?\d+)/g, read: /(\bdropout\(rate: )(\d*\.?\d+)/g } as const;

const rateIn = (text: string, pattern: RegExp): number => Number([...text.matchAll(pattern)][0]?.[2] ?? 0);

/** The two sides' random numbers differ: losses are compared without any. */
const withoutDropout = (text: string): string =>
  Object.values(rates).reduce((t, rate) => t.replace(rate, (_, before: string) => `${before}0`), text);

function emojiProgram(text: string, { target }: Engine, memory: number | undefined): MinimizeProgram {
  const { models, library, diagnostics } = check(text, 'specs/emoji.mm', () => undefined);
  const [model] = [...models.values()];
  if (model === undefined || library === undefined)
    throw new Error(`specs/emoji.mm: ${diagnostics.map(d => d.message).join('; ')}`);
  const program = compile(library, model).stage(stage, target, {
    measures: false,
    batch: batchSize,
    ...(memory === undefined ? {} : { memory }),
  });
  if (program.kind !== 'minimize') throw new Error(`specs/emoji.mm: ${stage} fits`);
  return program;
}

function drawn(initializer: Initializer, draws: RandomStream, i: number): number {
  switch (initializer.kind) {
    case 'constant':
      return initializer.value;
    case 'normal':
      return initializer.mean + initializer.std * draws.normal(i);
    case 'uniform':
      return initializer.low + (initializer.high - initializer.low) * draws.uniform(i);
    case 'unit':
      throw new Error('no weight of the emoji spec starts at length one');
    default:
      return initializer satisfies never;
  }
}

function batchOf(program: MinimizeProgram, index: number): ReadonlyMap<string, HostTensor> {
  const [batch] = program.train.batches;
  if (batch === undefined) throw new Error('the emoji stage has no batch');
  const feeds = batch.fields.flatMap(f => f.feeds.map(feed => [feed.feed, madeUp(feed, index)] as const));
  const keep: HostTensor = { dtype: 'bool', shape: [batch.size], data: new Uint8Array(batch.size).fill(1) };
  const all = new Map<string, HostTensor>([...feeds, [batch.keepFeed, keep]]);
  return new Map(
    program.train.plan.graph.inputs.flatMap(i => (all.has(i.name) ? [[i.name, all.get(i.name)!]] : [])),
  );
}

/** Captions are 3 … T tokens long. */
function madeUp({ component, dtype, shape }: FieldFeed, index: number): HostTensor {
  const draws = randomStream(2, component, String(index));
  const count = elements(shape);
  const length = shape[1] ?? 1;
  const lengths = randomStream(2, 'length', String(index));
  if (component === 'pixels')
    return {
      dtype,
      shape,
      data: Float32Array.from({ length: count }, (_, i) => 2 * draws.uniform(i) - 1),
    };
  if (component === 'keep')
    return {
      dtype,
      shape,
      data: Uint8Array.from({ length: count }, (_, i) =>
        i % length < 3 + lengths.below(Math.floor(i / length), length - 2) ? 1 : 0,
      ),
    };
  return { dtype, shape, data: Int32Array.from({ length: count }, (_, i) => draws.below(i, 2000)) };
}
