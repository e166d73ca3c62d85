// The train step against AdamW written out by hand (arXiv:1711.05101).

import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import type { OptimizerSpec } from '../../src/compiler/program.ts';
import { type TrainedWeight, trainStep } from '../../src/compiler/train-step.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { expectSound, f32 } from './helpers.ts';

const optimizer: OptimizerSpec = {
  kind: 'adamw',
  rate: { kind: 'constant', rate: 0.1, warmup: 0 },
  decay: 0.2,
  beta1: 0.9,
  beta2: 0.99,
  epsilon: 1e-8,
  clip: 0.5,
};

/** loss = Σ w·x + c², so dw = x and dc = 2c. */
function forward(): Graph {
  const b = createBuilder('step', ops);
  const x = b.input('x', 'feed', f32(2));
  const w = b.input('w', 'weight', f32(2));
  const c = b.input('c', 'weight', f32());
  const frozen = b.input('frozen', 'weight', f32());
  const dot = b.one('reduce_sum', [b.one('mul', [w, x])], { axes: [0], keepdims: false });
  const square = b.one('mul', [c, c]);
  const kept = b.one('add', [square, b.one('stop_gradient', [frozen])]);
  b.output('loss', 'fetch', b.one('add', [dot, kept]));
  b.output('loss/square', 'fetch', square);
  return b.finish();
}

const tensor = (...values: number[]): HostTensor => ({
  dtype: 'f32',
  shape: values.length === 1 ? [] : [values.length],
  data: Float64Array.from(values),
});

const trained: readonly TrainedWeight[] = [
  { name: 'w', decay: true },
  { name: 'c', decay: false, atLeast: 2.99, atMost: 4 },
];

const inputs = (): Map<string, HostTensor> =>
  new Map([
    ['x', tensor(1, -2)],
    ['w', tensor(0.5, 0.25)],
    ['c', tensor(3)],
    ['frozen', tensor(7)],
    ['rate', tensor(0.1)],
    ['correction1', tensor(1 - 0.9)],
    ['correction2', tensor(1 - 0.99)],
    ['w#m', tensor(0.1, 0)],
    ['w#v', tensor(0.2, 0)],
    ['c#m', tensor(0)],
    ['c#v', tensor(0)],
  ]);

/** One step of one number. */
function adamw(w: number, g: number, m: number, v: number, decay: number) {
  const nextM = 0.9 * m + 0.1 * g;
  const nextV = 0.99 * v + 0.01 * g * g;
  const step = nextM / 0.1 / (Math.sqrt(nextV / (1 - 0.99)) + 1e-8);
  return { w: w - 0.1 * (step + decay * w), m: nextM, v: nextV };
}

describe('one step', () => {
  const graph = trainStep({ graph: forward(), trained, optimizer, registry: ops });

  test('is sound, and names its inputs and outputs', () => {
    expectSound(graph);
    expect(graph.inputs.map(i => `${i.role} ${i.name}`)).toEqual([
      'feed x',
      'weight w',
      'weight c',
      'weight frozen',
      'scalar rate',
      'scalar correction1',
      'scalar correction2',
      'moment w#m',
      'moment w#v',
      'moment c#m',
      'moment c#v',
    ]);
    expect(graph.outputs.map(o => `${o.role} ${o.name}`)).toEqual([
      'fetch loss',
      'fetch loss/square',
      'next w',
      'next w#m',
      'next w#v',
      'next c',
      'next c#m',
      'next c#v',
      'fetch gradient_norm',
    ]);
  });

  test('clips by the global norm, decays where told, and keeps bounds', () => {
    const out = evaluate(graph, inputs(), { precision: 'f64' });
    const value = (name: string, i = 0): number => out.get(name)!.data[i]!;
    const norm = Math.sqrt(1 + 4 + 36);
    expect(value('gradient_norm')).toBeCloseTo(norm, 6);
    const factor = 0.5 / (norm + 1e-6);
    const first = adamw(0.5, factor, 0.1, 0.2, 0.2);
    const second = adamw(0.25, -2 * factor, 0, 0, 0.2);
    expect([value('w'), value('w', 1)]).toEqual([expect.closeTo(first.w, 6), expect.closeTo(second.w, 6)]);
    expect([value('w#m'), value('w#v')]).toEqual([expect.closeTo(first.m, 6), expect.closeTo(first.v, 6)]);
    const c = adamw(3, 6 * factor, 0, 0, 0);
    expect(c.w).toBeLessThan(2.99);
    expect(value('c')).toBeCloseTo(2.99, 6);
    expect(value('c#m')).toBeCloseTo(c.m, 6);
  });

  test('a gradient below the bound isn’t scaled', () => {
    const mild = trainStep({
      graph: forward(),
      trained,
      optimizer: { ...optimizer, clip: 100 },
      registry: ops,
    });
    const free = trainStep({
      graph: forward(),
      trained,
      optimizer: { ...optimizer, clip: undefined },
      registry: ops,
    });
    const [a, b] = [mild, free].map(g => evaluate(g, inputs(), { precision: 'f64' }));
    for (const [name, { data }] of a!) expect([...data], name).toEqual([...b!.get(name)!.data]);
  });
});

test('a weight that nothing reaches stays and gets no moments', () => {
  const all = [...trained, { name: 'frozen', decay: true }];
  const graph = trainStep({ graph: forward(), trained: all, optimizer, registry: ops });
  expect(graph.outputs.some(o => o.name.startsWith('frozen'))).toBe(false);
});

test('what cannot be a train step is refused', () => {
  const graph = forward();
  const step = (options: Partial<Parameters<typeof trainStep>[0]>) =>
    trainStep({ graph, trained, optimizer, registry: ops, ...options });
  expect(() => step({ graph: { ...graph, outputs: [] } })).toThrow('no fetch named loss');
  expect(() => step({ trained: [{ name: 'z', decay: false }] })).toThrow('no weight z');
  expect(() => step({ trained: [{ name: 'frozen', decay: false }] })).toThrow('no gradient reaches');
});
