// The onnx engine's sessions: alternating weights, entries that share them, a train step beside the reference's,
// errors that name the line.

import { afterEach, describe, expect, test } from 'vitest';
import type { Engine, Session } from '../../src/backends/engine.ts';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import { randomStream } from '../../src/base/random.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { elements } from '../../src/base/tensor.ts';
import type { AdamW } from '../../src/compiler/program.ts';
import { trainStep } from '../../src/compiler/train-step.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { planOf } from './op-catalogue.ts';

const opened: Session[] = [];
async function open(
  entries: Readonly<Record<string, Graph>>,
  engine: Engine = createOnnxEngine(),
  threads = 1,
) {
  const plans = new Map(Object.entries(entries).map(([name, graph]) => [name, planOf(graph)]));
  const session = await engine.open(plans, { threads });
  opened.push(session);
  return session;
}
afterEach(async () => {
  for (const session of opened.splice(0)) await session.close();
});

const f32 = (shape: readonly number[], ...values: readonly number[]): HostTensor => ({
  dtype: 'f32',
  shape,
  data: Float32Array.from(values),
});
const values = (t: HostTensor | undefined): readonly number[] => [...(t?.data ?? [])];

/** w′ = w + x; fetches w before and after. */
function counter(): Graph {
  const b = createBuilder('counter', ops);
  const w = b.input('w', 'weight', { dtype: 'f32', shape: [2] });
  const x = b.input('x', 'feed', { dtype: 'f32', shape: [2] });
  const sum = b.one('add', [w, x]);
  b.output('before', 'fetch', w);
  b.output('w', 'next', sum);
  b.output('after', 'fetch', sum);
  return b.finish();
}

/** Fetches 2·w. */
function doubled(): Graph {
  const b = createBuilder('doubled', ops);
  const w = b.input('w', 'weight', { dtype: 'f32', shape: [2] });
  b.output('twice', 'fetch', b.one('mul', [w, b.constant(2)]));
  return b.finish();
}

describe('weights', () => {
  test('alternate between two tensors, and other entries see the current one', async () => {
    const session = await open({ train: counter(), eval: doubled() });
    await session.write(new Map([['w', f32([2], 10, 20)]]));
    const x = f32([2], 1, 2);
    for (let step = 0; step < 5; step++) {
      const fetched = await session.run('train', new Map([['x', x]]));
      expect(values(fetched.get('before'))).toEqual([10 + step, 20 + 2 * step]);
      expect(values(fetched.get('after'))).toEqual([11 + step, 22 + 2 * step]);
      const seen = await session.run('eval', new Map());
      expect(values(seen.get('twice'))).toEqual([22 + 2 * step, 44 + 4 * step]);
      expect(values((await session.read(['w'])).get('w'))).toEqual([11 + step, 22 + 2 * step]);
    }
  });

  test('what was read or fetched is not overwritten by later steps', async () => {
    const session = await open({ train: counter() });
    await session.write(new Map([['w', f32([2], 0, 0)]]));
    const feeds = new Map([['x', f32([2], 1, 1)]]);
    const fetched = await session.run('train', feeds);
    const read = await session.read(['w']);
    for (let i = 0; i < 4; i++) await session.run('train', feeds);
    expect(values(fetched.get('after'))).toEqual([1, 1]);
    expect(values(read.get('w'))).toEqual([1, 1]);
  });

  test('stay as they are when a run fails', async () => {
    const session = await open({ train: counter() });
    await session.write(new Map([['w', f32([2], 3, 4)]]));
    await expect(session.run('train', new Map())).rejects.toThrow('entry train is not given x');
    expect(values((await session.read(['w'])).get('w'))).toEqual([3, 4]);
  });

  test('of an unknown name or another type are refused', async () => {
    const session = await open({ train: counter() });
    await expect(session.write(new Map([['v', f32([2], 0, 0)]]))).rejects.toThrow('named v');
    await expect(session.write(new Map([['w', f32([3], 0, 0, 0)]]))).rejects.toThrow('f32[2], not f32[3]');
    await expect(session.read(['v'])).rejects.toThrow('named v');
    await expect(session.run('eval', new Map())).rejects.toThrow('no entry named eval');
  });

  test('of two types in two entries are refused', async () => {
    const b = createBuilder('other', ops);
    b.output('same', 'fetch', b.input('w', 'weight', { dtype: 'f32', shape: [3] }));
    await expect(open({ train: counter(), other: b.finish() })).rejects.toThrow('f32[3], another as f32[2]');
  });
});

