// Metrics on small sets worked out by hand, or by the scripts that define them.

import { describe, expect, it } from 'vitest';
import { entitiesIn } from '../../src/dsl/metrics/entities.ts';
import type { FoldContext, MeasuredTensor } from '../../src/dsl/metrics/metric.ts';
import { answerF1, normalized } from '../../src/dsl/metrics/spans.ts';
import { metricNamed, metrics } from '../../src/dsl/metrics/table.ts';
import { editDistance } from '../../src/dsl/metrics/word-errors.ts';

const tensor = (
  rows: readonly (number | readonly number[])[],
  keep?: readonly (readonly number[])[],
): MeasuredTensor => {
  const width = Array.isArray(rows[0]) ? [(rows[0] as readonly number[]).length] : [];
  return { data: rows.flat() as number[], shape: [rows.length, ...width], keep: keep?.flat() };
};

function fold(
  metric: string,
  batches: readonly Readonly<Record<string, MeasuredTensor>>[],
  context: Partial<FoldContext> = {},
) {
  const made = metricNamed(metric).fold({
    name: metric,
    ranks: [],
    sides: ['', ''],
    size: () => 4,
    labels: () => [],
    read: (_, tokens) => tokens.map(t => 'abcdefgh '[t] ?? '?').join(''),
    ...context,
  });
  for (const values of batches)
    made.add({
      rows: Math.min(...Object.values(values).map(v => v.shape[0] ?? 1)),
      value: name => values[name]!,
      key: () => '',
    });
  const { metrics: found, chance } = made.finish();
  return { value: Object.fromEntries(found), chance: Object.fromEntries(chance) };
}

it('every metric says what it gives, and leads with one of it', () => {
  for (const def of metrics.values()) {
    const context = { name: 'm', ranks: [1, 5], sides: ['a', 'b'] as const };
    const gives = def.gives({ ...context, sides: ['a', 'b'] });
    expect(gives.length).toBeGreaterThan(0);
    expect(gives).toContain(def.leads({ ...context, sides: ['a', 'b'] }));
  }
});

describe('entity_f1', () => {
  const names = ['O', 'B-PER', 'I-PER', 'B-LOC', 'I-LOC'];
  it('reads strict IOB2', () => {
    const read = (tags: string) => [...entitiesIn(tags.split(' '))];
    expect(read('B-PER I-PER O B-LOC')).toEqual(['PER 0 1', 'LOC 3 3']);
    // I without B, of another type, behind O: no entity, and none goes on.
    expect(read('I-PER I-PER O')).toEqual([]);
    expect(read('B-PER I-LOC I-LOC')).toEqual(['PER 0 0']);
    expect(read('B-PER B-PER I-PER')).toEqual(['PER 0 0', 'PER 1 2']);
    expect(read('B_PER I_PER')).toEqual(['PER 0 1']);
  });
  it('counts types and both ends over the whole set, at positions that both have', () => {
    const batches = [
      {
        predicted: tensor([[1, 2, 0, 3, 3]], [[1, 1, 1, 1, 0]]),
        target: tensor([[1, 2, 0, 3, 0]], [[1, 1, 1, 1, 1]]),
      },
      { predicted: tensor([[1, 0, 3, 4, 0]]), target: tensor([[1, 2, 3, 4, 0]]) },
    ];
    const found = fold('entity_f1', batches, { labels: () => names });
    // Found PER, LOC, PER (too short), LOC; three of the four wanted.
    expect(found.value).toMatchObject({
      'entity_f1/precision': 0.75,
      'entity_f1/recall': 0.75,
      entity_f1: 0.75,
    });
  });
});

