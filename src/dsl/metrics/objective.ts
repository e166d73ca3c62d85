// Measures of an objective: its mean over a set, and the perplexity, its exponential.

import { type FoldContext, type FoldResult, type MetricDef, ownName, ratio, single } from './metric.ts';

/** Folds a batch's mean by how many positions it is the mean of. */
const meanOf = (m: FoldContext, shown: (mean: number) => number): ReturnType<MetricDef['fold']> => {
  const mean = ratio();
  return {
    add: batch => {
      const weight = batch.value('weight').data[0] ?? 0;
      // A batch without a counted position has no mean: 0 · NaN would spoil the sum.
      if (weight > 0) mean.add((batch.value('value').data[0] ?? Number.NaN) * weight, weight);
    },
    finish: (): FoldResult => single(m, shown(mean.value())),
  };
};

/** Spelled by the objective's own name alone. */
export const objectiveMean: MetricDef = {
  name: 'objective',
  doc: 'The mean of an objective over the set.',
  params: [{ kind: 'objective', name: 'objective' }],
  better: 'less',
  shows: 'number',
  ...ownName,
  fold: m => meanOf(m, mean => mean),
};

export const perplexity: MetricDef = {
  name: 'perplexity',
  doc: 'exp of the mean of a cross entropy in nats: how many equally likely choices it is worth.',
  params: [{ kind: 'objective', name: 'objective' }],
  better: 'less',
  shows: 'number',
  ...ownName,
  fold: m => meanOf(m, Math.exp),
};
