import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Session } from '../../src/backends/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import type { MeasureSpec } from '../../src/compiler/program.ts';
import {
  averagePrecision,
  chanceOf,
  recallAt,
  reciprocalRank,
  topCandidates,
} from '../../src/dsl/metrics/ranking.ts';
import type { DataSource } from '../../src/train/feeds.ts';
import { runMeasure } from '../../src/train/measure.ts';

import { batchSpec, f32, span, toyProgram } from './toy.ts';

const vectors = (...rows: readonly (readonly number[])[]): Float32Array[] =>
  rows.map(r => Float32Array.from(r));

describe('recall', () => {
  it('ranks distinct answers; any row of an equal value is right', () => {
    const pictures = { vectors: vectors([1, 0], [0.9, 0.1], [0, 1]), keys: ['p0', 'p1', 'p2'] };
    const captions = { vectors: vectors([1, 0], [1, 0], [0.6, 0.8]), keys: ['cat', 'cat', 'dog'] };
    expect(recallAt(pictures, captions, [1]).map(r => r.value)).toEqual([1]);
    // Two of the three drawings are right for the cat, the third is the dog's.
    const [back] = recallAt(captions, pictures, [1]);
    expect(back!.value).toBe(1);
    expect(back!.chance).toBeCloseTo((2 / 3 + 2 / 3 + 1 / 3) / 3);
    expect(topCandidates(pictures, captions, 2, 2)).toEqual([
      { row: 2, score: expect.closeTo(0.8), right: true },
      { row: 0, score: 0, right: false },
    ]);
  });

  it('counts ties and NaN against the model', () => {
    const same = { vectors: vectors([1, 0], [1, 0], [1, 0]), keys: ['a', 'b', 'c'] };
    expect(recallAt(same, same, [1, 2, 3]).map(r => r.value)).toEqual([0, 0, 1]);
    const broken = { vectors: vectors([Number.NaN, 0], [Number.NaN, 0]), keys: ['a', 'b'] };
    expect(recallAt(broken, broken, [1])[0]!.value).toBe(0);
  });

  it('the reciprocal rank and the average precision, against every ranking tried', () => {
    // Two of four are right for the first question: scores of the candidates in each order.
    const orders = [0, 1, 2, 3].flatMap(a => [0, 1, 2, 3].filter(b => b !== a).map(b => [a, b] as const));
    const keys = ['x', 'x', 'y', 'z'];
    const results = orders.map(places => {
      const scores = [0, 0, 0, 0];
      const rest = [0, 1, 2, 3].filter(p => !places.includes(p as never));
      for (const [i, p] of [...places, ...rest].entries()) scores[i] = 4 - p;
      const to = { vectors: scores.map(s => Float32Array.of(s)), keys: ['p', 'q', 'r', 's'] };
      const from = { vectors: keys.map(() => Float32Array.of(1)), keys };
      const [first, second] = [...places].sort((a, b) => a - b);
      const alone = { vectors: from.vectors.slice(0, 1), keys: from.keys.slice(0, 1) };
      const all = { ...alone, vectors: from.vectors.slice(0, 2), keys: keys.slice(0, 2) };
      const wanted = { rr: 1 / (first! + 1), ap: (1 / (first! + 1) + 2 / (second! + 1)) / 2 };
      // Rows x, x ask with one value: both counterparts p and q are right for each.
      const found = {
        rr: reciprocalRank({ ...all, vectors: all.vectors }, to),
        ap: averagePrecision({ ...all, vectors: all.vectors }, to),
      };
      expect(found.rr.value).toBeCloseTo(wanted.rr, 6);
      expect(found.ap.value).toBeCloseTo(wanted.ap, 6);
      return { ...wanted, chance: [found.rr.chance, found.ap.chance] };
    });
    const mean = (of: (r: (typeof results)[number]) => number): number =>
      results.reduce((n, r) => n + of(r), 0) / results.length;
    expect(results[0]!.chance[0]).toBeCloseTo(
      mean(r => r.rr),
      6,
    );
    expect(results[0]!.chance[1]).toBeCloseTo(
      mean(r => r.ap),
      6,
    );
  });

  it('has as chance the mean of a random ranking', () => {
    expect(chanceOf(1275, 1, 10)).toBeCloseTo(10 / 1275);
    expect(chanceOf(4, 4, 1)).toBe(1);
    expect(chanceOf(2, 1, 5)).toBe(1);
    expect(chanceOf(10, 3, 2)).toBeCloseTo(1 - (7 / 10) * (6 / 9));
  });
});

const size = 4;

