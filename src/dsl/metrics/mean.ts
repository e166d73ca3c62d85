// The mean of an expression over a whole set.

import { keptOf, type MetricDef, ownName, ratio, single } from './metric.ts';

export const meanValue: MetricDef = {
  name: 'mean',
  doc: 'The mean of an expression over all real positions of the set; less is taken for better.',
  params: [
    {
      kind: 'value',
      name: 'value',
      wants: 'floats, one or more for each row',
      fits: t => t.element === 'float',
    },
  ],
  better: 'less',
  shows: 'number',
  ...ownName,
  fold: m => {
    const mean = ratio();
    return {
      add: batch => {
        const value = batch.value('value');
        for (let row = 0; row < batch.rows; row++) for (const v of keptOf(value, row)) mean.add(v, 1);
      },
      finish: () => single(m, mean.value()),
    };
  },
};
