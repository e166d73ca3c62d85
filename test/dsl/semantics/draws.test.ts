// What the standard library draws: shares that come near what was asked for, orders that hold every position once,
// the same in equal steps and new in others, and nothing of what is dropped.

import { describe, expect, test } from 'vitest';
import type { HostTensor } from '../../../src/base/tensor.ts';
import { type ProbeInput, probe, run } from './probe.ts';

const [rows, places] = [64, 16];
const x: ProbeInput = { shape: [rows, places] };
const padded: ProbeInput = { ...x, rows: true, places: true };

const whole = (n: number): HostTensor => ({ dtype: 'i32', shape: [], data: Int32Array.of(n) });
/** A sixth of the places of each row, and the last row, are padding. */
const kept = (row: number, t: number): boolean => row < rows - 1 && (row + t) % 6 !== 0;

/** The rows of what an expression draws. */
function draw(returns: string, input = x, step = 1, seed = 3, first = ''): readonly (readonly number[])[] {
  const p = probe(`block probe(x: float[B, T]) {\n  ${first}\n  return ${returns}\n}\n`, { x: input });
  const mask = (size: number, at: (i: number) => boolean): Uint8Array =>
    Uint8Array.from({ length: size }, (_, i) => Number(at(i)));
  const results = run(
    p,
    new Map<string, HostTensor>([
      ['x', { dtype: 'f32', shape: [rows, places], data: new Float32Array(rows * places) }],
      ['rows', { dtype: 'bool', shape: [rows], data: mask(rows, i => i < rows - 1) }],
      [
        'x.places',
        {
          dtype: 'bool',
          shape: [rows, places],
          data: mask(rows * places, i => kept(Math.floor(i / places), i % places)),
        },
      ],
      ['seed', whole(seed)],
      ['step', whole(step)],
    ]),
  );
  const out = [...(results.get('out')?.data ?? [])];
  return Array.from({ length: rows }, (_, row) => out.slice(row * places, (row + 1) * places));
}

const share = (values: readonly number[]): number => values.filter(v => v !== 0).length / values.length;
const inOrder = Array.from({ length: places }, (_, t) => t);

test('chance is true for about the share that is asked for', () => {
  const values = draw('chance(0.3, like: x)').flat();
  expect(Math.abs(share(values) - 0.3)).toBeLessThan(4 * Math.sqrt((0.3 * 0.7) / values.length));
  expect(share(draw('chance(0, like: x)').flat())).toBe(0);
  expect(share(draw('chance(1, like: x)').flat())).toBe(1);
});

test('noise has mean 0 and variance 1, and is finite', () => {
  const values = draw('noise(like: x)').flat();
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(4 / Math.sqrt(values.length));
  expect(Math.abs(variance - 1)).toBeLessThan(4 * Math.sqrt(2 / values.length));
  expect(values.every(Number.isFinite)).toBe(true);
  expect(values.some(v => v > 2) && values.some(v => v < -2)).toBe(true);
});

test('equal steps draw the same, other steps and seeds and a second draw other values', () => {
  const of = (step: number, seed: number): string => JSON.stringify(draw('uniform(like: x)', x, step, seed));
  expect(of(1, 3)).toBe(of(1, 3));
  expect(new Set([of(1, 3), of(2, 3), of(1, 4), of(0, 3)]).size).toBe(4);
  expect(
    draw('uniform(like: x) - uniform(like: x)')
      .flat()
      .every(v => v === 0),
  ).toBe(false);
});

test('any_index points anywhere, and nowhere else', () => {
  const values = draw('any_index(5, like: x)').flat();
  for (const i of [0, 1, 2, 3, 4])
    expect(Math.abs(share(values.map(v => Number(v === i))) - 0.2)).toBeLessThan(0.06);
  expect(new Set(values).size).toBe(5);
});

describe('spans', () => {
  test('each start hides so many places, and only those', () => {
    const starts = draw('chance(0.1, like: x)');
    // The draw of the block in the block: its path is another one, so the starts are read off a span of 1.
    const single = draw('spans(like: x, start: 0.1, length: 1)');
    const long = draw('spans(like: x, start: 0.1, length: 3)');
    for (const [row, values] of long.entries())
      for (const [t, hidden] of values.entries()) {
        const begun = [0, 1, 2].some(back => single[row]?.[t - back] === 1);
        expect(hidden !== 0).toBe(begun);
      }
    expect(share(single.flat())).toBeGreaterThan(0);
    expect(share(starts.flat())).toBeGreaterThan(0);
  });

  test('begin at no dropped place', () => {
    const single = draw('spans(like: x, start: 1, length: 1)', padded);
    for (const [row, values] of single.entries())
      for (const [t, hidden] of values.entries()) if (row < rows - 1) expect(hidden !== 0).toBe(kept(row, t));
  });
});

describe('orders', () => {
  test('random_order holds every position once, and is another in every row', () => {
    const orders = draw('random_order(like: x)');
    for (const order of orders) expect([...order].sort((a, b) => a - b)).toEqual(inOrder);
    expect(new Set(orders.map(o => o.join())).size).toBe(rows);
  });

  test('the dropped ones come last', () => {
    for (const [row, order] of draw('random_order(like: x)', padded).entries()) {
      if (row === rows - 1) continue;
      const real = order.map(t => kept(row, t));
      expect(real.lastIndexOf(true)).toBe(real.filter(Boolean).length - 1);
    }
  });

  test('inverse undoes an order', () => {
    for (const row of draw('pick(order, inverse(order))', x, 1, 3, 'let order = random_order(like: x)'))
      expect(row).toEqual(inOrder);
  });

  test('shuffle_some moves some among themselves and leaves the rest', () => {
    const orders = draw('shuffle_some(0.5, like: x)', padded);
    let moved = 0;
    for (const [row, order] of orders.entries()) {
      if (row === rows - 1) continue;
      const real = inOrder.filter(t => kept(row, t));
      const from = real.map(t => order[t] ?? -1);
      expect([...from].sort((a, b) => a - b)).toEqual(real);
      moved += from.filter((t, i) => t !== real[i]).length;
    }
    const all = orders.length * places * (5 / 6);
    expect(moved / all).toBeGreaterThan(0.3);
    expect(moved / all).toBeLessThan(0.5);
    expect(draw('shuffle_some(0, like: x)')[0]).toEqual(inOrder);
    expect(draw('shuffle_some(1, like: x)')[0]).not.toEqual(inOrder);
  });
});

test('a row draws by its place alone, however many rows there are', () => {
  const all = draw('uniform(like: x)');
  const half = draw('uniform(like: x[:32, :])').slice(0, 32);
  expect(half).toEqual(all.slice(0, 32));
  expect(new Set(all.map(row => row.join(' '))).size).toBe(rows);
});
