// The page of a finished run: its metrics beside chance and floors, and a grid of held-out pictures with the captions
// that each was given.

import type { Floor } from './floor.ts';
import { escapeHtml, htmlPage, htmlTable } from './html.ts';
import type { Measured } from './measure.ts';

export interface Answer {
  readonly text: string;
  readonly score: number;
  readonly right: boolean;
}

export interface Card {
  /** A `data:` URI. */
  readonly picture: string;
  readonly name: string;
  /** What stands beside the picture in the data. */
  readonly truth: string;
  /** Best first. */
  readonly answers: readonly Answer[];
}

export interface ResultPage {
  readonly title: string;
  readonly about: string;
  readonly measured: readonly Measured[];
  readonly floors: readonly Floor[];
  readonly grids: readonly { readonly title: string; readonly cards: readonly Card[] }[];
}

export function resultPage(result: ResultPage): string {
  const tables = result.measured.map(
    measured =>
      `<h2>${escapeHtml(measured.split)} <small>${measured.samples} examples</small></h2>\n${metricsTable(measured, result.floors)}`,
  );
  const grids = result.grids.map(
    ({ title, cards }) =>
      `<h2>${escapeHtml(title)}</h2>\n<div class="grid">\n${cards.map(card).join('\n')}\n</div>`,
  );
  const body = [...tables, ...grids].join('\n');
  return htmlPage({ title: result.title, about: result.about, css, body });
}

/** Metric, value, chance, and each floor that is known of this split. */
function metricsTable(measured: Measured, floors: readonly Floor[]): string {
  const own = floors.filter(f => f.split === measured.split);
  const names = [...new Set(own.map(f => f.name))];
  const rows = [...measured.metrics].map(([metric, value]) => [
    metric,
    showMetric(measured.shows, value),
    ...optional(measured, measured.chance.get(metric)),
    ...names.flatMap(name => optional(measured, own.find(f => f.name === name)?.metrics.get(metric))),
  ]);
  return htmlTable(['metric', 'model', 'chance', ...names], rows);
}

const optional = (measured: Measured, value: number | undefined): readonly string[] => [
  value === undefined ? '' : showMetric(measured.shows, value),
];

/** A share of a hundred, or the number itself. */
export function showMetric(shows: Measured['shows'], value: number): string {
  if (shows === 'percent') return `${(100 * value).toFixed(value < 0.01 ? 2 : 1)} %`;
  return String(Number(value.toPrecision(4)));
}

function card({ picture, name, truth, answers }: Card): string {
  const items = answers.map(
    a =>
      `<li class="${a.right ? 'right' : 'wrong'}"><span>${a.right ? '✓' : '✗'} ${escapeHtml(a.text)}</span><b>${a.score.toFixed(2)}</b></li>`,
  );
  const isRight = answers[0]?.right === true;
  return `<article class="${isRight ? 'right' : 'wrong'}">
<img src="${escapeHtml(picture)}" alt="${escapeHtml(truth)}" title="${escapeHtml(name)}">
<div><p title="${escapeHtml(truth)}">${escapeHtml(truth)}</p><ol>${items.join('')}</ol></div>
</article>`;
}

const css = `
h2 small{font-weight:400;color:var(--soft)}
.grid{display:grid;grid-template-columns:repeat(auto-fill,minmax(320px,1fr));gap:.75rem}
article{display:flex;gap:.75rem;padding:.6rem;background:var(--card);border-radius:8px;border-left:4px solid var(--bad)}
article.right{border-left-color:var(--good)}
article img{width:72px;height:72px;flex:none;background:#fff;border-radius:6px;image-rendering:pixelated}
article div{min-width:0;flex:1}
article p{margin:0 0 .2rem;font-weight:600;white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
article ol{list-style:none;margin:0;padding:0;font-size:13px}
article li{display:flex;justify-content:space-between;gap:.5rem;color:var(--soft)}
article li span{white-space:nowrap;overflow:hidden;text-overflow:ellipsis}
article li b{font-weight:400;font-variant-numeric:tabular-nums}
article li.right{color:var(--good)}
`;
