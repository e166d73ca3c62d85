// A stage small enough to check by hand: least squares y ≈ x·w + b on a hand-made engine, with data made from the
// step alone.

import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Engine, Session } from '../../src/backends/engine.ts';
import { randomStream } from '../../src/base/random.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import type { Plan } from '../../src/compiler/plan.ts';
import type {
  BatchSpec,
  Entry,
  MeasureSpec,
  MinimizeProgram,
  WeightSpec,
} from '../../src/compiler/program.ts';
import type { InputRole } from '../../src/ir/graph.ts';
import type { TrainEvent } from '../../src/train/events.ts';
import type { DataSource } from '../../src/train/feeds.ts';
import { stageFolder } from '../../src/train/run-folder.ts';
import type { StageOptions } from '../../src/train/train-stage.ts';

export const span = { file: 'toy.mm', start: 0, end: 0, line: 1, column: 1, endLine: 1, endColumn: 1 };
export const width = 3;
const rows = 4;
export const fingerprint = 'ab'.repeat(32);

export const f32 = (shape: readonly number[], values: readonly number[]): HostTensor => ({
  dtype: 'f32',
  shape,
  data: Float32Array.from(values),
});

function plan(inputs: readonly (readonly [string, InputRole, readonly number[]])[]): Plan {
  return {
    graph: {
      name: 'toy',
      inputs: inputs.map(([name, role], id) => ({ id, name, role })),
      nodes: [],
      outputs: [],
      types: inputs.map(([, , shape]) => ({ dtype: 'f32', shape })),
    },
    buffers: [],
    bufferOf: new Map(),
    releases: [],
    peakBytes: 0,
    fusions: [],
  };
}

export function batchSpec(size: number): BatchSpec {
  return {
    id: 'examples',
    data: { set: 'toy', split: 'train' },
    size,
    fields: [
      {
        name: 'x',
        type: { kind: 'number' },
        feeds: [{ component: 'value', feed: 'x', dtype: 'f32', shape: [size, width] }],
        transforms: [],
        span,
      },
    ],
    keepFeed: 'keep',
    distinct: [],
    order: 'endless',
    span,
  };
}

const weights: readonly WeightSpec[] = [
  weight('line.bias', [], { kind: 'constant', value: 0 }),
  weight('line.weight', [width], { kind: 'normal', mean: 0, std: 0.5 }),
];

function weight(path: string, shape: readonly number[], initializer: WeightSpec['initializer']): WeightSpec {
  return {
    path,
    kind: 'weight',
    dtype: 'f32',
    shape,
    initializer,
    atLeast: undefined,
    atMost: undefined,
    follows: undefined,
    span,
  };
}

const fed = [
  ...['x', 'y', 'keep'].map(name => [name, 'feed', []] as const),
  ...['rate', 'correction1', 'correction2'].map(name => [name, 'scalar', []] as const),
];
const held = weights.map(w => [w.path, 'weight', w.shape] as const);
const moments = weights.flatMap(w => [
  [`${w.path}#m`, 'moment', w.shape] as const,
  [`${w.path}#v`, 'moment', w.shape] as const,
]);

export function toyProgram(steps: number, every: number | undefined): MinimizeProgram {
  const entry = (name: string, fetches: readonly string[], scalars: readonly string[], p: Plan): Entry => ({
    name,
    plan: p,
    batches: [batchSpec(rows)],
    scalars,
    fetches,
  });
  const measure: MeasureSpec = {
    name: 'error',
    entry: entry('error', ['value', 'weight'], [], plan([...fed, ...held])),
    every,
    metric: 'objective',
    ranks: [],
    sides: ['', ''],
    values: ['value', 'weight'].map(name => ({
      name,
      fetch: name,
      keep: undefined,
      size: 1,
      labels: undefined,
      text: undefined,
    })),
    span,
  };
  return {
    kind: 'minimize',
    stage: 'fit',
    from: undefined,
    steps,
    optimizer: {
      kind: 'adamw',
      rate: { kind: 'cosine', peak: 0.1, warmup: 3, floor: 0 },
      decay: 0,
      beta1: 0.9,
      beta2: 0.99,
      epsilon: 1e-8,
      clip: undefined,
    },
    weights,
    trained: weights.map(w => w.path),
    frozen: [],
    renewed: [],
    told: [],
    train: entry(
      'train',
      ['loss', 'gradient_norm'],
      ['rate', 'correction1', 'correction2'],
      plan([...fed, ...held, ...moments]),
    ),
    measures: [measure],
  };
}

export interface ToyHooks {
  /** Called before each step of training; may throw or change the loss. */
  readonly beforeStep?: (step: number) => number | undefined;
}

export function toyEngine(hooks: ToyHooks = {}): Engine {
  return {
    name: 'toy',
    target: { engine: 'toy', composites: new Set(), alternates: false },
    status: async () => ({ ready: true, version: '1', about: 'for tests', add: undefined }),
    open: async () => toySession(hooks),
  };
}

