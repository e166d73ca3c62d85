// A stage's measures: `measure recall(seen, at: [1, 5, 10]) on stamps.validation every 500`.

import { nearestName } from '../../base/nearest-name.ts';
import type { CallExpr, Expr, MeasureClause } from '../syntax/ast.ts';
import { evaluate } from './expressions.ts';
import type { Measure, Metric } from './model.ts';
import { placeArgs, readNumber } from './settings.ts';
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

function readMetric(context: StageContext, e: Expr): Metric | undefined {
  const { frame } = context.declared;
  const name =
    e.kind === 'name' ? e.text : e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : '';
  if (e.kind === 'name' && context.objectives.has(name)) return { kind: 'objective', objective: name };
  if (e.kind === 'call' && name === 'recall') return readRecall(context, e);
  if (e.kind === 'call' && name === 'accuracy') return readAccuracy(frame, e);
  complain(
    frame,
    'unknown-metric',
    {
      name: name === '' ? showExpr(e) : name,
      suggestion: nearestName(name, ['recall', 'accuracy', ...context.objectives.keys()]),
    },
    e.span,
  );
  return undefined;
}

function readRecall({ declared: { frame }, objectives }: StageContext, e: CallExpr): Metric | undefined {
  const { placed, fits } = placeArgs(frame, e, 'recall', ['align', 'at']);
  const align = placed.get('align');
  const wanted = align?.kind === 'name' ? align.text : undefined;
  const known = wanted === undefined ? undefined : objectives.get(wanted);
  if (align === undefined) {
    if (fits)
      complain(frame, 'missing-argument', { callee: 'recall', name: 'align', type: 'an align' }, e.span);
  } else if (known === undefined) {
    const aligns = [...objectives.values()].filter(o => o.sides !== undefined).map(o => o.name);
    const suggestion = nearestName(wanted ?? '', aligns);
    complain(
      frame,
      'unknown-name',
      { name: wanted ?? showExpr(align), what: 'align', suggestion },
      align.span,
    );
  } else if (known.sides === undefined)
    complain(frame, 'recall-wants-align', { got: known.name }, align.span);
  const at = placed.get('at');
  const ranks = at === undefined ? [1, 5, 10] : readRanks(frame, at);
  if (!fits || known?.sides === undefined || ranks === undefined) return undefined;
  return { kind: 'recall', align: known.name, at: ranks };
}

function readAccuracy(frame: Frame, e: CallExpr): Metric | undefined {
  const { placed, fits } = placeArgs(frame, e, 'accuracy', ['predicted', 'target']);
  const predicted = placed.get('predicted');
  const target = placed.get('target');
  const missing = predicted === undefined ? 'predicted' : target === undefined ? 'target' : undefined;
  if (missing !== undefined && fits) {
    const type = missing === 'target' ? 'a field of the data' : 'an index for each row';
    complain(frame, 'missing-argument', { callee: 'accuracy', name: missing, type }, e.span);
  }
  if (target !== undefined && target.kind !== 'name')
    complain(
      frame,
      'wrong-kind',
      { where: 'target of accuracy', expected: 'the name of a field of the data', got: 'an expression' },
      target.span,
    );
  if (!fits || predicted === undefined || target?.kind !== 'name') return undefined;
  return { kind: 'accuracy', predicted, target: target.text, targetSpan: target.span, labels: undefined };
}

function readRanks(frame: Frame, e: Expr): readonly number[] | undefined {
  const value = evaluate(frame, e);
  const items = value.kind === 'list' ? value.items : [value];
  const ranks: number[] = [];
  for (const item of items) {
    if (item.kind === 'error') return undefined;
    if (item.kind !== 'int' || typeof item.dim !== 'number' || item.dim < 1) {
      complain(
        frame,
        'wrong-kind',
        { where: 'at of recall', expected: 'a list of ranks from 1, as in [1, 5, 10]', got: showType(item) },
        e.span,
      );
      return undefined;
    }
    ranks.push(item.dim);
  }
  return ranks;
}
