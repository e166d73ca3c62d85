// scan: what it carries and collects, in both directions, over dropped positions, with shared weights and draws of
// each position's own.

import { describe, expect, test } from 'vitest';
import { evaluate } from '../../../src/backends/reference/evaluate.ts';
import { checkSpec } from './check-spec.ts';
import { feeds, type Kept, keptValues, type ProbeInput, probe, run } from './probe.ts';

const all: Kept = { rows: [true, true, true], places: () => true };
const x: ProbeInput = { shape: [3, 4, 2] };
const padded: ProbeInput = { ...x, rows: true, places: true };
const body = (statements: string): string => `block probe(x: float[N..., T, D]) {\n${statements}\n}\n`;
const sums = body(
  '  let h = expand(0, [N, D])\n  scan step in x {\n    h = 0.5 * h + step\n    collect seen = h\n  }\n  return { h, seen }',
);

/** h = h / 2 + x[t] by hand, over the positions that are kept. */
function halving(
  data: ArrayLike<number>,
  row: number,
  d: number,
  places: readonly number[],
): readonly number[] {
  let h = 0;
  return places.map(t => {
    h = 0.5 * h + (data[(row * 4 + t) * 2 + d] ?? 0);
    return h;
  });
}

describe('a scan', () => {
  test('carries from position to position and collects along the axis', () => {
    const p = probe(sums, { x });
    const given = feeds(p, all, 0);
    const data = given.get('x')!.data;
    const found = run(p, given);
    expect(found.get('out.seen')!.shape).toEqual([3, 4, 2]);
    for (const [row, d] of [
      [0, 0],
      [1, 1],
      [2, 0],
    ] as const) {
      const wanted = halving(data, row, d, [0, 1, 2, 3]);
      expect(found.get('out.h')!.data[row * 2 + d]).toBeCloseTo(wanted[3]!, 6);
      for (const [t, v] of wanted.entries())
        expect(found.get('out.seen')!.data[(row * 4 + t) * 2 + d]).toBeCloseTo(v, 6);
    }
  });

  test('goes from the last position to the first where it says reverse', () => {
    const p = probe(sums.replace('in x {', 'in x reverse {'), { x });
    const given = feeds(p, all, 0);
    const found = run(p, given);
    const wanted = halving(given.get('x')!.data, 1, 0, [3, 2, 1, 0]);
    const seen = [0, 1, 2, 3].map(t => found.get('out.seen')!.data[(4 + t) * 2]!);
    for (const [i, v] of wanted.entries()) expect(seen[3 - i]).toBeCloseTo(v, 6);
  });

  test('passes what it carries on unchanged where a position is dropped', () => {
    const kept: Kept = { rows: [true, true, false], places: (row, t) => (row + t) % 2 === 0 };
    const p = probe(sums, { x: padded });
    const given = feeds(p, kept, Number.NaN);
    const found = run(p, given);
    const data = given.get('x')!.data;
    expect(found.get('out.h')!.data[0]).toBeCloseTo(halving(data, 0, 0, [0, 2])[1]!, 6);
    expect(found.get('out.h')!.data[2]).toBeCloseTo(halving(data, 1, 0, [1, 3])[1]!, 6);
    const seen = [0, 1].flatMap(row => {
      const places = row === 0 ? [0, 2] : [1, 3];
      const [a, b] = [0, 1].map(d => halving(data, row, d, places));
      return places.flatMap((_, i) => [a![i]!, b![i]!]);
    });
    for (const [i, v] of keptValues(found, 'out.seen').entries()) expect(v).toBeCloseTo(seen[i]!, 6);
    expect(keptValues(found, 'out.seen').length).toBe(seen.length);
  });

  test('over a mean of all rows leaves out rows and positions that are dropped', () => {
    const source = body(
      '  let m = expand(0, [])\n  scan step in x {\n    m = 0.5 * m + mean(step)\n  }\n  return m',
    );
    const kept: Kept = { rows: [true, true, false], places: (row, t) => t < 1 + row };
    const p = probe(source, { x: padded });
    const found = [0, Number.NaN, 7].map(dropped => run(p, feeds(p, kept, dropped)).get('out')!.data[0]);
    const data = feeds(p, kept, 0).get('x')!.data;
    const [a, b, c] = [data[0]! + data[1]!, data[8]! + data[9]!, data[10]! + data[11]!];
    for (const v of found) expect(v).toBeCloseTo(0.5 * ((a + b) / 4) + c / 2, 6);
  });

  test('goes along other axes, and through several values with one carry of each', () => {
    const source =
      'block probe(x: float[N..., T, D], c: index(V)[N..., T]) {\n  let best = expand(-9, [N])\n  let at = c[:, 0]\n  scan row, i in x, c along 1 {\n    let high = max(row, axis: -1)\n    at = where(high > best, i, at)\n    best = max(high, best)\n  }\n  let columns = expand(0, [N, T])\n  scan column in x along -1 {\n    columns = columns + column\n  }\n  return { best, at, columns }\n}\n';
    const p = probe(source, { x, c: { shape: [3, 4], of: 9 } });
    const given = feeds(p, all, 0);
    const found = run(p, given);
    const [data, ids] = [given.get('x')!.data, given.get('c')!.data];
    const first = [...data.slice(0, 8)];
    expect(found.get('out.best')!.data[0]).toBeCloseTo(Math.max(...first), 6);
    expect(found.get('out.at')!.data[0]).toBe(ids[Math.floor(first.indexOf(Math.max(...first)) / 2)]);
    expect(found.get('out.columns')!.data[5]).toBeCloseTo(data[10]! + data[11]!, 6);
  });

  test('has one set of weights for all positions, at the path of the body around it', () => {
    const source = body(
      '  let h = expand(0, [N, D])\n  scan step in x {\n    h = tanh(linear(step, out: D) as read + linear(h, out: D) as state)\n  }\n  return h',
    );
    const p = probe(source, { x: padded }, { gradients: true, loss: true });
    expect(p.weights).toEqual([
      'probe.read.weight',
      'probe.read.bias',
      'probe.state.weight',
      'probe.state.bias',
    ]);
    // Against differences, in double precision.
    const given = feeds(p, { rows: [true, true, false], places: (_, t) => t < 3 }, 0);
    const at = (shift: number, name: string): number => {
      const start = given.get(name)!;
      const moved = new Map([
        ...given,
        [name, { ...start, data: start.data.map((v, i) => (i === 1 ? v + shift : v)) }],
      ]);
      return evaluate(p.graph, moved, { precision: 'f64' }).get('loss')!.data[0]!;
    };
    for (const name of p.weights) {
      const slope = (at(1e-3, name) - at(-1e-3, name)) / 2e-3;
      const found = evaluate(p.graph, given, { precision: 'f64' }).get(`grad ${name}`)!.data[1]!;
      expect(found, name).toBeCloseTo(slope, 4);
    }
  });

  test('draws anew for each position, also in a part that is called with one value', () => {
    const source = body(
      '  part noise = dropout(rate: 0.5)\n  let ones = expand(1, [N, D])\n  scan step in x {\n    collect seen = noise(ones) + 0 * step\n  }\n  return seen',
    );
    const p = probe(source, { x: { shape: [8, 3, 8] } }, { learning: true });
    const found = run(p, feeds(p, all, 0)).get('out')!.data;
    const column = (t: number): string => Array.from({ length: 8 }, (_, d) => found[t * 8 + d]).join();
    expect(new Set([0, 1, 2].map(column)).size).toBe(3);
  });

  test('in a scan, and in a repeat', () => {
    const source = body(
      '  let total = expand(0, [N])\n  scan row in x {\n    let own = expand(0, [N])\n    scan v in row {\n      own = own + v\n    }\n    total = total + own\n  }\n  repeat 2 {\n    scan row in x reverse {\n      total = 0.5 * total + sum(row, axis: -1)\n    }\n  }\n  return total',
    );
    const p = probe(source, { x });
    const given = feeds(p, all, 0);
    const data = given.get('x')!.data;
    const rows = [0, 1, 2, 3].map(t => data[t * 2]! + data[t * 2 + 1]!);
    let wanted = rows.reduce((a, b) => a + b);
    for (let i = 0; i < 2; i++) for (const v of [...rows].reverse()) wanted = 0.5 * wanted + v;
    expect(run(p, given).get('out')!.data[0]).toBeCloseTo(wanted, 5);
  });
});

