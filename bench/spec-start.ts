// A stage's step or an export of a spec as a benchmark's start: compiled, opened, its weights and made-up batches given
// to the twin.

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Engine } from '../src/backends/engine.ts';
import type { HostTensor } from '../src/base/tensor.ts';
import { check, compile } from '../src/compile.ts';
import { graphCost } from '../src/compiler/cost.ts';
import { kernelCount } from '../src/compiler/kernels.ts';
import type { Entry, OptimizerSpec, WeightSpec } from '../src/compiler/program.ts';
import { ops } from '../src/ops/registry.ts';
import { feedsOf } from '../src/train/feeds.ts';
import { heldBy, writeHeld } from '../src/train/held.ts';
import { allocate } from '../src/train/host-tensor.ts';
import { initialTensors } from '../src/train/initialize.ts';
import { madeUpBatch } from '../src/train/made-up.ts';
import { evaluationScalars, scalarFeeds, trainScalars } from '../src/train/schedule.ts';
import type { Benchmark, Built, Start, Steps } from './benchmark.ts';

const batches = 8;

export interface SpecChoice {
  /** A file from the repository's root with something replaced and more lines behind it, or a text. */
  readonly spec:
    | { readonly file: string; readonly and?: string; readonly replace?: readonly [string, string] }
    | { readonly text: string };
  readonly variant?: string;
  readonly run:
    | { readonly stage: string; readonly batch: number; readonly rate: number }
    | { readonly export: string; readonly parameter: string; readonly batch: number };
  /** Weights that start at another number than the spec says, by the ends of their paths. */
  readonly starts?: Readonly<Record<string, number>>;
  /** Told to the twin besides. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

interface Compiled {
  readonly entry: Entry;
  readonly weights: readonly WeightSpec[];
  readonly optimizer: OptimizerSpec | undefined;
  readonly trained: readonly string[];
  readonly seconds: number;
}

export async function startSpec(
  choice: SpecChoice,
  { here, engine, threads, memory }: Parameters<Benchmark['start']>[0],
): Promise<Start> {
  const { entry, weights, optimizer, trained, seconds } = compiled(choice, here, engine, memory);
  const initial = startingAt(initialTensors(weights, 1), choice.starts ?? {});
  const data = Array.from({ length: batches }, (_, i) =>
    feedsOf(
      entry,
      entry.batches.flatMap(batch => [...madeUpBatch(batch, i)]),
    ),
  );
  const tensors = new Map<string, HostTensor>();
  for (const { path, kind } of weights) tensors.set(`${kind}:${path}`, initial.get(path)!);
  for (const [i, feeds] of data.entries())
    for (const [feed, tensor] of feeds) tensors.set(`batch${i}:${feed}`, tensor);

  const opening = performance.now();
  const session = await engine.open(new Map([[entry.name, entry.plan]]), { threads });
  const engineSeconds = (performance.now() - opening) / 1000;
  await writeHeld(
    session,
    heldBy([entry]),
    ({ name, dtype, shape }) => initial.get(name) ?? allocate(dtype, shape),
  );

  let done = 0;
  const run = async (steps: number): Promise<Steps> => {
    const times: number[] = [];
    const losses: number[] = [];
    for (let i = 0; i < steps; i++) {
      const scalars =
        optimizer === undefined
          ? evaluationScalars(1)
          : trainScalars(optimizer, done + 1, Number.POSITIVE_INFINITY, 1);
      const started = performance.now();
      const feeds = new Map([...data[done % batches]!, ...scalarFeeds(entry, scalars)]);
      const fetched = await session.run(entry.name, feeds);
      times.push((performance.now() - started) / 1000);
      losses.push(told(fetched));
      done++;
    }
    return { seconds: times, losses };
  };
  const built: Built = {
    compileSeconds: seconds,
    engineSeconds,
    kernels: kernelsOf(engine, entry),
    bytes: graphCost(entry.plan.graph, ops).bytes,
    plannedBytes: entry.plan.peakBytes,
  };
  const settings = {
    ...choice.settings,
    ...(optimizer === undefined ? {} : optimizerSettings(optimizer, weights, trained)),
  };
  return { ours: { run, close: () => session.close() }, tensors, settings, built };
}

function startingAt(
  initial: ReadonlyMap<string, HostTensor>,
  starts: NonNullable<SpecChoice['starts']>,
): ReadonlyMap<string, HostTensor> {
  const started = new Map(initial);
  for (const [end, value] of Object.entries(starts))
    for (const [path, { dtype, shape, data }] of initial)
      if (path.endsWith(end)) started.set(path, { dtype, shape, data: data.slice().fill(value) });
  return started;
}

/** The loss; of an export the mean size of what it gives first. */
function told(fetched: ReadonlyMap<string, HostTensor>): number {
  const loss = fetched.get('loss');
  if (loss !== undefined) return loss.data[0] ?? Number.NaN;
  const [first] = [...fetched].filter(([name]) => name.startsWith('result/'));
  const data = first?.[1].data ?? [];
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += Math.abs(data[i] ?? 0);
  return sum / data.length;
}

export const kernelsOf = (engine: Engine, entry: Pick<Entry, 'plan'>): number =>
  kernelCount(entry.plan, engine.target);

function compiled(
  { spec, variant, run }: SpecChoice,
  here: string,
  engine: Engine,
  memory: number | undefined,
): Compiled {
  const file = 'file' in spec ? spec.file : 'bench.mm';
  const text = 'file' in spec ? fileText(spec, here) : spec.text;
  const started = performance.now();
  const { library, models, diagnostics } = check(text, file, () => undefined);
  const model = models.find(m => m.variant === variant);
  if (library === undefined || model === undefined)
    throw new Error(`${file}: ${diagnostics.map(d => d.message).join('; ') || `no variant ${variant}`}`);
  const compilation = compile(library, model, diagnostics);
  const since = (): number => (performance.now() - started) / 1000;
  if ('export' in run) {
    const program = compilation.export(run.export, engine.target, new Map([[run.parameter, run.batch]]));
    return {
      entry: program.entry,
      weights: program.weights,
      optimizer: undefined,
      trained: [],
      seconds: since(),
    };
  }
  const program = compilation.stage(run.stage, engine.target, {
    measures: false,
    batch: run.batch,
    ...(memory === undefined ? {} : { memory }),
  });
  if (program.kind !== 'minimize') throw new Error(`${file}: stage ${run.stage} fits`);
  return {
    entry: program.train,
    weights: program.weights,
    // Both sides step at one rate, so that the twin needs no schedule.
    optimizer: { ...program.optimizer, rate: { kind: 'constant', rate: run.rate, warmup: 0 } },
    trained: program.trained,
    seconds: since(),
  };
}

function fileText(
  { file, and = '', replace }: Extract<SpecChoice['spec'], { readonly file: string }>,
  here: string,
): string {
  const text = readFileSync(join(here, '..', file), 'utf8');
  return `${replace === undefined ? text : text.replace(...replace)}\n${and}\n`;
}

/** As PyTorch's optimizers name it. Weight decay is for what has two dims or more. */
function optimizerSettings(
  optimizer: OptimizerSpec,
  weights: readonly WeightSpec[],
  trained: readonly string[],
) {
  const lr = optimizer.rate.kind === 'constant' ? optimizer.rate.rate : optimizer.rate.peak;
  const own =
    optimizer.kind === 'adamw'
      ? { lr, betas: [optimizer.beta1, optimizer.beta2], eps: optimizer.epsilon }
      : { lr, momentum: optimizer.momentum, nesterov: optimizer.nesterov };
  return {
    optimizer: optimizer.kind,
    arguments: own,
    clip: optimizer.clip ?? null,
    decay: optimizer.decay,
    decayed: weights.filter(w => trained.includes(w.path) && w.shape.length >= 2).map(w => w.path),
    bounded: weights.flatMap(w => (w.atMost === undefined ? [] : [[w.path, w.atMost]])),
  };
}
