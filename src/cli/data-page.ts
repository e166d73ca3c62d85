// Descriptions of data as one page that needs nothing outside it: pictures as the model gets them and as augmentation
// changes them, captions as tokens, lengths, what is cut off and skipped.

import type { DataDescription, FieldDescription } from '../data/index.ts';
import { escapeHtml, htmlPage, htmlTable } from '../train/html.ts';
import { lengthBins, percent, recordings, videos, visible } from './data-text.ts';

const css = `
.sheet{display:grid;grid-template-columns:repeat(auto-fill,minmax(17rem,1fr));gap:.75rem}
.card{background:var(--card);padding:.75rem;border-radius:.4rem;overflow-wrap:anywhere}
.card img{width:56px;height:56px;image-rendering:pixelated;border:1px solid var(--line);margin-right:.25rem;background:#fff}
.card img.audio,.card img.video{width:auto;height:auto;max-width:100%;display:block;margin:0 0 .25rem}
.card small{color:var(--soft)}.tokens span{display:inline-block;border:1px solid var(--line);border-radius:.2rem;padding:0 .25rem;margin:.1rem .1rem 0 0;font:12px/1.4 ui-monospace,monospace}
.tokens sub{color:var(--soft)}.cut{color:var(--bad)}.bars td:last-child{width:20rem;text-align:left}.bar{background:var(--good);height:.7rem}.bar.over{background:var(--bad)}
`;

/** The page of one or more batches. */
export function dataPage(spec: string, descriptions: readonly DataDescription[]): string {
  const about = 'The data as it reaches the model: after decoding, scaling, augmentation and tokenizing.';
  return htmlPage({ title: `What ${spec} will see`, about, css, body: descriptions.map(section).join('\n') });
}

function section(description: DataDescription): string {
  const { set, split, rows, size, batchesPerEpoch, skipped } = description;
  const epoch = batchesPerEpoch === undefined ? '' : `, ${batchesPerEpoch} batches of ${size} an epoch`;
  const parts = [`<h2>${escapeHtml(`${set}.${split}`)}</h2>`, `<p>${rows} rows${epoch}</p>`];
  for (const field of description.fields) parts.push(fieldSummary(field));
  if (skipped.length > 0) {
    parts.push(`<p class="cut">${skipped.length} rows are skipped:</p>`);
    parts.push(
      htmlTable(
        ['row', 'why'],
        skipped.slice(0, 200).map(s => [s.place, s.problem]),
      ),
    );
  }
  const cards = description.sampled.map(({ place }, i) => {
    const shown = description.fields.map(field => fieldSample(field, i)).join('');
    return `<div class="card">${shown}<small>${escapeHtml(place)}</small></div>`;
  });
  parts.push(`<div class="sheet">\n${cards.join('\n')}\n</div>`);
  return parts.join('\n');
}

function fieldSummary(field: FieldDescription): string {
  const name = `<b>${escapeHtml(field.name)}</b>`;
  const declared =
    field.transforms.length === 0
      ? ''
      : `, augmented by <code>${escapeHtml(field.transforms.join(', '))}</code>`;
  switch (field.kind) {
    case 'image':
      return `<p>${name}: pictures ${field.height} × ${field.width} × ${field.channels}${declared}</p>`;
    case 'audio':
      return `<p>${name}: ${recordings(field)}${declared}</p>`;
    case 'video':
      return `<p>${name}: ${videos(field)}${declared}</p>`;
    case 'text': {
      const texts = field.lengths.reduce((n, l) => n + l.texts, 0);
      const { cut } = field;
      const lost =
        cut.texts === 0
          ? 'nothing is cut off'
          : `${percent(cut.texts / texts)} are cut off, ${cut.tokens} tokens in all`;
      const bins = lengthBins(field.lengths);
      const most = Math.max(1, ...bins.map(b => b.texts));
      const rows = bins.map(({ from, to, texts: n }) => {
        const width = (100 * n) / most;
        const bar = `<div class="bar${from > field.length ? ' over' : ''}" style="width:${width.toFixed(1)}%"></div>`;
        return `<tr><td>${from === to ? from : `${from}–${to}`}</td><td>${n}</td><td>${bar}</td></tr>`;
      });
      const table = `<table class="bars"><thead><tr><th>tokens</th><th>texts</th><th></th></tr></thead><tbody>${rows.join('')}</tbody></table>`;
      return `<p>${name}: up to ${field.length} of ${field.vocabulary} tokens; ${lost}${declared}</p>${table}`;
    }
    case 'labels':
      return `<p>${name}: labels</p>${htmlTable(
        ['label', 'rows'],
        field.counts.map(c => [c.name, String(c.rows)]),
      )}`;
    case 'number':
      return `<p>${name}: numbers from ${field.least} to ${field.greatest}, mean ${Number(field.mean.toPrecision(4))}</p>`;
    default:
      return field satisfies never;
  }
}

function fieldSample(field: FieldDescription, i: number): string {
  switch (field.kind) {
    case 'image':
    case 'audio':
    case 'video': {
      const sample = field.samples[i];
      if (sample === undefined) return '';
      const image = (png: Uint8Array): string =>
        `<img class="${field.kind}" alt="" src="data:image/png;base64,${Buffer.from(png).toString('base64')}">`;
      return `<div>${[sample.plain, ...sample.augmented].map(p => image(p.png)).join('')}</div>`;
    }
    case 'text': {
      const sample = field.samples[i];
      if (sample === undefined) return '';
      const tokens = sample.tokens
        .map(t => `<span>${escapeHtml(visible(t.text))}<sub> ${t.id}</sub></span>`)
        .join('');
      const cut = sample.cut === '' ? '' : `<div class="cut">cut off: ${escapeHtml(sample.cut)}</div>`;
      const changed = sample.augmented
        .map(text => `<div><small>→ ${escapeHtml(text)}</small></div>`)
        .join('');
      return `<div>${escapeHtml(sample.text)}</div><div class="tokens">${tokens}</div>${cut}${changed}`;
    }
    case 'labels':
    case 'number':
      return '';
    default:
      return field satisfies never;
  }
}