test('what a position has read is known: a recurrent model may foretell, one that reads backwards may not', () => {
  const lm = (more: string): string =>
    `model Lm {\n  modality text: Text(tokenizer: bpe(300), length: 16)\n  objective next(text: text[B, T]) {\n    let h = gru(embedding(text.ids, width: 8), width: 8${more}) |> linear(out: text)\n    return cross_entropy(h[:, :-1, :], text.ids[:, 1:])\n  }\n}\n`;
  expect(checkSpec(lm('')).codes).toEqual([]);
  expect(checkSpec(lm(', reverse: true')).codes).toEqual(['sees-the-answer']);
});

describe('refused', () => {
  test.each([
    [
      'a scan too long',
      `scan step in x {\n      h = ${'tanh('.repeat(60)}step${')'.repeat(60)}\n    }`,
      ['too-large'],
    ],
    ['a name that is there already', 'scan h in x {\n      h = h\n    }', ['shadowed-name']],
    ['what is no tensor', 'scan step in 3 {\n      h = h + step\n    }', ['wrong-kind']],
    ['an axis that is no number', 'scan step in x along h {\n      h = h + step\n    }', ['wrong-kind']],
    ['more names than values', 'scan a, b in x {\n      h = h + a\n    }', ['names-and-values']],
  ])('%s', (_, scan, codes) => {
    const spec = `model M {\n  modality text: Text(tokenizer: bpe(300), length: 4096)\n  encoder read(t: text[N..., T]) -> float[N..., 8] {\n    let x = embedding(t.ids, width: 8)\n    let h = x[:, 0, :]\n    ${scan}\n    return h\n  }\n  export states(t: text[B, T]) -> float[B, 8] { return read(t) }\n}\n`;
    const { codes: found, rendered } = checkSpec(spec);
    expect(found, rendered).toEqual(codes);
  });
});
