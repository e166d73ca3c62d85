// Metrics of one split as text: the model beside chance and floors.

import type { Floor } from '../train/floor.ts';
import type { Measured } from '../train/measure.ts';
import { showMetric } from '../train/result-page.ts';

/** A heading and a table with aligned columns. */
export function metricsTable(
  measured: Measured,
  floors: readonly Floor[],
  bold: (text: string) => string,
): string {
  const own = floors.filter(f => f.split === measured.split);
  const head = ['', 'model', ...(measured.chance.size > 0 ? ['chance'] : []), ...own.map(f => f.name)];
  const cell = (value: number | undefined): string =>
    value === undefined ? '' : showMetric(measured.shows, value);
  const rows = [...measured.metrics].map(([metric, value]) => [
    metric,
    cell(value),
    ...(measured.chance.size > 0 ? [cell(measured.chance.get(metric))] : []),
    ...own.map(f => cell(f.metrics.get(metric))),
  ]);
  return `${bold(measured.split)}, ${measured.samples} examples\n${alignColumns([head, ...rows])}`;
}

/** The first column to the left, the others to the right. */
export function alignColumns(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, c) => Math.max(...rows.map(row => (row[c] ?? '').length)));
  return rows
    .map(row =>
      row
        .map((text, c) => (c === 0 ? text.padEnd(widths[c] ?? 0) : text.padStart(widths[c] ?? 0)))
        .join('   ')
        .trimEnd(),
    )
    .map(line => `  ${line}`)
    .join('\n');
}