test('a feed of another shape is refused by name', async () => {
  const session = await open({ train: counter() });
  await expect(session.run('train', new Map([['x', f32([1], 1)]]))).rejects.toThrow(
    'takes x as f32[2], not f32[1]',
  );
});

test('an error of the runtime names the op and the line of the spec', async () => {
  const b = createBuilder('wrong', ops);
  const x = b.input('x', 'feed', { dtype: 'f32', shape: [2, 3] });
  b.span = { file: 'wrong.mm', start: 0, end: 1, line: 7, column: 1, endLine: 7, endColumn: 2 };
  const y = b.one('reshape', [x], { shape: [3, 2] });
  b.output('y', 'fetch', y);
  const graph = b.finish();
  const types = graph.types.map((t, i) => (i === y ? { ...t, shape: [4, 2] } : t));
  const run = async () => {
    const session = await open({ train: { ...graph, types } });
    await session.run('train', new Map([['x', f32([2, 3], 1, 2, 3, 4, 5, 6)]]));
  };
  await expect(run()).rejects.toMatchObject({ reason: 'run', at: { name: 'reshape', span: { line: 7 } } });
});

test('status tells the version without loading the runtime', async () => {
  const status = await createOnnxEngine().status();
  expect(status.ready).toBe(true);
  expect(status.version).toMatch(/^1\.\d+\.\d+$/);
});

test('rows scattered onto one another are all counted, on two threads', async () => {
  const [count, width] = [6000, 96];
  const b = createBuilder('scatter', ops);
  const ids = b.input('ids', 'feed', { dtype: 'i32', shape: [count] });
  const updates = b.input('updates', 'feed', { dtype: 'f32', shape: [count, width] });
  b.output('sums', 'fetch', b.one('scatter_add', [ids, updates], { rows: 2 }));
  const session = await open({ scatter: b.finish() }, createOnnxEngine(), 2);
  const feeds = new Map<string, HostTensor>([
    ['ids', { dtype: 'i32', shape: [count], data: new Int32Array(count).fill(1) }],
    ['updates', { dtype: 'f32', shape: [count, width], data: new Float32Array(count * width).fill(1) }],
  ]);
  for (let run = 0; run < 20; run++) {
    const sums = values((await session.run('scatter', feeds)).get('sums'));
    expect(new Set(sums.slice(0, width))).toEqual(new Set([0]));
    expect(new Set(sums.slice(width))).toEqual(new Set([count]));
  }
});

const adamw: AdamW = {
  kind: 'adamw',
  rate: { kind: 'constant', rate: 0.01, warmup: 0 },
  decay: 0.1,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  clip: 0.5,
};

