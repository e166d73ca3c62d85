import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hashText, mix32, normalQuantile, randomStream } from '../../src/base/random.ts';
import type { WeightSpec } from '../../src/compiler/program.ts';
import { biasCorrection } from '../../src/compiler/update-rules.ts';
import { initialTensor, initialTensors } from '../../src/train/initialize.ts';
import { drawSeed, rateAt, scalarFeeds, trainScalars } from '../../src/train/schedule.ts';
import { span, toyProgram } from './toy.ts';

describe('rate schedules', () => {
  const cosine = { kind: 'cosine', peak: 1, warmup: 10, floor: 0.1 } as const;
  it('warms up linearly, then falls along a cosine to the floor', () => {
    expect(rateAt(cosine, 1, 110)).toBeCloseTo(0.1);
    expect(rateAt(cosine, 10, 110)).toBe(1);
    expect(rateAt(cosine, 60, 110)).toBeCloseTo(0.55);
    expect(rateAt(cosine, 110, 110)).toBeCloseTo(0.1);
  });
  it('is linear, or constant', () => {
    const linear = { kind: 'linear', peak: 2, warmup: 0, floor: 0 } as const;
    expect([0, 50, 100].map(t => rateAt(linear, t, 100))).toEqual([2, 1, 0]);
    const constant = { kind: 'constant', rate: 3, warmup: 2 } as const;
    expect([1, 2, 99].map(t => rateAt(constant, t, 100))).toEqual([1.5, 3, 3]);
  });
  it('never leaves [0, peak], also where the warmup is longer than the run', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.integer({ min: 1, max: 100 }), (warmup, step) => {
        const rate = rateAt({ ...cosine, warmup }, step, 100);
        expect(rate).toBeGreaterThanOrEqual(0);
        expect(rate).toBeLessThanOrEqual(1);
      }),
    );
  });
  it('corrects the moments by 1 − βᵗ', () => {
    for (const t of [1, 2, 7, 1000]) expect(biasCorrection(0.999, t)).toBeCloseTo(1 - 0.999 ** t, 12);
  });
  it('feeds the scalars that an entry names, integers as such', () => {
    const { train, optimizer } = toyProgram(20, 5);
    const scalars = trainScalars(optimizer, 3, 20, -5);
    const feeds = scalarFeeds({ ...train, scalars: ['rate', 'step', 'seed'] }, scalars);
    expect(feeds.get('rate')).toEqual({ dtype: 'f32', shape: [], data: Float32Array.of(0.1) });
    expect(feeds.get('seed')).toEqual({ dtype: 'i32', shape: [], data: Int32Array.of(-5) });
    expect(feeds.get('step')!.data[0]).toBe(3);
    expect(() => scalarFeeds({ ...train, scalars: ['temperature'] }, scalars)).toThrow('temperature');
    expect(drawSeed(1, 'align')).not.toBe(drawSeed(1, 'tune'));
  });
});

describe('random numbers', () => {
  it('are the same everywhere: golden values', () => {
    const stream = randomStream(42, 'weight', 'look.linear.weight');
    expect([mix32(1), hashText('a')]).toMatchInlineSnapshot(`
      [
        1364076727,
        3271515748,
      ]
    `);
    expect([0, 1, 2].map(i => stream.bits(i))).toMatchInlineSnapshot(`
      [
        2767841446,
        101364231,
        1828616686,
      ]
    `);
    expect([0, 1, 2].map(i => Math.fround(stream.normal(i)))).toMatchInlineSnapshot(`
      [
        0.3703477680683136,
        -1.984488606452942,
        -0.18718446791172028,
      ]
    `);
  });
  it('are uniform and normal', () => {
    const stream = randomStream(3, 'x');
    const n = 50_000;
    const uniform = Array.from({ length: n }, (_, i) => stream.uniform(i));
    const normal = Array.from({ length: n }, (_, i) => stream.normal(i));
    const mean = (v: readonly number[]): number => v.reduce((a, b) => a + b, 0) / v.length;
    expect(mean(uniform)).toBeCloseTo(0.5, 2);
    expect(mean(normal)).toBeCloseTo(0, 1);
    expect(mean(normal.map(v => v * v))).toBeCloseTo(1, 1);
    expect(mean(normal.map(v => v ** 4))).toBeGreaterThan(2.8);
    expect(mean(normal.map((v, i) => v * normal[(i + 1) % n]!))).toBeCloseTo(0, 1);
    expect(new Set(uniform).size).toBe(n);
  });
  it('invert the normal distribution', () => {
    expect(normalQuantile(0.5)).toBe(0);
    expect(normalQuantile(0.975)).toBeCloseTo(1.959963984540054, 12);
    expect(normalQuantile(1e-12)).toBeCloseTo(-7.034483825, 8);
    expect(normalQuantile(1e-3)).toBeCloseTo(-normalQuantile(1 - 1e-3), 10);
  });
});

describe('initial weights', () => {
  const spec = (path: string, initializer: WeightSpec['initializer']): WeightSpec => ({
    path,
    kind: 'weight',
    dtype: 'f32',
    shape: [50, 40],
    initializer,
    atLeast: undefined,
    atMost: undefined,
    follows: undefined,
    span,
  });
  const normal = { kind: 'normal', mean: 1, std: 0.02 } as const;

  it('depend on the seed and the own path alone', () => {
    const a = spec('a', normal);
    const b = spec('b', normal);
    const both = initialTensors([a, b], 5);
    expect(initialTensors([b, a], 5).get('a')).toEqual(both.get('a'));
    expect(both.get('a')!.data).not.toEqual(both.get('b')!.data);
    expect(initialTensor(a, 6).data).not.toEqual(both.get('a')!.data);
  });
  it('follow their initializer', () => {
    const values = [...initialTensor(spec('a', normal), 1).data];
    const mean = values.reduce((s, v) => s + v, 0) / values.length;
    expect(mean).toBeCloseTo(1, 2);
    expect(Math.sqrt(values.reduce((s, v) => s + (v - mean) ** 2, 0) / values.length)).toBeCloseTo(0.02, 2);
    const uniform = [...initialTensor(spec('a', { kind: 'uniform', low: -2, high: 3 }), 1).data];
    expect(Math.min(...uniform)).toBeGreaterThanOrEqual(-2);
    expect(Math.max(...uniform)).toBeLessThan(3);
    expect(new Set(initialTensor(spec('a', { kind: 'constant', value: 4 }), 1).data)).toEqual(new Set([4]));
  });
});
