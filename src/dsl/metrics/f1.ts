// F₁ of classes, each counted alike.

import { type MetricDef, ownName, pairsOf, single } from './metric.ts';

/** 2 · right / (found + wanted): the harmonic mean of precision and recall. */
export const f1Of = (right: number, found: number, wanted: number): number =>
  found + wanted === 0 ? 0 : (2 * right) / (found + wanted);

export const macroF1: MetricDef = {
  name: 'f1',
  doc: 'The mean of the F₁ of every label that is predicted or wanted anywhere (macro-averaged).',
  params: [
    {
      kind: 'value',
      name: 'predicted',
      wants: 'an index into labels',
      fits: t => t.of === 'labels' && t.element === 'index',
    },
    {
      kind: 'value',
      name: 'target',
      wants: 'an index into labels',
      fits: t => t.of === 'labels' && t.element === 'index',
    },
  ],
  alike: ['predicted', 'target'],
  better: 'more',
  shows: 'number',
  ...ownName,
  fold: m => {
    const counts = new Map<number, { right: number; found: number; wanted: number }>();
    const of = (label: number) => {
      const known = counts.get(label) ?? { right: 0, found: 0, wanted: 0 };
      counts.set(label, known);
      return known;
    };
    return {
      add: batch => {
        for (const row of pairsOf(batch.value('predicted'), batch.value('target'), batch.rows))
          for (const [predicted, target] of row) {
            of(predicted).found += 1;
            of(target).wanted += 1;
            if (predicted === target) of(target).right += 1;
          }
      },
      finish: () => {
        const each = [...counts.values()].map(c => f1Of(c.right, c.found, c.wanted));
        return single(m, each.length === 0 ? Number.NaN : each.reduce((a, b) => a + b) / each.length);
      },
    };
  },
};
