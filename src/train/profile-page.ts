// The profile of a step as a page: the spec with a column of heat, and beside it its lines, dearest first.

import { type LineTime, type Phase, total } from '../compiler/line-profile.ts';
import type { Benched } from './bench.ts';
import { escapeHtml, htmlPage } from './html.ts';

/** `sources`: texts of specs by the names of their files. */
export function profilePage(b: Benched, sources: ReadonlyMap<string, string>): string {
  const { profile, what, step } = b;
  const files = [...new Set(profile.lines.map(l => l.file))].filter(f => sources.has(f));
  const model = b.variant === undefined ? b.model : `${b.model} (${b.variant})`;
  const said =
    profile.how === 'measured'
      ? `measured by ${b.engine}`
      : `estimated: ${b.engine} doesn't tell what its kernels take, shares are reckoned from operations and bytes`;
  const listings = files.map(file => listing(file, sources.get(file) ?? '', profile.lines));
  return htmlPage({
    title: `${model}: what each line takes`,
    about: `${what.kind} ${what.name} on ${b.engine} ${b.engineVersion}, ${b.threads} threads: ${ms(step.median)} a step of ${b.samples} samples, ${round(b.samplesPerSecond)} samples/s; ${said}`,
    css,
    body: `${legend(b)}\n<div class="profile">\n<div>\n${listings.join('\n')}\n</div>\n<aside>${dearest(b)}</aside>\n</div>`,
  });
}

const phases = ['forward', 'backward', 'optimizer'] as const satisfies readonly Phase[];

/** One bar over the step: forward, backward, optimizer. */
function legend({ profile }: Benched): string {
  const all = total(profile.seconds);
  const parts = phases.filter(p => profile.seconds[p] > 0);
  if (parts.length < 2) return '';
  const shares = parts.map(
    p => `<i class="${p}" style="width:${((100 * profile.seconds[p]) / all).toFixed(2)}%"></i>`,
  );
  const names = parts.map(p => `<span class="${p}">${p} ${ms(profile.seconds[p])}</span>`);
  return `<div class="whole">${shares.join('')}</div>\n<p class="legend">${names.join('')}</p>`;
}

function listing(file: string, text: string, lines: readonly LineTime[]): string {
  const own = new Map(lines.filter(l => l.file === file).map(l => [l.line, l]));
  const most = Math.max(...lines.map(l => l.share), 1e-12);
  const rows = text
    .replace(/\r?\n$/, '')
    .split(/\r?\n/)
    .map((code, i) => {
      const line = own.get(i + 1);
      const cell = line === undefined ? '<td></td>' : `<td class="heat">${bar(line, most)}</td>`;
      const share = line === undefined || line.share < 5e-4 ? '' : percent(line.share);
      const heat = line === undefined ? 0 : Math.sqrt(line.share / most);
      const title = line === undefined ? '' : ` title="${escapeHtml(told(line))}"`;
      return `<tr id="${anchor(file, i + 1)}" style="--heat:${heat.toFixed(3)}"${title}><td class="number">${i + 1}</td>${cell}<td class="share">${share}</td><td class="code">${escapeHtml(code)}</td></tr>`;
    });
  return `<h2>${escapeHtml(file)}</h2>\n<table class="source"><tbody>\n${rows.join('\n')}\n</tbody></table>`;
}

function bar(line: LineTime, most: number): string {
  const parts = phases.filter(p => line.seconds[p] > 0);
  const width = (p: Phase): string =>
    ((100 * line.share * line.seconds[p]) / Math.max(total(line.seconds), 1e-12) / most).toFixed(2);
  return parts.map(p => `<i class="${p}" style="width:${width(p)}%"></i>`).join('');
}

/** What a line's ops take, for who points at it. */
function told(line: LineTime): string {
  const parts = phases.filter(p => line.seconds[p] > 0).map(p => `${p} ${ms(line.seconds[p])}`);
  const ops = line.ops.slice(0, 6).map(o => `${o.op} ${ms(o.seconds)}`);
  return `${parts.join(', ')}\n${ops.join(', ')}`;
}

const shownLines = 24;

