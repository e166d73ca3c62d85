// Measures against their metrics: what each expression must be, and that two of them speak of the same.

import type { MetricDef, ValueParam } from '../metrics/metric.ts';
import { metricNamed } from '../metrics/table.ts';
import type { Declared } from './declare.ts';
import { fieldOf, leadName } from './fields.ts';
import { formalValue } from './formal.ts';
import { measuredFields, measuredType, measuredValues, pointsOf } from './measured-values.ts';
import type { Measure, Metric, Objective, Points, Stage } from './model.ts';
import { fieldFrame, symbolicFields } from './objectives.ts';
import { compareDims, complain, type Frame } from './trace.ts';
import type { TensorValue } from './values.ts';
import { showType } from './values.ts';

/** The stages with what their measures' values point into. */
export function checkMeasures(
  declared: Declared,
  objectives: ReadonlyMap<string, Objective>,
  stages: ReadonlyMap<string, Stage>,
): ReadonlyMap<string, Stage> {
  return new Map(
    [...stages].map(([name, stage]) => {
      // A field is what the stage's own objectives say it is.
      const terms = stage.kind === 'minimize' ? stage.terms : [];
      const own = terms.flatMap(t => objectives.get(t.objective) ?? []);
      const inReach = new Set([...own, ...objectives.values()]);
      const measures = stage.measures.map(m => ({ ...m, metric: checkMetric(declared, inReach, m) }));
      return [name, { ...stage, measures }];
    }),
  );
}

function checkMetric(declared: Declared, objectives: Iterable<Objective>, measure: Measure): Metric {
  const { metric } = measure;
  if (metric.values.size === 0) return metric;
  const { frame } = declared;
  const def = metricNamed(metric.metric);
  const fields = measuredFields(declared, objectives, measure);
  if (fields.params.map(p => fieldOf(declared, p, fields.params)).some(f => f === undefined)) return metric;
  const values = symbolicFields(declared, fields, (at, p, rows) => {
    at.scope.names.set(leadName(p) ?? 'B', { value: { kind: 'int', dim: rows }, span: p.span });
    return formalValue(at, { scope: at.scope, bound: new Map(), pack: undefined }, p.type, p.name.text);
  });
  const found = readValues(declared, def, metric, fieldFrame(declared, fields, values));
  const own = [...frame.trace.weights.keys()].filter(path => path.startsWith(`${fields.name}.`));
  if (own.length > 0) {
    complain(frame, 'measure-owns-weights', { metric: def.name, paths: own }, fields.member.name.span);
    return metric;
  }
  if (found !== undefined && def.alike !== undefined) checkAlike(frame, def, metric, found, def.alike);
  const points = [...(found ?? [])].flatMap(([name, v]): [string, Points][] => {
    const p = pointsOf(declared, v);
    return p === undefined ? [] : [[name, p]];
  });
  return { ...metric, points: new Map(points) };
}

type Found = ReadonlyMap<string, TensorValue>;

/** The tensor of each argument; undefined where one isn't what the metric wants, which is reported. */
function readValues(declared: Declared, def: MetricDef, metric: Metric, frame: Frame): Found | undefined {
  const found = new Map<string, TensorValue>();
  let fits = true;
  for (const param of def.params) {
    const e = param.kind === 'value' ? metric.values.get(param.name) : undefined;
    if (param.kind !== 'value' || e === undefined) continue;
    const read = measuredValues(frame, param, e);
    if (!('kind' in read)) {
      for (const { name, value } of read) {
        found.set(name, value);
        if (param.fits(measuredType(value, pointsOf(declared, value)))) continue;
        refuse(declared.frame, def, param, showType(value), e.span);
        fits = false;
      }
      continue;
    }
    fits = false;
    if (read.kind !== 'error') refuse(declared.frame, def, param, showType(read), e.span);
  }
  return fits ? found : undefined;
}

function refuse(frame: Frame, def: MetricDef, param: ValueParam, got: string, span: Measure['span']): void {
  complain(frame, 'wrong-kind', { where: `${param.name} of ${def.name}`, expected: param.wants, got }, span);
}

function checkAlike(
  frame: Frame,
  def: MetricDef,
  metric: Metric,
  found: Found,
  [first, second]: readonly [string, string],
): void {
  const [a, b] = [found.get(first), found.get(second)];
  const span = metric.values.get(second)?.span;
  if (a === undefined || b === undefined || span === undefined) return;
  const { facts } = frame.trace;
  const points =
    a.element.kind !== 'index' ||
    b.element.kind !== 'index' ||
    compareDims(facts, a.element.of, b.element.of) === 'equal';
  // Texts may have other lengths; what is compared position by position may not.
  const text = def.params.some(p => p.name === first && p.kind === 'value' && p.wants === 'a text');
  const shape =
    text ||
    (a.dims.length === b.dims.length &&
      a.dims.every((d, i) => compareDims(facts, d, b.dims[i] ?? 0) === 'equal'));
  if (points && shape) return;
  complain(
    frame,
    'wrong-kind',
    { where: `${second} of ${def.name}`, expected: `as ${first} is, ${showType(a)}`, got: showType(b) },
    span,
  );
}
