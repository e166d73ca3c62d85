// A line chart as inline SVG: readable axes, a few lines, a legend beside the names.

import { escapeHtml } from './html.ts';

export interface Line {
  readonly name: string;
  readonly points: readonly (readonly [x: number, y: number])[];
  /** Drawn thin and pale behind the others. */
  readonly faint?: boolean;
  /** Dashed: a level to compare with. */
  readonly dashed?: boolean;
}

export interface Chart {
  readonly title: string;
  readonly xName: string;
  readonly lines: readonly Line[];
  /** The vertical axis begins at 0 even where no point is near. */
  readonly fromZero?: boolean;
}

const width = 1000;
const height = 260;
const margin = { left: 64, right: 16, top: 12, bottom: 34 };
const colours = ['#2f6fdb', '#c4572a', '#16876a', '#8a4fc7', '#a8790b', '#c23b74'];
const mostPoints = 600;

/** Round steps that give about `count` marks from `low` to `high`. */
export function ticks(low: number, high: number, count: number): readonly number[] {
  if (!(high > low)) return [low];
  const rough = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5, 10].find(m => m * power >= rough) ?? 10);
  const first = Math.ceil(low / step - 1e-9);
  const last = Math.floor(high / step + 1e-9);
  return Array.from({ length: last - first + 1 }, (_, i) => Number(((first + i) * step).toPrecision(12)));
}

export function formatNumber(value: number): string {
  if (!Number.isFinite(value)) return String(value);
  const size = Math.abs(value);
  if (value !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1).replace('e+', 'e');
  return String(Number(value.toPrecision(4)));
}

/** `svg` with its title and legend. Points that aren't finite are left out. */
export function chartSvg(chart: Chart): string {
  const lines = chart.lines.map(line => ({
    ...line,
    points: thin(line.points.filter(([x, y]) => Number.isFinite(x) && Number.isFinite(y))),
  }));
  const points = lines.flatMap(line => line.points);
  if (points.length === 0) return '';
  const xs = extent(points.map(([x]) => x));
  const ys = padded(extent([...points.map(([, y]) => y), ...(chart.fromZero === true ? [0] : [])]));
  const px = (x: number): number =>
    margin.left + ((x - xs.low) / (xs.high - xs.low)) * (width - margin.left - margin.right);
  const py = (y: number): number =>
    height - margin.bottom - ((y - ys.low) / (ys.high - ys.low)) * (height - margin.top - margin.bottom);
  const marks = [
    ...ticks(ys.low, ys.high, 5).map(
      y =>
        `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${r(py(y))}" y2="${r(py(y))}"/><text x="${margin.left - 8}" y="${r(py(y) + 4)}" text-anchor="end">${formatNumber(y)}</text>`,
    ),
    ...ticks(xs.low, xs.high, 8).map(
      x =>
        `<text x="${r(px(x))}" y="${height - margin.bottom + 18}" text-anchor="middle">${formatNumber(x)}</text>`,
    ),
    `<text x="${width - margin.right}" y="${height - 2}" text-anchor="end">${escapeHtml(chart.xName)}</text>`,
  ];
  const drawn = lines.map((line, i) => {
    const at = line.points.map(([x, y]) => `${r(px(x))},${r(py(y))}`).join(' ');
    const kind = line.faint === true ? ' class="faint"' : line.dashed === true ? ' class="dashed"' : '';
    return `<polyline${kind} stroke="${colourOf(lines, i)}" points="${at}"/>`;
  });
  const legend = lines
    .map((line, i) =>
      line.faint === true
        ? ''
        : `<span><i style="background:${colourOf(lines, i)}"></i>${escapeHtml(line.name)}</span>`,
    )
    .join('');
  return `<figure>
<figcaption>${escapeHtml(chart.title)} <span class="legend">${legend}</span></figcaption>
<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${escapeHtml(chart.title)}">
${marks.join('\n')}
${drawn.join('\n')}
</svg>
</figure>`;
}

export const chartCss = `
figure{margin:0 0 2rem}figcaption{font-weight:600;margin-bottom:.35rem}
svg{width:100%;height:auto;display:block;background:var(--card);border-radius:8px}
svg text{font:12px system-ui,sans-serif;fill:var(--soft)}
svg .grid{stroke:var(--line);stroke-width:1}
svg polyline{fill:none;stroke-width:2;stroke-linejoin:round}
svg .faint{stroke-width:1;opacity:.3}svg .dashed{stroke-dasharray:5 4;stroke-width:1.5}
.legend{font-weight:400;color:var(--soft);margin-left:.5rem}.legend span{margin-right:1rem}
.legend i{display:inline-block;width:.7rem;height:.7rem;border-radius:2px;margin-right:.35rem}
`;

const r = (x: number): string => String(Math.round(x * 10) / 10);

/** A faint or dashed line has the colour of the line of its name. */
function colourOf(lines: readonly Line[], i: number): string {
  const names = [...new Set(lines.map(line => line.name))];
  return colours[names.indexOf(lines[i]?.name ?? '') % colours.length] ?? '#2f6fdb';
}

function extent(values: readonly number[]): { readonly low: number; readonly high: number } {
  let low = Number.POSITIVE_INFINITY;
  let high = Number.NEGATIVE_INFINITY;
  for (const value of values) {
    low = Math.min(low, value);
    high = Math.max(high, value);
  }
  return high > low ? { low, high } : { low: low - 1, high: high + 1 };
}

function padded({ low, high }: { readonly low: number; readonly high: number }) {
  const room = (high - low) * 0.05;
  return { low: low === 0 ? 0 : low - room, high: high + room };
}

/** Long lines keep every n-th point and the last. */
function thin(points: Line['points']): Line['points'] {
  const every = Math.ceil(points.length / mostPoints);
  return points.filter((_, i) => i % every === 0 || i === points.length - 1);
}