function dearest({ profile }: Benched): string {
  const isTrained = profile.seconds.backward > 0;
  const head = ['line', '%', ...(isTrained ? phases : ['time']), 'mostly'];
  const rows = profile.lines.slice(0, shownLines).map(l => {
    const times = isTrained ? phases.map(p => ms(l.seconds[p])) : [ms(total(l.seconds))];
    const link = `<a href="#${anchor(l.file, l.line)}">${escapeHtml(short(l.file))}:${l.line}</a>`;
    const mostly = l.ops.slice(0, 2).map(o => o.op);
    const cells = [percent(l.share), ...times, mostly.join(', ')];
    return `<tr><td>${link}</td>${cells.map(c => `<td>${escapeHtml(c)}</td>`).join('')}</tr>`;
  });
  const rest = profile.lines.slice(shownLines).reduce((n, l) => n + total(l.seconds), 0) + profile.elsewhere;
  const notes = [
    ...(rest > 0 ? [`other lines ${ms(rest)}`] : []),
    ...(profile.between > 0 ? [`between kernels ${ms(profile.between)}`] : []),
  ];
  return `<h2>Dearest first</h2>\n<table><thead><tr>${head.map(h => `<th>${h}</th>`).join('')}</tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table>\n<p class="legend">${escapeHtml(notes.join('; '))}</p>`;
}

const anchor = (file: string, line: number): string => `${file.replace(/[^\w.-]/g, '_')}-${line}`;
const short = (file: string): string => file.split('/').at(-1) ?? file;
const percent = (share: number): string => (100 * share).toFixed(1);
const round = (n: number): string => Number(n.toPrecision(3)).toLocaleString('en-US');
const ms = (seconds: number): string =>
  seconds === 0
    ? ''
    : seconds >= 1
      ? `${seconds.toPrecision(3)} s`
      : `${(seconds * 1e3).toFixed(seconds >= 0.01 ? 0 : seconds >= 1e-3 ? 1 : 2)} ms`;

const css = `
:root{--forward:#2f6fb3;--backward:#c2622d;--optimizer:#7d5bb0;--hot:#c2412d}
@media(prefers-color-scheme:dark){:root{--forward:#6aa7e8;--backward:#ec9a63;--optimizer:#b394e6;--hot:#f2786f}}
body{max-width:1560px}
.whole{display:flex;height:12px;border-radius:6px;overflow:hidden;background:var(--card)}
i{display:block;height:100%}
i.forward{background:var(--forward)}i.backward{background:var(--backward)}i.optimizer{background:var(--optimizer)}
.legend{color:var(--soft);font-size:13px;margin:.4rem 0 0}.legend span{margin-right:1.2rem}
.legend span::before{content:"";display:inline-block;width:.7em;height:.7em;border-radius:2px;margin-right:.4em;background:currentColor}
.legend .forward::before{background:var(--forward)}.legend .backward::before{background:var(--backward)}.legend .optimizer::before{background:var(--optimizer)}
.profile{display:grid;grid-template-columns:minmax(0,1fr) minmax(0,max-content);gap:2.5rem;align-items:start}
aside{position:sticky;top:1rem;font-size:13px;max-height:calc(100vh - 2rem);overflow:auto}
aside td:last-child,aside th:last-child{text-align:left;color:var(--soft);max-width:16em}
@media(max-width:1100px){.profile{grid-template-columns:minmax(0,1fr)}aside{position:static;max-height:none}}
.source{width:100%;font:12.5px/1.55 ui-monospace,monospace}
.source td{padding:0 .5rem 0 0;border:0;vertical-align:top}
.source tr{background:color-mix(in srgb,var(--hot) calc(var(--heat)*22%),transparent)}
.source tr:target{outline:2px solid var(--hot);outline-offset:-1px}
.source .number,.source .share{color:var(--soft);text-align:right;white-space:nowrap;user-select:none}
.source .number{width:3.2em}.source .share{width:3.6em}
.source .heat{width:110px;min-width:110px;display:flex;height:1.55em;padding:.32em .5rem .32em 0}
.source .heat+td{padding-left:0}
.source td.code{text-align:left;white-space:pre-wrap;overflow-wrap:anywhere}
`;
