// Sessions on TensorFlow.js's backends: weights that replace themselves, nothing left behind, errors that name the
// line, and train steps beside the reference's.

import { engine as tfEngine } from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { Engine, Session } from '../../src/backends/engine.ts';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import { createTfjsEngine } from '../../src/backends/tfjs/engine.ts';
import { type Compilation, compile } from '../../src/compile.ts';
import { schedule } from '../../src/compiler/schedule.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { minimizing } from '../minimizing.ts';
import { floats, ints } from '../ops/run-op.ts';
import { openSpec } from '../programs/programs.ts';
import { runFits, start, type Trained, train } from '../specs/harness.ts';

const opened: Session[] = [];
async function open(engine: Engine, entries: Readonly<Record<string, Graph>>): Promise<Session> {
  const plans = Object.entries(entries).map(
    ([name, graph]) => [name, schedule(graph, engine.target, [])] as const,
  );
  const session = await engine.open(new Map(plans), {});
  opened.push(session);
  return session;
}
afterEach(async () => {
  for (const session of opened.splice(0)) await session.close();
});

/** Tensors alive, and the memory they stand in. */
function alive(backend: string): { readonly tensors: number; readonly buffers: number } {
  const engine = tfEngine();
  return { tensors: engine.state.numTensors, buffers: engine.findBackend(backend).numDataIds() };
}

const pair = { dtype: 'f32', shape: [2] } as const;

/** w′ = w + x; fetches w before and after, and a copy of w that is never renewed. */
function counter(): Graph {
  const b = createBuilder('counter', ops);
  const w = b.input('w', 'weight', pair);
  const sum = b.one('add', [w, b.input('x', 'feed', pair)]);
  b.output('before', 'fetch', w);
  b.output('w', 'next', sum);
  b.output('after', 'fetch', sum);
  return b.finish();
}

/** Two weights change places. */
function exchange(): Graph {
  const b = createBuilder('exchange', ops);
  const [v, w] = [b.input('v', 'weight', pair), b.input('w', 'weight', pair)];
  b.output('w', 'next', v);
  b.output('v', 'next', w);
  return b.finish();
}

/** A graph whose last node fails: its type is not what the kernel gives. */
function failing(): Graph {
  const b = createBuilder('failing', ops);
  const w = b.input('w', 'weight', pair);
  const long = b.one('concat', [b.one('exp', [w]), b.one('exp', [b.input('x', 'feed', pair)])], { axis: 0 });
  b.span = { file: 'wrong.mm', start: 0, end: 1, line: 7, column: 1, endLine: 7, endColumn: 2 };
  const last = b.one('reshape', [long], { shape: [4] });
  b.output('w', 'next', b.one('slice', [last], { starts: [0], limits: [2], strides: [1] }));
  const graph = b.finish();
  return { ...graph, types: graph.types.map((t, i) => (i === last ? { ...t, shape: [3, 2] } : t)) };
}

// Attention with dropout and a causal mask; convolutions with batch norm; both with pooling; a fit without gradients.
const subjects = [
  ['gpt.mm', 'pretrain'],
  ['resnet.mm', 'pretrain'],
  ['siglip.mm', 'pretrain'],
  ['igpt.mm', 'colouring'],
] as const;

function tiny(file: string): Compilation {
  const { models, library } = openSpec(file);
  const model = models.find(m => m.variant === 'tiny');
  if (library === undefined || model === undefined) throw new Error(`${file} has no tiny variant`);
  return compile(library, model);
}

async function trained(on: Engine, file: string, stage: string): Promise<Trained> {
  const program = tiny(file).stage(stage, on.target, { measures: false, batch: 4 });
  if (program.kind === 'fit') return runFits(on, program, 3, {});
  return train(on, program, 3, step => step, { rate: 3e-3 });
}

const onReference = new Map<string, Promise<Trained>>();
beforeAll(() => {
  const reference = createReferenceEngine({ precision: 'f32' });
  for (const [file, stage] of subjects) onReference.set(`${file} ${stage}`, trained(reference, file, stage));
});

