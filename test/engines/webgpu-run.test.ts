// Sessions on WebGPU: what stays between runs, what is refused, and what goes wrong in words.

import { expect, test } from 'vitest';
import { EngineFailure } from '../../src/backends/engine.ts';
import { nodeGpu, nodeSource } from '../../src/backends/webgpu/dawn.ts';
import { createWebgpuEngine } from '../../src/backends/webgpu/engine.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { planOf } from '../backends/op-catalogue.ts';
import { f32 } from '../train/toy.ts';

const engine = createWebgpuEngine(nodeSource);
const open = (...graphs: readonly Graph[]) =>
  engine.open(new Map(graphs.map(g => [g.name, planOf(g)] as const)), {});

test('a state that is fetched is read before its step replaces it', async () => {
  const b = createBuilder('queue', ops);
  const queue = b.input('queue', 'state', { dtype: 'f32', shape: [2, 3] });
  const x = b.input('x', 'feed', { dtype: 'f32', shape: [6] });
  const sum = b.one('add', [b.one('mul', [b.one('reshape', [queue], { shape: [6] }), b.constant(2)]), x]);
  b.output('before', 'fetch', queue);
  b.output('queue', 'next', b.one('reshape', [sum], { shape: [2, 3] }));
  const session = await open(b.finish());
  const six = (shape: readonly number[], value: number) => f32(shape, new Array<number>(6).fill(value));
  await session.write(new Map([['queue', six([2, 3], 1)]]));
  let wanted = 1;
  for (let step = 0; step < 5; step++) {
    const fetched = await session.run('queue', new Map([['x', six([6], 1)]]));
    expect(fetched.get('before')).toEqual(six([2, 3], wanted));
    wanted = Math.fround(2 * wanted + 1);
  }
  expect((await session.read(['queue'])).get('queue')).toEqual(six([2, 3], wanted));
  await session.close();
});

test('states may change places, and a feed may become a state', async () => {
  const b = createBuilder('turn', ops);
  const type = { dtype: 'f32', shape: [3] } as const;
  const [a, c] = [b.input('a', 'state', type), b.input('c', 'state', type)];
  b.input('d', 'state', type);
  const x = b.input('x', 'feed', type);
  b.output('a', 'next', c);
  b.output('c', 'next', a);
  b.output('d', 'next', x);
  b.output('x again', 'fetch', x);
  const session = await open(b.finish());
  const of = (v: number) => f32([3], [v, v, v]);
  await session.write(
    new Map([
      ['a', of(1)],
      ['c', of(2)],
      ['d', of(0)],
    ]),
  );
  const fetched = await session.run('turn', new Map([['x', of(7)]]));
  expect(fetched.get('x again')).toEqual(of(7));
  expect([...(await session.read(['a', 'c', 'd'])).values()]).toEqual([of(2), of(1), of(7)]);
  await session.close();
});

test('entries share weights; what has no elements takes part', async () => {
  const entry = (name: string, by: number): Graph => {
    const b = createBuilder(name, ops);
    const w = b.input('w', 'weight', { dtype: 'f32', shape: [2] });
    const none = b.input('none', 'weight', { dtype: 'f32', shape: [0, 2] });
    b.output('w', 'next', b.one('mul', [w, b.constant(by)]));
    b.output('none', 'fetch', b.one('exp', [none]));
    b.output('sum', 'fetch', b.one('reduce_sum', [none], { axes: [0], keepdims: false }));
    return b.finish();
  };
  const session = await open(entry('double', 2), entry('triple', 3));
  await session.write(
    new Map([
      ['w', f32([2], [1, -1])],
      ['none', f32([0, 2], [])],
    ]),
  );
  const fetched = await session.run('double', new Map());
  expect(fetched.get('none')).toEqual(f32([0, 2], []));
  expect(fetched.get('sum')).toEqual(f32([2], [0, 0]));
  await session.run('triple', new Map());
  expect((await session.read(['w'])).get('w')).toEqual(f32([2], [6, -6]));
  await session.close();
});

const plain = (): Graph => {
  const b = createBuilder('plain', ops);
  const w = b.input('w', 'weight', { dtype: 'f32', shape: [2] });
  const x = b.input('x', 'feed', { dtype: 'f32', shape: [2] });
  b.output('y', 'fetch', b.one('add', [w, x]));
  return b.finish();
};

test('wrong names, types and weights without a value are refused', async () => {
  const session = await open(plain());
  const two = f32([2], [1, 2]);
  await expect(session.run('plain', new Map([['x', two]]))).rejects.toThrow(/w has no value yet/);
  await expect(session.write(new Map([['v', two]]))).rejects.toThrow(/no weight|named v/);
  await expect(session.write(new Map([['w', f32([3], [1, 2, 3])]]))).rejects.toThrow(/w is f32\[2\]/);
  await session.write(new Map([['w', two]]));
  await expect(session.run('plain', new Map())).rejects.toThrow(/wants a feed named x/);
  await expect(
    session.run(
      'plain',
      new Map([
        ['x', two],
        ['z', two],
      ]),
    ),
  ).rejects.toThrow(/no feed named z/);
  await expect(session.run('other', new Map())).rejects.toThrow(/no entry named other/);
  expect((await session.run('plain', new Map([['x', two]]))).get('y')).toEqual(f32([2], [2, 4]));
  await session.close();
});

test('runs that are started at once take turns', async () => {
  const session = await open(plain());
  await session.write(new Map([['w', f32([2], [1, 2])]]));
  const runs = Array.from({ length: 5 }, (_, i) => session.run('plain', new Map([['x', f32([2], [i, i])]])));
  expect((await Promise.all(runs)).map(r => r.get('y')?.data[0])).toEqual([1, 2, 3, 4, 5]);
  await session.close();
});

test('a value that the GPU cannot hold is a failure of memory, and the next session works', async () => {
  const b = createBuilder('huge', ops);
  const x = b.input('x', 'feed', { dtype: 'f32', shape: [] });
  const wide = b.one('exp', [b.one('broadcast', [x], { shape: [2 ** 16, 2 ** 15] })]);
  b.output('y', 'fetch', wide);
  const failed = await open(b.finish()).catch((e: unknown) => e);
  expect(failed).toBeInstanceOf(EngineFailure);
  expect(failed).toMatchObject({ reason: 'memory', at: { name: 'exp' } });
  const session = await open(plain());
  await session.close();
});

test('a machine without a GPU is told what it lacks', async () => {
  const bare = createWebgpuEngine({
    ...nodeSource,
    gpu: () => ({ ...nodeGpu()!, requestAdapter: async () => null }) as GPU,
  });
  const failed = await bare.open(new Map([['plain', planOf(plain())]]), {}).catch((e: unknown) => e);
  expect(failed).toMatchObject({ reason: 'load' });
  expect(String(failed)).toMatch(/Vulkan/);
  const missing = createWebgpuEngine({
    gpu: () => undefined,
    version: () => undefined,
    add: 'mm engines add webgpu',
  });
  expect(await missing.status()).toMatchObject({ ready: false, add: 'mm engines add webgpu' });
});
