// Answers as spans of a text, as SQuAD's own script judges them (arXiv:1606.05250, arXiv:1806.03822).

import { f1Of } from './f1.ts';
import { keptOf, type MeasuredBatch, type MetricDef, ownName, ratio, single } from './metric.ts';

/** Small letters, without punctuation and articles, one space between words. */
export const normalized = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[!-/:-@[-`{-~]/g, '')
    .replace(/\b(a|an|the)\b/g, ' ')
    .split(/\s+/)
    .filter(w => w !== '')
    .join(' ');

/** F₁ of the words that two answers share; where one is empty, 1 if both are. */
export function answerF1(found: string, wanted: string): number {
  const [a, b] = [normalized(found), normalized(wanted)].map(t => t.split(' ').filter(w => w !== ''));
  if (a === undefined || b === undefined || a.length === 0 || b.length === 0)
    return Number((a?.length ?? 0) === (b?.length ?? 0));
  const left = new Map<string, number>();
  for (const w of b) left.set(w, (left.get(w) ?? 0) + 1);
  let shared = 0;
  for (const w of a) {
    const n = left.get(w) ?? 0;
    if (n > 0) shared += 1;
    left.set(w, n - 1);
  }
  return f1Of(shared, a.length, b.length);
}

const span = (name: string) =>
  ({
    kind: 'value',
    name,
    wants: '{ start, end }, two positions in the text for each row',
    fields: ['start', 'end'],
    fits: t => t.element === 'index' && t.axes === 1,
  }) as const satisfies MetricDef['params'][number];

function judged(name: string, doc: string, judge: (found: string, wanted: string) => number): MetricDef {
  return {
    name,
    doc,
    params: [
      span('predicted'),
      span('target'),
      {
        kind: 'value',
        name: 'text',
        wants: 'the text that the positions are in',
        fits: t => t.element === 'index' && t.of === 'text' && t.axes === 2,
      },
    ],
    better: 'more',
    shows: 'percent',
    ...ownName,
    fold: m => {
      const mean = ratio();
      const answer = (batch: MeasuredBatch, of: string, row: number): string => {
        const [start, end] = ['start', 'end'].map(f => batch.value(`${of}.${f}`).data[row] ?? 0);
        // A span from the first position to itself is no answer.
        if (start === undefined || end === undefined || end < start || (start === 0 && end === 0)) return '';
        const text = batch.value('text');
        return m.read('text', keptOf({ ...text, keep: undefined }, row).slice(start, end + 1));
      };
      return {
        add: batch => {
          for (let row = 0; row < batch.rows; row++)
            mean.add(judge(answer(batch, 'predicted', row), answer(batch, 'target', row)), 1);
        },
        finish: () => single(m, mean.value()),
      };
    },
  };
}

export const exactMatch = judged(
  'exact_match',
  'The share of rows whose answer reads as the right one, but for case, punctuation and articles (SQuAD); a span from the first position to itself is no answer.',
  (found, wanted) => Number(normalized(found) === normalized(wanted)),
);
export const spanF1 = judged(
  'span_f1',
  'The mean F₁ of the words that answers share with the right ones (SQuAD).',
  answerF1,
);