/** A session that embeds x as it is on the left and turned a little on the right. */
const session: Session = {
  async run(_, feeds) {
    const x = feeds.get('x')!;
    const turned = f32(
      x.shape,
      [...x.data].map((v, i) => v + 0.3 * Math.sin(i % size)),
    );
    const keep = feeds.get('keep')!.data;
    const rows = [...keep].filter(k => k === 1).length;
    const firsts = [...keep].map((k, i) => (k === 1 ? (x.data[i * size] ?? 0) : 0));
    return new Map<string, HostTensor>([
      ['left', x],
      ['right', turned],
      ['value', f32([], [firsts.reduce((s, v) => s + v, 0) / rows])],
      [
        'predicted',
        f32(
          [keep.length],
          [...keep].map(() => 1),
        ),
      ],
      [
        'target',
        f32(
          [keep.length],
          firsts.map(v => (v > 0 ? 1 : 0)),
        ),
      ],
      ['weight', f32([], [rows])],
    ]);
  },
  write: async () => undefined,
  read: async () => new Map(),
  close: async () => undefined,
};

function data(rows: readonly (readonly number[])[]): DataSource {
  return {
    stream: async () => {
      throw new Error('not asked for');
    },
    async *sweep(spec) {
      for (let at = 0; at < rows.length; at += spec.size) {
        const part = rows.slice(at, at + spec.size);
        const x = Array.from(
          { length: spec.size * size },
          (_, i) => part[Math.floor(i / size)]?.[i % size] ?? NaN,
        );
        const keep = Uint8Array.from({ length: spec.size }, (_, i) => (i < part.length ? 1 : 0));
        yield {
          feeds: new Map<string, HostTensor>([
            ['x', f32([spec.size, size], x)],
            ['keep', { dtype: 'bool', shape: [spec.size], data: keep }],
          ]),
          rows: part.length,
          ids: part.map((_, i) => `row ${at + i}`),
        };
      }
    },
  };
}

type Kind = Pick<MeasureSpec, 'metric' | 'ranks' | 'sides' | 'values'>;
const fetched = (...names: readonly string[]): MeasureSpec['values'] =>
  names.map(name => ({ name, fetch: name, keep: undefined, size: 5, labels: undefined, text: undefined }));

function measure(batch: number, kind: Kind): MeasureSpec {
  const spec = batchSpec(batch);
  const [field] = spec.fields;
  const feeds = field!.feeds.map(f => ({ ...f, shape: [batch, size] }));
  const { train } = toyProgram(1, undefined);
  const fields = ['x', 'z'].map(name => ({ ...field!, name, feeds }));
  return {
    ...kind,
    name: 'seen',
    entry: { ...train, scalars: [], batches: [{ ...spec, fields }] },
    every: undefined,
    span,
  };
}

const align = { ranks: [1, 3], sides: ['x', 'z'], values: fetched('left', 'right') } as const;
const kinds: readonly Kind[] = [
  { metric: 'recall', ...align },
  { metric: 'mrr', ...align },
  { metric: 'mean_average_precision', ...align },
  { metric: 'objective', ranks: [], sides: ['', ''], values: fetched('value', 'weight') },
  { metric: 'perplexity', ranks: [], sides: ['', ''], values: fetched('value', 'weight') },
  { metric: 'accuracy', ranks: [], sides: ['', ''], values: fetched('predicted', 'target') },
  { metric: 'mean', ranks: [], sides: ['', ''], values: [{ ...fetched('left')[0]!, name: 'value' }] },
];

describe('measures', () => {
  it.each(kinds)('$metric is the same at every batch size', async kind => {
    const row = fc.array(fc.double({ min: -1, max: 1, noNaN: true }), { minLength: size, maxLength: size });
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 17 }), async rows => {
        const results = [];
        for (const batch of [1, 2, 5, 16, 40])
          results.push(
            await runMeasure({
              session,
              entry: 'm',
              measure: measure(batch, kind),
              data: data(rows),
              seed: 0,
            }),
          );
        for (const result of results) {
          expect(result.samples).toBe(rows.length);
          expect(result.chance).toEqual(results[0]!.chance);
          for (const [name, value] of result.metrics)
            expect(value).toBeCloseTo(results[0]!.metrics.get(name)!, 6);
        }
      }),
      { numRuns: 20 },
    );
  });

  it('names metrics by direction and says what chance gives', async () => {
    const rows = [
      [1, 0, 0, 0],
      [0, 1, 0, 0],
      [0, 0, 1, 0],
      [0, 0, 0, 1],
    ];
    const run = { session, entry: 'm', measure: measure(3, kinds[0]!), data: data(rows), seed: 0 };
    const result = await runMeasure(run);
    expect([...result.metrics.keys()]).toEqual(['x-to-z/R@1', 'x-to-z/R@3', 'z-to-x/R@1', 'z-to-x/R@3']);
    expect(Object.fromEntries(result.chance)).toMatchObject({ 'x-to-z/R@1': 0.25, 'x-to-z/R@3': 0.75 });
    expect(result.split).toBe('toy.train');
    expect(result.retrieval?.ids).toEqual(['row 0', 'row 1', 'row 2', 'row 3']);
    const accuracy = await runMeasure({ ...run, measure: measure(3, kinds[5]!) });
    expect([...accuracy.metrics.values(), ...accuracy.chance.values()]).toEqual([0.25, 0.2]);
  });
});