describe.each(['cpu', 'wasm'] as const)('on %s', backend => {
  const engine = createTfjsEngine({ backend });
  const x = new Map([['x', floats([2], [1, 2])]]);

  test('next values replace the inputs of their names, for all entries', async () => {
    const session = await open(engine, { train: counter(), exchange: exchange() });
    await session.write(
      new Map([
        ['w', floats([2], [10, 20])],
        ['v', floats([2], [7, 8])],
      ]),
    );
    for (let step = 0; step < 3; step++) {
      const fetched = await session.run('train', x);
      expect([...fetched.get('before')!.data]).toEqual([10 + step, 20 + 2 * step]);
      expect([...fetched.get('after')!.data]).toEqual([11 + step, 22 + 2 * step]);
    }
    expect(await session.run('exchange', new Map())).toEqual(new Map());
    const read = await session.read(['v', 'w']);
    expect([...read.get('v')!.data]).toEqual([13, 26]);
    expect([...read.get('w')!.data]).toEqual([7, 8]);
  });

  test('what is written, fed, fetched and read are copies', async () => {
    const session = await open(engine, { train: counter() });
    const given = floats([2], [1, 2]);
    await session.write(new Map([['w', given]]));
    given.data[0] = 99;
    const read = (await session.read(['w'])).get('w')!;
    expect([...read.data]).toEqual([1, 2]);
    read.data[0] = 99;
    const fetched = await session.run('train', x);
    fetched.get('after')!.data[0] = 99;
    fetched.get('before')!.data[1] = 99;
    expect([...(await session.read(['w'])).get('w')!.data]).toEqual([2, 4]);
  });

  test('sessions side by side, on both backends, keep to themselves', async () => {
    const other = createTfjsEngine({ backend: backend === 'cpu' ? 'wasm' : 'cpu' });
    const sessions = await Promise.all([
      open(engine, { train: counter() }),
      open(other, { train: counter() }),
      open(engine, { train: counter() }),
    ]);
    await Promise.all(sessions.map((s, i) => s.write(new Map([['w', floats([2], [i, i])]]))));
    for (let step = 1; step <= 3; step++) {
      const all = await Promise.all(sessions.map(s => s.run('train', x)));
      expect(all.map(f => f.get('after')!.data[0])).toEqual([step, 1 + step, 2 + step]);
    }
  });

  test('steps leave nothing behind, nor do errors, and closing gives all back', async () => {
    await open(engine, { train: counter() });
    const begin = alive(backend);
    const session = await open(engine, { train: counter(), failing: failing() });
    await session.write(new Map([['w', floats([2], [0, 0])]]));
    const one = { tensors: begin.tensors + 1, buffers: begin.buffers + 1 };
    expect(alive(backend)).toEqual(one);
    for (let step = 0; step < 20; step++) await session.run('train', x);
    expect(alive(backend)).toEqual(one);
    for (let step = 0; step < 3; step++) {
      await expect(session.run('failing', x)).rejects.toMatchObject({
        reason: 'run',
        at: { name: 'reshape', span: { line: 7 } },
      });
      await expect(session.run('train', new Map())).rejects.toThrow('wants a feed named x');
      expect(alive(backend)).toEqual(one);
    }
    // A run that failed changed nothing.
    expect([...(await session.read(['w'])).get('w')!.data]).toEqual([20, 40]);
    await session.write(new Map([['w', floats([2], [1, 1])]]));
    expect(alive(backend)).toEqual(one);
    await session.close();
    expect(alive(backend)).toEqual(begin);
  });

  test('values go where the plan releases them, not at the end', async () => {
    const b = createBuilder('chain', ops);
    let value = b.input('x', 'feed', { dtype: 'f32', shape: [1000] });
    for (let i = 0; i < 30; i++) value = b.one('sin', [value]);
    b.output('y', 'fetch', value);
    const session = await open(engine, { chain: b.finish() });
    const before = tfEngine().state.numBytes;
    let most = 0;
    const backing = tfEngine().findBackend(backend);
    const dispose = backing.disposeData.bind(backing);
    backing.disposeData = (id, force) => {
      most = Math.max(most, tfEngine().state.numBytes - before);
      return dispose(id, force);
    };
    await session.run(
      'chain',
      new Map([
        [
          'x',
          floats(
            [1000],
            Array.from({ length: 1000 }, (_, i) => i),
          ),
        ],
      ]),
    );
    backing.disposeData = dispose;
    // The feed, a value and the one made from it.
    expect(most).toBeLessThanOrEqual(3 * 4000);
  });

  test('errors say what is missing or wrong', async () => {
    const session = await open(engine, { train: counter() });
    await expect(session.run('train', x)).rejects.toThrow(
      'w has no value yet: write it before the first run',
    );
    await expect(session.read(['w'])).rejects.toThrow('w has no value yet');
    await expect(session.write(new Map([['v', floats([2], [1, 2])]]))).rejects.toThrow(
      'no entry has a weight, state or moment named v',
    );
    await expect(session.write(new Map([['w', floats([3], [1, 2, 3])]]))).rejects.toThrow(
      'w is f32[2]; it was given f32[3] with 3 elements',
    );
    await session.write(new Map([['w', floats([2], [1, 2])]]));
    await expect(session.run('stop', x)).rejects.toThrow('no entry named stop');
    await expect(session.run('train', new Map([...x, ['y', floats([2], [1, 2])]]))).rejects.toThrow(
      'entry train has no feed named y',
    );
    await expect(session.run('train', new Map([['x', ints([2], [1, 2])]]))).rejects.toThrow(
      'x is f32[2]; it was given i32[2]',
    );
  });

  test('entries that disagree about a weight are refused', async () => {
    const b = createBuilder('other', ops);
    b.output('w', 'fetch', b.input('w', 'weight', { dtype: 'f32', shape: [3] }));
    await expect(open(engine, { train: counter(), other: b.finish() })).rejects.toThrow(
      'entry other has w under another type',
    );
  });

  test.each(subjects)('%s %s learns as on the reference', async (file, stage) => {
    const theirs = await (onReference.get(`${file} ${stage}`) ?? expect.fail('was not run'));
    const before = alive(backend);
    const ours = await trained(engine, file, stage);
    expect(alive(backend)).toEqual(before);
    expect(theirs.losses.length).toBe(3);
    // Adam's first steps divide gradients by their own size, so what rounding leaves of a zero counts too.
    for (const [i, loss] of theirs.losses.entries())
      expect(Math.abs(ours.losses[i]! - loss), `step ${i + 1}: ${loss}`).toBeLessThan(
        (i === 0 ? 1e-4 : 1e-3) * Math.max(1, Math.abs(loss)),
      );
    expect([...ours.after.keys()]).toEqual([...theirs.after.keys()]);
  });

  test('a train step gives the same tensors at every step', async () => {
    const program = minimizing(
      tiny('gpt.mm').stage('pretrain', engine.target, { measures: false, batch: 2 }),
    );
    const { plan } = program.train;
    const session = await engine.open(new Map([['train', plan]]), {});
    opened.push(session);
    const given = start(program, plan.graph);
    const owned = new Set(
      plan.graph.inputs.filter(i => i.role !== 'feed' && i.role !== 'scalar').map(i => i.name),
    );
    const moments = plan.graph.inputs
      .filter(i => i.role === 'moment')
      .map(({ id, name }) => {
        const shape = plan.graph.types[id]!.shape.map(Number);
        return [name, floats(shape, new Array(shape.reduce((n, d) => n * d, 1)).fill(0))] as const;
      });
    await session.write(new Map([...[...given].filter(([name]) => owned.has(name)), ...moments]));
    const feeds = new Map([...given].filter(([name]) => !owned.has(name)));
    await session.run('train', feeds);
    const after = alive(backend);
    for (let step = 0; step < 4; step++) await session.run('train', feeds);
    expect(alive(backend)).toEqual(after);
  });
});

test('status tells the version', async () => {
  const status = await createTfjsEngine().status();
  expect(status).toMatchObject({ ready: true, version: '4.22.0', add: undefined });
});