describe('wer and cer', () => {
  it('are edits over the whole set', () => {
    expect(editDistance([...'kitten'], [...'sitting'])).toBe(3);
    expect([editDistance([], ['a']), editDistance(['a', 'b'], [])]).toEqual([1, 2]);
    // Texts "ab cd" and "a", heard as "ab" and "c d": 1 + 2 edits of 3 words.
    const batches = [
      { predicted: tensor([[0, 1, 0, 0, 0]], [[1, 1, 0, 0, 0]]), reference: tensor([[0, 1, 8, 2, 3]]) },
      { predicted: tensor([[2, 8, 3]]), reference: tensor([[0, 0, 0]], [[1, 0, 0]]) },
    ];
    expect(fold('wer', batches).value.wer).toBeCloseTo(1, 9);
    // "ab" for "ab cd": 3; "c d" for "a": 3; of 6 characters.
    expect(fold('cer', batches).value.cer).toBeCloseTo(1, 9);
    const perfect = [{ predicted: tensor([[0, 8, 1]]), reference: tensor([[0, 8, 1]]) }];
    expect([fold('wer', perfect).value.wer, fold('cer', perfect).value.cer]).toEqual([0, 0]);
  });
  it('are not numbers where there is no reference', () => {
    expect(fold('wer', [{ predicted: tensor([[0]]), reference: tensor([[0]], [[0]]) }]).value.wer).toBeNaN();
  });
});

describe('exact_match and span_f1', () => {
  it('compare answers as SQuAD does', () => {
    expect(normalized('The  Quick-brown, a fox!')).toBe('quickbrown fox');
    expect(answerF1('the big dog', 'a dog')).toBeCloseTo(2 / 3, 9);
    expect([answerF1('', ''), answerF1('', 'x'), answerF1('x', 'y')]).toEqual([1, 0, 0]);
  });
  it('read tokens from start to end; the first position is no answer', () => {
    const batch = {
      'predicted.start': tensor([1, 0, 3]),
      'predicted.end': tensor([3, 0, 1]),
      'target.start': tensor([1, 0, 3]),
      'target.end': tensor([1, 0, 3]),
      text: tensor([
        [7, 1, 8, 2, 7],
        [7, 1, 8, 2, 7],
        [7, 1, 8, 2, 7],
      ]),
    };
    // "b c" for "b": half; none for none; an end before its start for "c".
    expect(fold('exact_match', [batch]).value.exact_match).toBeCloseTo(1 / 3, 9);
    expect(fold('span_f1', [batch]).value.span_f1).toBeCloseTo((2 / 3 + 1 + 0) / 3, 9);
  });
});

describe('classes', () => {
  it('f1 is the mean over labels that occur', () => {
    const batch = { predicted: tensor([0, 0, 1, 2]), target: tensor([0, 1, 1, 1]) };
    // Label 0: 2·1/(2+1), 1: 2·1/(1+3), 2: 0.
    expect(fold('f1', [batch]).value.f1).toBeCloseTo((2 / 3 + 0.5 + 0) / 3, 9);
  });
  it('accuracy and top_k count positions that both have, ties against the model', () => {
    const batch = {
      predicted: tensor([[0, 1, 2]], [[1, 1, 0]]),
      target: tensor([[0, 2, 2]], [[1, 1, 1]]),
    };
    expect(fold('accuracy', [batch])).toEqual({ value: { accuracy: 0.5 }, chance: { accuracy: 0.25 } });
    const scores = {
      scores: tensor([
        [3, 2, 1, 0],
        [1, 1, 0, 0],
      ]),
      target: tensor([1, 1]),
    };
    expect(fold('top_k', [scores], { ranks: [1, 2] })).toEqual({
      value: { 'top_k@1': 0, 'top_k@2': 1 },
      chance: { 'top_k@1': 0.25, 'top_k@2': 0.5 },
    });
  });
  it('mean and perplexity weigh by what is counted', () => {
    expect(
      fold('mean', [
        {
          value: tensor(
            [
              [1, 2],
              [3, 9],
            ],
            [
              [1, 1],
              [1, 0],
            ],
          ),
        },
      ]).value.mean,
    ).toBe(2);
    const losses = [
      { value: tensor([1]), weight: tensor([3]) },
      { value: tensor([2]), weight: tensor([1]) },
      { value: tensor([Number.NaN]), weight: tensor([0]) },
    ];
    expect(fold('objective', losses).value.objective).toBeCloseTo(1.25, 9);
    expect(fold('perplexity', losses).value.perplexity).toBeCloseTo(Math.exp(1.25), 9);
  });
});
