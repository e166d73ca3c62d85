// Shares of right answers: the best one, one of the best k.

import { type MetricDef, ownName, pairsOf, ratio, single } from './metric.ts';

export const accuracy: MetricDef = {
  name: 'accuracy',
  doc: 'The share of positions where an index is the right one.',
  params: [
    { kind: 'value', name: 'predicted', wants: 'an index for each row', fits: t => t.element === 'index' },
    { kind: 'value', name: 'target', wants: 'an index for each row', fits: t => t.element === 'index' },
  ],
  alike: ['predicted', 'target'],
  better: 'more',
  shows: 'number',
  ...ownName,
  fold: m => {
    const share = ratio();
    return {
      add: batch => {
        for (const row of pairsOf(batch.value('predicted'), batch.value('target'), batch.rows))
          for (const [predicted, target] of row) share.add(predicted === target ? 1 : 0, 1);
      },
      finish: () => single(m, share.value(), 1 / m.size('target')),
    };
  },
};

export const topK: MetricDef = {
  name: 'top_k',
  doc: 'The share of positions where the right index is among the k highest scores; of equal scores the others come first.',
  params: [
    {
      kind: 'value',
      name: 'scores',
      wants: 'scores along the last axis',
      fits: t => t.element === 'float' && t.axes >= 2,
    },
    { kind: 'value', name: 'target', wants: 'an index for each row', fits: t => t.element === 'index' },
    { kind: 'ranks', name: 'at', fallback: [1, 5] },
  ],
  better: 'more',
  shows: 'number',
  gives: ({ name, ranks }) => ranks.map(k => `${name}@${k}`),
  leads: ({ name, ranks }) => `${name}@${ranks[0] ?? 1}`,
  fold: m => {
    const shares = m.ranks.map(() => ratio());
    return {
      add: batch => {
        const [scores, target] = [batch.value('scores'), batch.value('target')];
        const width = scores.shape.at(-1) ?? 1;
        const each = target.shape.slice(1).reduce((n, d) => n * d, 1);
        for (let i = 0; i < batch.rows * each; i++) {
          if ((target.keep?.[i] ?? 1) !== 1) continue;
          const own = scores.data[i * width + (target.data[i] ?? 0)] ?? Number.NaN;
          let before = 0;
          for (let j = 0; j < width; j++)
            if (j !== target.data[i] && !((scores.data[i * width + j] ?? Number.NaN) < own)) before += 1;
          for (const [r, k] of m.ranks.entries()) shares[r]?.add(before < k ? 1 : 0, 1);
        }
      },
      finish: () => ({
        metrics: new Map(m.ranks.map((k, r) => [`${m.name}@${k}`, shares[r]?.value() ?? Number.NaN])),
        chance: new Map(m.ranks.map(k => [`${m.name}@${k}`, Math.min(1, k / m.size('target'))])),
      }),
    };
  },
};
