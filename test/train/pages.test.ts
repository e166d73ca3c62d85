// What a person sees: progress lines, tables, the result page.

import { describe, expect, it } from 'vitest';
import { alignColumns, metricsTable } from '../../src/cli/metrics-table.ts';
import { channel } from '../../src/cli/output.ts';
import { createProgress, showDuration } from '../../src/cli/progress.ts';
import type { RunEvent } from '../../src/train/events.ts';
import type { Measured } from '../../src/train/measure.ts';
import { spread } from '../../src/train/report.ts';
import { resultPage, showMetric } from '../../src/train/result-page.ts';

const measured: Measured = {
  name: 'seen',
  split: 'emoji.unseen_style',
  samples: 1304,
  metrics: new Map([
    ['picture-to-caption/R@1', 0.3],
    ['picture-to-caption/R@10', 0.005],
  ]),
  chance: new Map([['picture-to-caption/R@1', 0.00077]]),
  shows: 'percent',
  retrieval: undefined,
};
const floor = {
  name: 'nearest picture',
  split: 'emoji.unseen_style',
  metrics: new Map([['picture-to-caption/R@1', 0.359]]),
  settings: '',
};

describe('the result page', () => {
  const page = resultPage({
    title: 'Emoji',
    about: 'seed 1',
    measured: [measured],
    floors: [floor, { ...floor, name: 'of another split', split: 'x' }],
    grids: [
      {
        title: 'unseen',
        cards: [
          {
            picture: 'data:image/png;base64,AA==',
            name: 'noto: cat',
            truth: '<script>alert(1)</script>',
            answers: [
              { text: 'a "dog" & more', score: 0.91, right: false },
              { text: 'cat', score: 0.5, right: true },
            ],
          },
        ],
      },
    ],
  });

  it('has metrics beside chance and the floors of their split', () => {
    const cells = [...page.matchAll(/<t[hd]>([^<]*)</g)].map(m => m[1]);
    expect(cells.slice(0, 8)).toEqual([
      'metric',
      'model',
      'chance',
      'nearest picture',
      'picture-to-caption/R@1',
      '30.0 %',
      '0.08 %',
      '35.9 %',
    ]);
  });

  it('marks answers right and wrong, best first, and lets nothing through', () => {
    expect(page).toContain('<article class="wrong">');
    expect([...page.matchAll(/<li class="(\w+)"/g)].map(m => m[1])).toEqual(['wrong', 'right']);
    expect(page).toContain('a &quot;dog&quot; &amp; more');
    expect(page).not.toContain('<script');
    expect(page).not.toMatch(/(src|href)="(?!data:)/);
  });

  it('shows rows at even distances', () => {
    expect(spread(10, 3)).toEqual([1, 5, 8]);
    expect(spread(2, 36)).toEqual([0, 1]);
    expect(spread(0, 36)).toEqual([]);
  });
});

describe('metrics as text', () => {
  it('stand in columns', () => {
    expect(metricsTable(measured, [floor], t => t)).toMatchInlineSnapshot(`
      "emoji.unseen_style, 1304 examples
                                   model   chance   nearest picture
        picture-to-caption/R@1    30.0 %   0.08 %            35.9 %
        picture-to-caption/R@10   0.50 %"
    `);
    expect(
      alignColumns([
        ['a', '10'],
        ['bcd', '7'],
      ]),
    ).toBe('  a     10\n  bcd    7');
    expect([showMetric('number', 1.23456), showMetric('percent', 0.00077)]).toEqual(['1.235', '0.08 %']);
  });
});

const step = (n: number): RunEvent => ({
  kind: 'step',
  stage: 'align',
  step: n,
  steps: 100,
  loss: 2.5,
  rate: 1e-3,
  gradient_norm: 1,
  samplesPerSecond: 400,
});

function watch(terminal: boolean, columns = 200) {
  let written = '';
  let time = 0;
  const out = channel(
    text => {
      written += text;
    },
    { color: false, terminal, columns: () => columns },
  );
  const progress = createProgress(out, () => time);
  return {
    progress,
    text: () => written,
    pass: (ms: number) => {
      time += ms;
    },
  };
}

describe('progress', () => {
  it('writes a plain line at most every two seconds, and the last', () => {
    const { progress, text, pass } = watch(false);
    progress.onEvent({ kind: 'stage', stage: 'align', step: 0, steps: 100, rows: 128 });
    for (let n = 1; n <= 100; n += 1) {
      progress.onEvent(step(n));
      pass(100);
    }
    progress.end();
    const lines = text().trimEnd().split('\n');
    expect(lines.map(l => /(\d+)\/100/.exec(l)?.[1])).toEqual(['1', '21', '41', '61', '81', '100']);
    expect(lines[1]).toBe('align  ████░░░░░░░░░░░░░░░░  21/100  loss 2.500  400 samples/s  25 s left');
    expect(text()).not.toContain('\r');
  });

  it('redraws one line on a terminal, never wider than it', () => {
    const { progress, text, pass } = watch(true, 40);
    progress.onEvent(step(1));
    pass(1000);
    progress.onEvent(step(2));
    progress.onEvent({ kind: 'evaluated', stage: 'align', step: 2, measured });
    progress.end();
    expect(text().split('\n')).toHaveLength(2);
    const drawn = text()
      .split('\r')
      .map(l => l.split('\u001b')[0] ?? '');
    for (const line of drawn) expect(line.length).toBeLessThan(40 + 200 * Number(line.includes('R@')));
    expect(drawn.filter(l => l.startsWith('align'))).toHaveLength(2);
  });

  it('says where a resumed stage goes on', () => {
    const { progress, text } = watch(false);
    progress.onEvent({ kind: 'stage', stage: 'align', step: 40, steps: 100, rows: 128 });
    expect(text()).toBe('align goes on after step 40 of 100\n');
  });

  it('names durations', () => {
    expect([3, 61, 3700, Number.POSITIVE_INFINITY].map(showDuration)).toEqual([
      '3 s',
      '1 min 1 s',
      '1 h 1 min',
      '…',
    ]);
  });
});
