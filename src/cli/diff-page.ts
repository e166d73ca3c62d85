// What `mm diff --html` writes: a page that needs nothing outside it, with both graphs side by side, what changed in
// them coloured, and every change and weight as a table.

import { diagram } from '../compiler/diagram.ts';
import type { Diagram } from '../compiler/diagram-data.ts';
import { drawSvg } from '../compiler/draw-svg.ts';
import { ops } from '../ops/registry.ts';
import { escapeHtml, htmlPage } from '../train/html.ts';
import type { Comparison, ModelComparison } from '../versioning/compare.ts';
import type { ModelLock } from '../versioning/lock.ts';
import { type Marks, marksOf } from './diff-marks.ts';
import type { Side } from './diff-side.ts';
import { fatesText, signOf, type ToldModel, told, verdictMeaning, versionText } from './diff-words.ts';

/** How deep parts are opened in the pictures. */
const depth = 2;

export function diffPage(comparison: Comparison, old: Side, now: Side): string {
  const { verdict, origins } = comparison;
  const models = told(comparison).map((t, i) => modelSection(t, old, now, i === 0));
  const others = origins.map(c => `<p>another ${escapeHtml(c.path)}: ${fromTo(c)}</p>`);
  return htmlPage({
    title: `${old.name} → ${now.name}`,
    about: verdictMeaning[verdict],
    css,
    body: `<p class="verdict ${verdict.replace(' ', '-')}">${verdict}</p>
<p>The change ${escapeHtml(versionText(comparison))}.</p>
${others.join('\n')}
<p class="legend"><span class="added">added</span><span class="gone">gone</span><span class="changed">changed</span></p>
${models.join('\n')}`,
  });
}

function modelSection(
  { model, changes, before, weights }: ToldModel,
  old: Side,
  now: Side,
  open: boolean,
): string {
  const tables = changes.map(([group, list]) => {
    const rows = list.map(
      c =>
        `<tr class="${markOf[signOf(c)]}"><td>${escapeHtml(c.path)}</td><td>${escapeHtml(c.from ?? '')}</td><td>${escapeHtml(c.to ?? '')}</td></tr>`,
    );
    const fates = group === 'weights' ? `: ${escapeHtml(fatesText(weights))}` : '';
    return `<h3>${group}${fates}</h3>\n<div class="wide"><table><thead><tr><th>what</th><th>from</th><th>to</th></tr></thead><tbody>\n${rows.join('\n')}\n</tbody></table></div>`;
  });
  const shared =
    before === 0 ? '' : `<p>${before === 1 ? 'a change' : `${before} changes`} as told above</p>`;
  const none = model.changes.length === 0 ? '<p>unchanged</p>' : '';
  return `<details${open ? ' open' : ''}><summary>${escapeHtml(model.name)}: ${model.judgement.verdict}</summary>
${pictures(model, old, now)}
${tables.join('\n')}${shared}${none}
</details>`;
}

const markOf = { '+': 'added', '-': 'gone', '~': 'changed' } as const;

const fromTo = ({
  from,
  to,
}: {
  readonly from: string | undefined;
  readonly to: string | undefined;
}): string => `${escapeHtml(from ?? '')} → ${escapeHtml(to ?? '')}`;

function pictures(model: ModelComparison, old: Side, now: Side): string {
  const was = model.old === undefined ? undefined : pictureOf(old, model.old, model.name);
  const is = model.now === undefined ? undefined : pictureOf(now, model.now, model.name);
  const marks: Marks =
    was?.drawn === undefined || is?.drawn === undefined
      ? { old: new Map(), now: new Map() }
      : marksOf(was.drawn, is.drawn, model.changes);
  const figure = (side: Side, picture: Picture | undefined, own: Marks['old']): string =>
    `<figure><figcaption>${escapeHtml(side.name)}</figcaption>${picture === undefined ? '<p>there is no such model</p>' : shown(picture, own, side.name)}</figure>`;
  return `<div class="sides">${figure(old, was, marks.old)}${figure(now, is, marks.now)}</div>`;
}

interface Picture {
  /** Where the side is a spec; a lock knows parts and no arrows. */
  readonly drawn: Diagram | undefined;
  readonly lock: ModelLock;
}

function pictureOf({ spec }: Side, lock: ModelLock, name: string): Picture {
  const models = spec?.models ?? [];
  const model =
    models.find(m => (m.variant ?? m.name) === name) ??
    models.find(m => (m.variant ?? m.name) === lock.model);
  if (spec === undefined || model === undefined) return { drawn: undefined, lock };
  return { drawn: diagram({ library: spec.library, model, registry: ops }, { depth }), lock };
}

/** As pictures of their own, so that their styles stay in them. */
function shown({ drawn, lock }: Picture, marks: Marks['old'], of: string): string {
  if (drawn === undefined) {
    const parts = [...lock.parts].map(([path, text]) => `<li>${escapeHtml(path)}: ${escapeHtml(text)}</li>`);
    return `<p>a lock knows parts and no arrows between them</p><ul>${parts.join('')}</ul>`;
  }
  const data = Buffer.from(drawSvg(drawn, marks)).toString('base64');
  return `<img alt="the graph of ${escapeHtml(of)}" src="data:image/svg+xml;base64,${data}">`;
}

const css = `
body{max-width:1800px}h3{font-size:1rem;margin:1.5rem 0 .25rem}
.verdict{display:inline-block;font-weight:600;padding:.2rem .8rem;border-radius:1rem;border:2px solid var(--mark)}
.identical,.loads,.added{--mark:#1a7f37}.migrates,.partial,.changed{--mark:#b26a00}
.changes-meaning,.incompatible,.gone{--mark:#c9282d}
@media(prefers-color-scheme:dark){.identical,.loads,.added{--mark:#3fb950}.migrates,.partial,.changed{--mark:#e3a008}
.changes-meaning,.incompatible,.gone{--mark:#f85149}}
.legend span{border-left:.9rem solid var(--mark);padding:0 1.2rem 0 .4rem}
details{margin:1.5rem 0}summary{font-size:1.15rem;font-weight:600;cursor:pointer}
.sides{display:grid;grid-template-columns:1fr 1fr;gap:1rem}
figure{margin:1rem 0;border:1px solid var(--line);border-radius:6px;overflow:auto;max-height:85vh;background:var(--card)}
figcaption{padding:.5rem .75rem;font-weight:600;position:sticky;top:0;left:0;background:var(--card)}
figure img{display:block;max-width:none}figure ul,figure p{margin:.5rem .75rem;font-size:13px}
.wide{overflow-x:auto}td{text-align:left;font-family:ui-monospace,Menlo,Consolas,monospace;font-size:13px;vertical-align:top}
th{text-align:left}tr.added td:first-child,tr.gone td:first-child,tr.changed td:first-child{border-left:4px solid var(--mark);padding-left:.6rem}
@media(max-width:900px){.sides{grid-template-columns:1fr}}
`;
