// Every metric, by its name.

import { accuracy, topK } from './accuracy.ts';
import { entityF1 } from './entities.ts';
import { macroF1 } from './f1.ts';
import { meanValue } from './mean.ts';
import type { MetricDef } from './metric.ts';
import { objectiveMean, perplexity } from './objective.ts';
import { meanAveragePrecision, mrr, recall } from './retrieval.ts';
import { exactMatch, spanF1 } from './spans.ts';
import { characterErrors, wordErrors } from './word-errors.ts';

const all: readonly MetricDef[] = [
  recall,
  mrr,
  meanAveragePrecision,
  accuracy,
  topK,
  macroF1,
  entityF1,
  exactMatch,
  spanF1,
  wordErrors,
  characterErrors,
  perplexity,
  meanValue,
];

/** Those that are called, as `accuracy(…)`; an objective is measured by its name alone. */
export const metrics: ReadonlyMap<string, MetricDef> = new Map(all.map(m => [m.name, m]));

/** The metric of a checked measure. */
export function metricNamed(name: string): MetricDef {
  const found = name === objectiveMean.name ? objectiveMean : metrics.get(name);
  if (found === undefined) throw new Error(`there is no metric ${name}`);
  return found;
}

/** How a metric is called: `recall(align, at: [1, 5, 10])`. */
export function showCall({ name, params }: MetricDef): string {
  const shown = params.map(p => (p.kind === 'ranks' ? `${p.name}: [${p.fallback.join(', ')}]` : p.name));
  return `${name}(${shown.join(', ')})`;
}
