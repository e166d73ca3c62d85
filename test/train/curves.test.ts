import { describe, expect, it } from 'vitest';
import { chartSvg, formatNumber, ticks } from '../../src/train/chart.ts';
import { curvesPage, smoothed } from '../../src/train/curves.ts';
import type { MetricsLine } from '../../src/train/metrics-file.ts';

const lines: readonly MetricsLine[] = [
  { step: 1, loss: 4, rate: 0.1, gradient_norm: 2, samples_per_second: 10 },
  { step: 2, loss: 2, rate: 0.2, gradient_norm: 1, samples_per_second: 10 },
  { step: 2, split: 'emoji.validation', 'p-to-c/R@1': 0.25, 'p-to-c/R@10': 0.5, error: 3 },
  { step: 3, loss: 1, rate: 0.1, gradient_norm: 1, samples_per_second: 10 },
  { step: 4, split: 'emoji.validation', 'p-to-c/R@1': 0.5, 'p-to-c/R@10': 1, error: 2 },
];
const options = { title: 'Toy, stage align', about: 'runs/toy-1', chance: new Map([['p-to-c/R@10', 0.1]]) };

describe('learning curves', () => {
  it('show the loss, each group of metrics beside chance, and the rate', () => {
    const page = curvesPage(lines, options);
    expect([...page.matchAll(/<figcaption>([^<]*)/g)].map(m => m[1]!.trim())).toEqual([
      'Loss',
      'emoji.validation: p-to-c',
      'emoji.validation: error',
      'Rate',
      'Norm of the gradient',
    ]);
    expect(page).toContain('p-to-c/R@10 by chance');
    expect(page).not.toMatch(/(src|href)="http|<script/);
    expect(page).not.toMatch(/NaN|undefined|Infinity/);
    expect(curvesPage(lines, options)).toBe(page);
  });

  it('escape whatever names hold', () => {
    const page = curvesPage([...lines, { step: 4, split: '<script>"x"', '<b>&': 1 }], {
      ...options,
      title: '<img onerror=x>',
    });
    expect(page).not.toMatch(/<script|<img|<b>/);
    expect(page).toContain('&lt;script&gt;&quot;x&quot;: &lt;b&gt;&amp;');
  });

  it('say so where there is nothing yet', () => {
    expect(curvesPage([], options)).toContain('No steps yet.');
  });

  it('draw one chart to the point', () => {
    const svg = chartSvg({
      title: 'Rate',
      xName: 'step',
      lines: [
        {
          name: 'rate',
          points: [
            [0, 0],
            [1, 1],
            [2, Number.NaN],
            [3, 0.5],
          ],
        },
      ],
    });
    expect(svg).toMatchInlineSnapshot(`
      "<figure>
      <figcaption>Rate <span class="legend"><span><i style="background:#2f6fdb"></i>rate</span></span></figcaption>
      <svg viewBox="0 0 1000 260" role="img" aria-label="Rate">
      <line class="grid" x1="64" x2="984" y1="226" y2="226"/><text x="56" y="230" text-anchor="end">0</text>
      <line class="grid" x1="64" x2="984" y1="124.1" y2="124.1"/><text x="56" y="128.1" text-anchor="end">0.5</text>
      <line class="grid" x1="64" x2="984" y1="22.2" y2="22.2"/><text x="56" y="26.2" text-anchor="end">1</text>
      <text x="64" y="244" text-anchor="middle">0</text>
      <text x="217.3" y="244" text-anchor="middle">0.5</text>
      <text x="370.7" y="244" text-anchor="middle">1</text>
      <text x="524" y="244" text-anchor="middle">1.5</text>
      <text x="677.3" y="244" text-anchor="middle">2</text>
      <text x="830.7" y="244" text-anchor="middle">2.5</text>
      <text x="984" y="244" text-anchor="middle">3</text>
      <text x="984" y="258" text-anchor="end">step</text>
      <polyline stroke="#2f6fdb" points="64,226 370.7,22.2 984,124.1"/>
      </svg>
      </figure>"
    `);
  });

  it('smooth without the pull of the first value', () => {
    const flat = Array.from({ length: 200 }, (_, i) => [i, 3] as const);
    for (const [, y] of smoothed(flat)) expect(y).toBeCloseTo(3);
    const step = Array.from({ length: 200 }, (_, i) => [i, i < 100 ? 0 : 1] as const);
    expect(smoothed(step)[103]![1]).toBeGreaterThan(0.5);
    expect(smoothed(step)[103]![1]).toBeLessThan(0.9);
  });

  it('mark axes with round numbers', () => {
    expect(ticks(0, 0.97, 5)).toEqual([0, 0.2, 0.4, 0.6, 0.8]);
    expect(ticks(3, 2410, 5)).toEqual([500, 1000, 1500, 2000]);
    expect(ticks(1, 1, 5)).toEqual([1]);
    expect([0.00005, 0, 1234.5678, 2e6].map(formatNumber)).toEqual(['5.0e-5', '0', '1235', '2.0e6']);
  });
});
