// Errors of transcripts, as jiwer counts them: over a whole set, not row by row.

import { keptOf, type MetricDef, ownName, ratio, single } from './metric.ts';

/** The least number of insertions, deletions and replacements between two sequences (Levenshtein, 1966). */
export function editDistance(a: readonly string[], b: readonly string[]): number {
  let before = b.map((_, j) => j + 1);
  for (const [i, x] of a.entries()) {
    const row: number[] = [];
    for (const [j, y] of b.entries()) {
      const replaced = (j === 0 ? i : (before[j - 1] ?? 0)) + (x === y ? 0 : 1);
      const left = (j === 0 ? i + 1 : (row[j - 1] ?? 0)) + 1;
      row.push(Math.min(replaced, left, (before[j] ?? 0) + 1));
    }
    before = row;
  }
  return before.at(-1) ?? a.length;
}

const words = (text: string): readonly string[] => text.split(/\s+/).filter(w => w !== '');
const characters = (text: string): readonly string[] => [...text.trim()];

const tokens = (name: string) =>
  ({
    kind: 'value',
    name,
    wants: 'a text',
    fits: t => t.element === 'index' && t.of === 'text' && t.axes === 2,
  }) as const satisfies MetricDef['params'][number];

function errorRate(name: string, doc: string, parts: (text: string) => readonly string[]): MetricDef {
  return {
    name,
    doc,
    params: [tokens('predicted'), tokens('reference')],
    alike: ['predicted', 'reference'],
    better: 'less',
    shows: 'percent',
    ...ownName,
    fold: m => {
      const rate = ratio();
      return {
        add: batch => {
          for (let row = 0; row < batch.rows; row++) {
            const [said, wanted] = ['predicted', 'reference'].map(n =>
              parts(m.read(n, keptOf(batch.value(n), row))),
            );
            rate.add(editDistance(wanted ?? [], said ?? []), wanted?.length ?? 0);
          }
        },
        finish: () => single(m, rate.value()),
      };
    },
  };
}

export const wordErrors = errorRate(
  'wer',
  'Word error rate: all edits of all rows over all words of the references (jiwer).',
  words,
);
export const characterErrors = errorRate(
  'cer',
  'Character error rate: the same over characters, spaces between words among them.',
  characters,
);
