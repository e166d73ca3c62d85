// Learning curves of a stage as one page: loss, metrics beside chance, rate. Made from metrics.jsonl alone.

import type { Chart, Line } from './chart.ts';
import { chartCss, chartSvg } from './chart.ts';
import { htmlPage } from './html.ts';
import type { MetricsLine } from './metrics-file.ts';

export interface CurvesOptions {
  readonly title: string;
  readonly about: string;
  /** Metric → what chance gives, where known. */
  readonly chance: ReadonlyMap<string, number>;
}

export function curvesPage(lines: readonly MetricsLine[], options: CurvesOptions): string {
  const steps = lines.filter(line => typeof line.loss === 'number');
  const charts: readonly Chart[] = [
    { title: 'Loss', xName: 'step', lines: lossLines(steps) },
    { title: 'Change of what is fitted', xName: 'step', lines: changeLines(lines), fromZero: true },
    ...metricCharts(lines, options.chance),
    { title: 'Rate', xName: 'step', lines: [series(steps, 'rate')], fromZero: true },
    { title: 'Norm of the gradient', xName: 'step', lines: [series(steps, 'gradient_norm')], fromZero: true },
    { title: 'Scale of the loss', xName: 'step', lines: [series(steps, 'loss_scale')], fromZero: true },
  ];
  const body = charts
    .map(chartSvg)
    .filter(svg => svg !== '')
    .join('\n');
  return htmlPage({
    title: options.title,
    about: options.about,
    css: chartCss,
    body: body === '' ? '<p>No steps yet.</p>' : body,
  });
}

function lossLines(steps: readonly MetricsLine[]): readonly Line[] {
  const names = [...new Set(steps.flatMap(line => Object.keys(line)))].filter(
    name => name === 'loss' || name.startsWith('loss/'),
  );
  return names.flatMap(name => {
    const line = series(steps, name);
    return [
      { ...line, faint: true },
      { ...line, points: smoothed(line.points) },
    ];
  });
}

/** How far the states of each fit moved at each step. */
function changeLines(lines: readonly MetricsLine[]): readonly Line[] {
  const steps = lines.filter(line => typeof line.change === 'number');
  const fits = [...new Set(steps.map(line => String(line.fit)))];
  return fits.map(fit => ({
    ...series(
      steps.filter(line => line.fit === fit),
      'change',
    ),
    name: fit,
  }));
}

function series(lines: readonly MetricsLine[], name: string): Line {
  return {
    name,
    points: lines.flatMap(line => {
      const y = line[name];
      return typeof y === 'number' ? [[line.step, y] as const] : [];
    }),
  };
}

/** An exponential mean that forgets over about a fiftieth of the line, without the pull of its first value. */
export function smoothed(points: Line['points']): Line['points'] {
  const keep = 1 - 1 / Math.max(1, points.length / 50);
  let sum = 0;
  let weight = 0;
  return points.map(([x, y]) => {
    sum = keep * sum + (1 - keep) * y;
    weight = keep * weight + (1 - keep);
    return [x, sum / weight] as const;
  });
}

/** One chart for each split and kind of metric: recalls of one direction belong together. */
function metricCharts(lines: readonly MetricsLine[], chance: ReadonlyMap<string, number>): readonly Chart[] {
  const evaluations = lines.filter(line => typeof line.split === 'string');
  const groups = new Map<string, Set<string>>();
  for (const line of evaluations)
    for (const [name, value] of Object.entries(line)) {
      if (name === 'step' || typeof value !== 'number') continue;
      const group = `${line.split}: ${name.replace(/\/R@\d+$/, '')}`;
      groups.set(group, (groups.get(group) ?? new Set()).add(name));
    }
  const last = Math.max(...lines.map(line => line.step));
  return [...groups].map(([title, names]) => {
    const ofSplit = evaluations.filter(line => title.startsWith(`${line.split}: `));
    const metrics = [...names].map(name => series(ofSplit, name));
    const levels = metrics.flatMap(({ name }): Line[] => {
      const level = chance.get(name);
      const points = [
        [0, level ?? 0],
        [last, level ?? 0],
      ] as const;
      return level === undefined ? [] : [{ name: `${name} by chance`, points, dashed: true }];
    });
    return { title, xName: 'step', lines: [...metrics, ...levels], fromZero: levels.length > 0 };
  });
}
