// A stage's measures: `measure recall(seen, at: [1, 5, 10]) on stamps.validation every 500`. Which metrics there are and
// what they take is said in src/dsl/metrics.

import { nearestName } from '../../base/nearest-name.ts';
import type { MetricDef } from '../metrics/metric.ts';
import { metrics, showCall } from '../metrics/table.ts';
import type { Expr, MeasureClause } from '../syntax/ast.ts';
import { evaluate } from './expressions.ts';
import type { Measure, Metric } from './model.ts';
import { type Placed, placeArgs, readNumber } from './settings.ts';
import { readData } from './stage-data.ts';
import type { StageContext } from './stages.ts';
import { complain, type Frame } from './trace.ts';
import { showExpr } from './type-names.ts';
import { showType } from './values.ts';

export function readMeasure(context: StageContext, c: MeasureClause): Measure | undefined {
  const { frame } = context.declared;
  const data = readData(context, c.data, false);
  const every =
    c.every === undefined ? undefined : readNumber(frame, c.every, 'every', { whole: true, least: 1 });
  const metric = readMetric(context, c.metric);
  if (data === undefined || metric === undefined || (c.every !== undefined && every === undefined))
    return undefined;
  return { metric, data, every, span: c.span };
}

const plain = { values: new Map(), ranks: [], points: new Map() } as const;

function readMetric(context: StageContext, e: Expr): Metric | undefined {
  const { frame } = context.declared;
  const name =
    e.kind === 'name' ? e.text : e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : '';
  if (e.kind === 'name' && context.objectives.has(name))
    return { metric: 'objective', objective: name, ...plain };
  const metric = e.kind === 'call' ? metrics.get(name) : undefined;
  if (metric !== undefined && e.kind === 'call')
    return readArguments(
      context,
      metric,
      placeArgs(
        frame,
        e,
        name,
        metric.params.map(p => p.name),
      ),
    );
  const uncalled = metrics.get(name);
  const suggestion =
    uncalled === undefined
      ? nearestName(name, [...metrics.keys(), ...context.objectives.keys()])
      : showCall(uncalled);
  complain(frame, 'unknown-metric', { name: name === '' ? showExpr(e) : name, suggestion }, e.span);
  return undefined;
}

function readArguments(context: StageContext, metric: MetricDef, args: Placed): Metric | undefined {
  const { frame } = context.declared;
  let fits = args.fits;
  let objective: string | undefined;
  const values = new Map<string, Expr>();
  let ranks: readonly number[] = [];
  for (const p of metric.params) {
    const given = args.placed.get(p.name);
    if (p.kind === 'ranks') {
      const read = given === undefined ? p.fallback : readRanks(frame, `${p.name} of ${metric.name}`, given);
      if (read === undefined) fits = false;
      else ranks = read;
    } else if (given === undefined) {
      const type = p.kind === 'value' ? p.wants : p.kind === 'align' ? 'an align' : 'an objective';
      // A name that doesn't fit may well have been meant for this one.
      if (args.fits)
        complain(frame, 'missing-argument', { callee: metric.name, name: p.name, type }, args.span);
      fits = false;
    } else if (p.kind === 'value') values.set(p.name, given);
    else {
      objective = objectiveNamed(context, metric.name, p.kind, given);
      if (objective === undefined) fits = false;
    }
  }
  return fits ? { metric: metric.name, objective, values, ranks, points: new Map() } : undefined;
}

function objectiveNamed(
  { declared: { frame }, objectives }: StageContext,
  metric: string,
  kind: 'objective' | 'align',
  e: Expr,
): string | undefined {
  const wanted = e.kind === 'name' ? e.text : undefined;
  const known = wanted === undefined ? undefined : objectives.get(wanted);
  if (known === undefined) {
    const right = [...objectives.values()].filter(o => kind === 'objective' || o.sides !== undefined);
    const suggestion = nearestName(
      wanted ?? '',
      right.map(o => o.name),
    );
    complain(frame, 'unknown-name', { name: wanted ?? showExpr(e), what: kind, suggestion }, e.span);
    return undefined;
  }
  if (kind === 'objective' || known.sides !== undefined) return known.name;
  complain(frame, 'metric-wants-align', { metric, got: known.name }, e.span);
  return undefined;
}

function readRanks(frame: Frame, where: string, e: Expr): readonly number[] | undefined {
  const value = evaluate(frame, e);
  const items = value.kind === 'list' ? value.items : [value];
  const ranks: number[] = [];
  for (const item of items) {
    if (item.kind === 'error') return undefined;
    if (item.kind !== 'int' || typeof item.dim !== 'number' || item.dim < 1) {
      complain(
        frame,
        'wrong-kind',
        { where, expected: 'a list of ranks from 1, as in [1, 5, 10]', got: showType(item) },
        e.span,
      );
      return undefined;
    }
    ranks.push(item.dim);
  }
  if (ranks.length > 0) return ranks;
  complain(frame, 'wrong-kind', { where, expected: 'a list of ranks from 1', got: 'an empty list' }, e.span);
  return undefined;
}