/** One block: embedding, norm, attention, feed-forward, cross entropy; dropout from random bits. */
function toyTrainStep(): Graph {
  const [batch, tokens, width, heads, vocabulary] = [3, 4, 8, 2, 6];
  const b = createBuilder('toy', ops);
  const trained: { name: string; decay: boolean }[] = [];
  const weight = (name: string, shape: readonly number[]) => {
    trained.push({ name, decay: shape.length > 1 });
    return b.input(name, 'weight', { dtype: 'f32', shape });
  };
  const scalar = (name: string) => b.input(name, 'scalar', { dtype: 'i32', shape: [] });
  const ids = b.input('ids', 'feed', { dtype: 'i32', shape: [batch, tokens] });
  const targets = b.input('targets', 'feed', { dtype: 'i32', shape: [batch, tokens] });
  const [seed, step] = [scalar('seed'), scalar('step')];
  const dense = (x: number, name: string, from: number, to: number) =>
    b.one('add', [
      b.one('dot_general', [x, weight(`${name}.matrix`, [from, to])], {
        lhsBatch: [],
        rhsBatch: [],
        lhsContract: [2],
        rhsContract: [0],
      }),
      weight(`${name}.bias`, [to]),
    ]);
  const split = (x: number) =>
    b.one('transpose', [b.one('reshape', [x], { shape: [batch, tokens, heads, width / heads] })], {
      perm: [0, 2, 1, 3],
    });
  let h = b.one('gather', [weight('token', [vocabulary, width]), ids]);
  const bits = b.one('random_bits', [seed, step], { shape: [batch, tokens, width], identity: 5 });
  const kept = b.one('less', [b.constant(-1_500_000_000, 'i32'), bits]);
  h = b.one('select', [kept, h, b.constant(0)]);
  const [xhat] = b.emit('layer_norm', [h], { epsilon: 1e-5 });
  const a = b.one('mul', [xhat!, weight('scale', [width])]);
  const [q, k, v] = ['q', 'k', 'v'].map(name => split(dense(a, name, width, width)));
  const [mixed] = b.emit('attention', [q!, k!, v!], { scale: 0.5, causal: true });
  const rows = b.one('reshape', [b.one('transpose', [mixed!], { perm: [0, 2, 1, 3] })], {
    shape: [batch, tokens, width],
  });
  h = b.one('add', [h, rows]);
  h = b.one('add', [
    h,
    dense(b.one('gelu', [dense(h, 'up', width, 12)], { approximate: false }), 'down', 12, width),
  ]);
  const [losses] = b.emit('softmax_cross_entropy', [dense(h, 'head', width, vocabulary), targets]);
  const sum = b.one('reduce_sum', [losses!], { axes: [0, 1], keepdims: false });
  b.output('loss', 'fetch', b.one('mul', [sum, b.constant(1 / (batch * tokens))]));
  return trainStep({ graph: b.finish(), trained, optimizer: adamw, registry: ops });
}

async function trainToy(engine: Engine, steps: number, threads = 1) {
  const graph = toyTrainStep();
  const session = await open({ train: graph }, engine, threads);
  const owned = graph.inputs.filter(i => i.role === 'weight' || i.role === 'moment');
  await session.write(
    new Map(
      owned.map(i => {
        const shape = graph.types[i.id]!.shape.map(Number);
        const draws = randomStream(3, i.name);
        const data = new Float32Array(elements(shape)).map((_, at) =>
          i.role === 'moment' ? 0 : 0.4 * draws.normal(at),
        );
        return [i.name, { dtype: 'f32', shape, data }];
      }),
    ),
  );
  const tokens = (from: number): HostTensor => ({
    dtype: 'i32',
    shape: [3, 4],
    data: Int32Array.from({ length: 12 }, (_, i) => (i * 5 + from) % 6),
  });
  const whole = (value: number): HostTensor => ({ dtype: 'i32', shape: [], data: Int32Array.of(value) });
  const losses: number[] = [];
  for (let step = 1; step <= steps; step++) {
    const fetched = await session.run(
      'train',
      new Map([
        ['ids', tokens(0)],
        ['targets', tokens(1)],
        ['seed', whole(42)],
        ['step', whole(step)],
        ['rate', f32([], 0.01)],
        ['correction1', f32([], 1 - adamw.beta1 ** step)],
        ['correction2', f32([], 1 - adamw.beta2 ** step)],
      ]),
    );
    losses.push(fetched.get('loss')!.data[0]!);
  }
  return { losses, weights: await session.read(owned.map(i => i.name)) };
}

describe('a whole train step', () => {
  test('falls, and equally on the reference', async () => {
    const onnx = await trainToy(createOnnxEngine(), 12);
    const reference = await trainToy(createReferenceEngine({ precision: 'f64' }), 12);
    expect(onnx.losses[11]).toBeLessThan(0.8 * onnx.losses[0]!);
    for (const [i, loss] of reference.losses.entries()) {
      expect(Math.abs(onnx.losses[i]! - loss) / loss).toBeLessThan(1e-4);
    }
  });

  test('gives the same bits again, and on two threads', async () => {
    const first = await trainToy(createOnnxEngine(), 3);
    const again = await trainToy(createOnnxEngine(), 3);
    const wide = [
      await trainToy(createOnnxEngine(), 3, 2),
      await trainToy(createOnnxEngine(), 3, 2),
    ] as const;
    expect(again).toEqual(first);
    expect(wide[1]).toEqual(wide[0]);
  });
});