function toySession(hooks: ToyHooks): Session {
  const store = new Map<string, Float32Array>();
  let step = 0;
  const at = (name: string): Float32Array => {
    const tensor = store.get(name);
    if (tensor === undefined) throw new Error(`never written: ${name}`);
    return tensor;
  };
  const number = (feeds: ReadonlyMap<string, HostTensor>, name: string): number =>
    feeds.get(name)?.data[0] ?? NaN;
  return {
    async run(entry, feeds) {
      const x = feeds.get('x')!.data;
      const y = feeds.get('y')!.data;
      const keep = feeds.get('keep')!.data;
      const w = at('line.weight');
      const b = at('line.bias');
      const gradient = new Float64Array(width + 1);
      let loss = 0;
      let n = 0;
      for (const [i, kept] of keep.entries()) {
        if (kept === 0) continue;
        n += 1;
        let error = b[0]! - y[i]!;
        for (let j = 0; j < width; j += 1) error += x[i * width + j]! * w[j]!;
        loss += error * error;
        for (let j = 0; j < width; j += 1) gradient[j]! += 2 * error * x[i * width + j]!;
        gradient[width]! += 2 * error;
      }
      if (entry !== 'train')
        return new Map([
          ['value', f32([], [loss / n])],
          ['weight', f32([], [n])],
        ]);
      step += 1;
      const override = hooks.beforeStep?.(step);
      update('line.weight', gradient.subarray(0, width), feeds, n);
      update('line.bias', gradient.subarray(width), feeds, n);
      return new Map([
        ['loss', f32([], [override ?? loss / n])],
        ['gradient_norm', f32([], [Math.hypot(...gradient)])],
      ]);
    },
    async write(tensors) {
      for (const [name, tensor] of tensors) store.set(name, Float32Array.from(tensor.data));
    },
    async read(names) {
      return new Map(
        names.map(name => [name, f32(at(name).length === 1 ? [] : [at(name).length], [...at(name)])]),
      );
    },
    close: async () => undefined,
  };

  function update(
    name: string,
    gradient: Float64Array,
    feeds: ReadonlyMap<string, HostTensor>,
    n: number,
  ): void {
    const [w, m, v] = [at(name), at(`${name}#m`), at(`${name}#v`)];
    for (const [i, sum] of gradient.entries()) {
      const g = sum / n;
      m[i] = 0.9 * m[i]! + 0.1 * g;
      v[i] = 0.99 * v[i]! + 0.01 * g * g;
      w[i]! -=
        (number(feeds, 'rate') * (m[i]! / number(feeds, 'correction1'))) /
        (Math.sqrt(v[i]! / number(feeds, 'correction2')) + 1e-8);
    }
  }
}

/** Batch n depends on n alone; `after` is the number of batches given so far. */
export function toyData(setRows = 10): DataSource {
  const example = (key: string, n: number): { readonly x: number[]; readonly y: number } => {
    const stream = randomStream(7, key, String(n));
    const x = Array.from({ length: width }, (_, i) => stream.normal(i));
    return { x, y: x.reduce((sum, v, i) => sum + v * (i + 1), 0.5) };
  };
  const batch = (size: number, examples: readonly ReturnType<typeof example>[]) => ({
    feeds: new Map<string, HostTensor>([
      [
        'x',
        f32(
          [size, width],
          padded(
            examples.flatMap(e => e.x),
            size * width,
          ),
        ),
      ],
      [
        'y',
        f32(
          [size],
          padded(
            examples.map(e => e.y),
            size,
          ),
        ),
      ],
      [
        'keep',
        {
          dtype: 'bool',
          shape: [size],
          data: Uint8Array.from({ length: size }, (_, i) => (i < examples.length ? 1 : 0)),
        },
      ],
    ]),
    rows: examples.length,
    ids: examples.map((_, i) => String(i)),
  });
  return {
    async stream(spec, _seed, from) {
      let given = typeof from === 'number' ? from : 0;
      return {
        async next() {
          const examples = Array.from({ length: spec.size }, (_, i) =>
            example('train', given * spec.size + i),
          );
          given += 1;
          return { ...batch(spec.size, examples), after: given };
        },
        close: async () => undefined,
      };
    },
    async *sweep(spec) {
      const all = Array.from({ length: setRows }, (_, i) => example('test', i));
      for (let at = 0; at < all.length; at += spec.size)
        yield batch(spec.size, all.slice(at, at + spec.size));
    },
  };
}

const padded = (values: readonly number[], n: number): number[] =>
  Array.from({ length: n }, (_, i) => values[i] ?? Number.NaN);

export const freshFolder = (): string => mkdtempSync(join(tmpdir(), 'mmlang-train-'));

export function toyOptions(
  dir: string,
  more: Partial<StageOptions> = {},
): StageOptions & { readonly events: TrainEvent[] } {
  const events: TrainEvent[] = [];
  return {
    program: toyProgram(20, 5),
    engine: toyEngine(),
    data: toyData(),
    folder: stageFolder(dir, 'fit'),
    seed: 1,
    fingerprint,
    start: new Map(),
    threads: undefined,
    checkpointEvery: 5,
    logEvery: 1,
    signal: undefined,
    onEvent: event => events.push(event),
    events,
    ...more,
  };
}
