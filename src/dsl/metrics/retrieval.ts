// Measures of an align: how near the top each row's counterpart is, among all different values of the set, both ways.

import type { Embedded, FoldContext, FoldResult, MeasuredBatch, MetricDef } from './metric.ts';
import { averagePrecision, type Ranking, recallAt, reciprocalRank } from './ranking.ts';

const side = () => {
  const vectors: Float32Array[] = [];
  const keys: string[] = [];
  return {
    embedded: { vectors, keys } satisfies Embedded,
    add(batch: MeasuredBatch, of: 'left' | 'right'): void {
      const { data, shape } = batch.value(of);
      const width = shape.slice(1).reduce((n, d) => n * d, 1);
      for (let row = 0; row < batch.rows; row += 1) {
        vectors.push(Float32Array.from({ length: width }, (_, i) => data[row * width + i] ?? Number.NaN));
        keys.push(batch.key(of, row));
      }
    },
  };
};

/** Both directions of an align: from one side's name to the other's. */
function bothWays(
  judge: (
    from: Embedded,
    to: Embedded,
    direction: string,
  ) => readonly (Ranking & { readonly name: string })[],
): (m: FoldContext) => ReturnType<MetricDef['fold']> {
  return m => {
    const [left, right] = [side(), side()];
    return {
      add: batch => {
        left.add(batch, 'left');
        right.add(batch, 'right');
      },
      finish: (): FoldResult => {
        const [a, b] = m.sides;
        const found = [
          ...judge(left.embedded, right.embedded, `${a}-to-${b}`),
          ...judge(right.embedded, left.embedded, `${b}-to-${a}`),
        ];
        return {
          metrics: new Map(found.map(f => [f.name, f.value])),
          chance: new Map(found.map(f => [f.name, f.chance])),
          sides: { left: left.embedded, right: right.embedded },
        };
      },
    };
  };
}

export const recallName = (from: string, to: string, k: number): string => `${from}-to-${to}/R@${k}`;

export const recall: MetricDef = {
  name: 'recall',
  doc: 'The share of rows whose counterpart is among the k nearest of all of the split’s different values, both ways: `picture-to-caption/R@1`.',
  params: [
    { kind: 'align', name: 'align' },
    { kind: 'ranks', name: 'at', fallback: [1, 5, 10] },
  ],
  better: 'more',
  shows: 'percent',
  gives: ({ ranks, sides: [a, b] }) => [
    ...ranks.map(k => recallName(a, b, k)),
    ...ranks.map(k => recallName(b, a, k)),
  ],
  // The largest k of the first direction: the finest scale that few examples allow.
  leads: ({ ranks, sides: [a, b] }) => recallName(a, b, ranks.at(-1) ?? 1),
  fold: m =>
    bothWays((from, to, direction) =>
      recallAt(from, to, m.ranks).map(r => ({ ...r, name: `${direction}/R@${r.k}` })),
    )(m),
};

function ranked(
  name: string,
  short: string,
  doc: string,
  judge: (from: Embedded, to: Embedded) => Ranking,
): MetricDef {
  return {
    name,
    doc,
    params: [{ kind: 'align', name: 'align' }],
    better: 'more',
    shows: 'number',
    gives: ({ sides: [a, b] }) => [`${a}-to-${b}/${short}`, `${b}-to-${a}/${short}`],
    leads: ({ sides: [a, b] }) => `${a}-to-${b}/${short}`,
    fold: bothWays((from, to, direction) => [{ ...judge(from, to), name: `${direction}/${short}` }]),
  };
}

export const mrr = ranked(
  'mrr',
  'MRR',
  'The mean reciprocal rank of the best placed counterpart, both ways.',
  reciprocalRank,
);
export const meanAveragePrecision = ranked(
  'mean_average_precision',
  'mAP',
  'The mean over rows of the mean precision at each counterpart’s rank, both ways.',
  averagePrecision,
);
