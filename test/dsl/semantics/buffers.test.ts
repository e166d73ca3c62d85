// Queues and windows: rows put into a buffer, positions that go round, the largest value in each window.

import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../src/backends/reference/evaluate.ts';
import { wave } from '../../golden/golden.ts';
import { checkSpec } from './check-spec.ts';
import { type Probe, type ProbeInput, probe } from './probe.ts';

const block = (params: string, returns: string): string =>
  `block probe(${params}) {\n  return ${returns}\n}\n`;

function results(p: Probe, given: Readonly<Record<string, readonly number[]>>) {
  const inputs = new Map(
    p.graph.inputs.map(({ id, name }) => {
      const { dtype, shape } = p.graph.types[id]!;
      const made = { i32: Int32Array, bool: Uint8Array }[dtype as 'i32' | 'bool'] ?? Float64Array;
      return [name, { dtype, shape: shape as readonly number[], data: made.from(given[name] ?? []) }];
    }),
  );
  return evaluate(p.graph, inputs, { precision: 'f64' });
}

describe('put', () => {
  const rows: ProbeInput = { shape: [3, 2], rows: true };
  const buffer: ProbeInput = { shape: [5, 2] };
  const source = block('x: float[B, D], buffer: float[K, D], at: index(K)', 'put(buffer, x, at)');
  const old = Array.from({ length: 10 }, (_, i) => -i);
  const put = (at: number, real: readonly number[]): number[] => {
    const inputs = { x: rows, buffer, at: { shape: [], of: 5 } };
    const given = { x: [1, 2, 3, 4, 5, 6], buffer: old, at: [at], rows: real };
    return [...(results(probe(source, inputs), given).get('out')?.data ?? [])];
  };

  test.each([
    [0, [1, 2, 3, 4, 5, 6, -6, -7, -8, -9]],
    [2, [-0, -1, -2, -3, 1, 2, 3, 4, 5, 6]],
    [4, [3, 4, 5, 6, -4, -5, -6, -7, 1, 2]],
  ])('at %i goes on around the end', (at, expected) => {
    expect(put(at, [1, 1, 1])).toEqual(expected);
  });

  test('where a row is dropped the buffer stays as it was', () => {
    expect(put(4, [1, 0, 1])).toEqual([-0, -1, 5, 6, -4, -5, -6, -7, 1, 2]);
  });

  test('keeps what is promised of both', () => {
    const held = (x: string): string =>
      `block held(x: ${x}[4, D]) -> unit float[9, D] {\n  state rows: unit float[9, D] = normal(1) |> unit()\n  state at: index(9) = 0\n  update rows = put(rows, x, at)\n  update at = (at + 4) % 9\n  return rows\n}\n`;
    expect(checkSpec(held('unit float')).rendered).toBe('');
    expect(checkSpec(held('float')).codes).toEqual(['state-changes']);
  });

  test('more rows than the buffer has are refused', () => {
    const spec =
      'block held(x: float[4, D]) -> float[3, D] {\n  return put(x[:3, :], x, argmax(x[:3, 0]))\n}\n';
    expect(checkSpec(spec).rendered).toContain('at most as many rows as float[3, D] has');
  });
});

describe('positions that go round', () => {
  test('a remainder by a dim points into it', () => {
    const round = probe(block('i: index(K)[B]', '(i + 3 - 1) % 4'), { i: { shape: [3], of: 9 } });
    expect([...(results(round, { i: [0, 1, 7] }).get('out')?.data ?? [])]).toEqual([2, 3, 1]);
    const table =
      'block row(x: float[4, D], i: index(9)) -> float[D] {\n  return gather(x, (i + 1) % 4)\n}\n';
    expect(checkSpec(table).rendered).toBe('');
  });

  test('a sum of positions alone is no index', () => {
    expect(checkSpec('block next(i: index(4)[B]) {\n  return «i» + 1\n}\n').codes).toEqual(['wrong-kind']);
    expect(checkSpec('block next(i: index(4)[B]) {\n  return (i * 2) % 4\n}\n').codes).toEqual([
      'wrong-kind',
    ]);
  });
});

describe('max_pool', () => {
  test.each([
    [3, 2, 1],
    [2, 2, 0],
    [3, 1, 1],
  ])('of windows of %i, stride %i, pad %i', (size, stride, pad) => {
    const shape = [2, 5, 4, 3] as const;
    const x = wave({ shape, phase: 1 });
    const [n, h, w, c] = shape;
    const made = probe(
      block('x: float[B, H, W, C]', `max_pool(x, size: ${size}, stride: ${stride}, pad: ${pad}) - 1000`),
      { x: { shape } },
    );
    const out = results(made, { x: [...x.data] }).get('out');
    const [rows, columns] = [h, w].map(d => Math.floor((d + 2 * pad - size) / stride) + 1) as [
      number,
      number,
    ];
    expect(out?.shape).toEqual([n, rows, columns, c]);
    const expected: number[] = [];
    for (let b = 0; b < n; b++)
      for (let i = 0; i < rows; i++)
        for (let j = 0; j < columns; j++)
          for (let k = 0; k < c; k++) {
            let best = Number.NEGATIVE_INFINITY;
            for (let a = 0; a < size * size; a++) {
              const [y, z] = [i * stride + Math.floor(a / size) - pad, j * stride + (a % size) - pad];
              if (y >= 0 && y < h && z >= 0 && z < w)
                best = Math.max(best, x.data[((b * h + y) * w + z) * c + k] ?? Number.NaN);
            }
            expected.push(best - 1000);
          }
    expect([...(out?.data ?? [])]).toEqual(expected.map(v => expect.closeTo(v, 6)));
  });

  test('a window of padding alone is refused', () => {
    const spec = 'block half(x: float[N..., 4, 4, C]) {\n  return max_pool(x, size: 2, pad: 2)\n}\n';
    expect(checkSpec(spec).rendered).toContain(
      'pad of max_pool may be at most half of the window, 2; it is 2',
    );
  });
});
