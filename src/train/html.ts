// What the pages have in common: escaping, one small style for light and dark, a page with nothing outside it.

export function escapeHtml(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&#39;');
}

const style = `
:root{color-scheme:light dark;--ink:#1c1f24;--soft:#6a7280;--line:#d9dde3;--paper:#fff;--card:#f6f7f9;--good:#12805c;--bad:#b3372f}
@media(prefers-color-scheme:dark){:root{--ink:#e7e9ec;--soft:#98a1ad;--line:#343a43;--paper:#15181c;--card:#1d2127;--good:#4cc38a;--bad:#f2786f}}
*{box-sizing:border-box}
body{margin:0 auto;max-width:1080px;padding:2rem 1.25rem 4rem;background:var(--paper);color:var(--ink);font:15px/1.5 system-ui,sans-serif}
h1{font-size:1.5rem;margin:0 0 .25rem}h2{font-size:1.1rem;margin:2.25rem 0 .75rem}
p.about{color:var(--soft);margin:0 0 1.5rem}
table{border-collapse:collapse;font-variant-numeric:tabular-nums}
th,td{padding:.3rem .9rem .3rem 0;text-align:right;border-bottom:1px solid var(--line)}
th:first-child,td:first-child{text-align:left}th{font-weight:600;color:var(--soft)}
`;

/** A whole page; `body` is HTML, the rest plain text. */
export function htmlPage(page: {
  readonly title: string;
  readonly about: string;
  readonly css?: string;
  readonly body: string;
}): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(page.title)}</title>
<style>${style}${page.css ?? ''}</style>
</head>
<body>
<h1>${escapeHtml(page.title)}</h1>
<p class="about">${escapeHtml(page.about)}</p>
${page.body}
</body>
</html>
`;
}

/** A table of plain texts, numbers right-aligned. */
export function htmlTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (tag: string, row: readonly string[]): string =>
    `<tr>${row.map(cell => `<${tag}>${escapeHtml(cell)}</${tag}>`).join('')}</tr>`;
  return `<table>\n<thead>${cells('th', head)}</thead>\n<tbody>\n${rows.map(row => cells('td', row)).join('\n')}\n</tbody>\n</table>`;
}
