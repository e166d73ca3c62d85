// A measure as what an engine runs: an evaluation graph that fetches what the metric folds.

import { metricNamed } from '../dsl/metrics/table.ts';
import type { Declared } from '../dsl/semantics/declare.ts';
import { alignMask } from '../dsl/semantics/emit.ts';
import { measuredFields, measuredValues } from '../dsl/semantics/measured-values.ts';
import type { Measure, Metric, Objective, Stage } from '../dsl/semantics/model.ts';
import { fieldFrame, traceObjective, traceSides } from '../dsl/semantics/objectives.ts';
import type { Trace } from '../dsl/semantics/trace.ts';
import type { TensorValue, Value } from '../dsl/semantics/values.ts';
import type { ValueId } from '../ir/graph.ts';
import { type BatchBuilder, createBatch, type LowerContext, LoweringError, startLowering } from './lower.ts';
import type { MeasuredSpec, MeasureSpec } from './program.ts';
import { evaluationEntry } from './stage-program.ts';

/** How a measure is called where it is shown: by what it measures. */
export function measureName({ metric }: Pick<Measure, 'metric'>): string {
  const def = metricNamed(metric.metric);
  const [first] = def.params;
  if (metric.objective !== undefined)
    return first?.kind === 'objective' && def.name !== 'objective'
      ? `${def.name} of ${metric.objective}`
      : metric.objective;
  const target = metric.values.get('target') ?? metric.values.get('reference');
  return target?.kind === 'name' ? `${def.name} of ${target.text}` : def.name;
}

export function measureSpec(
  context: LowerContext,
  stage: Stage,
  measure: Measure,
  options: { readonly batch?: number },
): { readonly spec: MeasureSpec; readonly trace: Trace } {
  const name = measureName(measure);
  const lowering = startLowering(context, `measure ${name}`, () => false);
  const { declared, trace } = lowering;
  const used = stage.kind === 'minimize' ? stage.terms : stage.fits;
  const largest = Math.max(1, ...used.map(u => u.data.batch ?? 1));
  const batch = createBatch(lowering, 'b0', measure.data.batch ?? options.batch ?? largest, true);
  const objective = measured(context, declared, stage, measure);
  const fields = new Map(objective.params.map(p => [p.name.text, batch.field(p, objective.params)]));
  const values =
    measure.metric.objective === undefined
      ? valuesOf(declared, trace, batch, measure.metric, objective, fields)
      : sidesOrLoss(
          declared,
          trace,
          batch,
          objective,
          fields,
          metricNamed(measure.metric.metric).params[0]?.kind,
        );
  lowering.finish();
  if (values === undefined) throw new LoweringError([]);
  const entry = evaluationEntry(context, `measure ${name}`, trace, [batch.spec(measure.data, [])]);
  const [left] = objective.sides?.leftFields ?? [];
  const [right] = objective.sides?.rightFields ?? [];
  const spec: MeasureSpec = {
    name,
    entry,
    every: measure.every,
    metric: measure.metric.metric,
    ranks: measure.metric.ranks,
    sides: [left ?? '', right ?? ''],
    values,
    span: measure.span,
  };
  return { spec, trace };
}

/** The objective that is measured, or the fields of expressions as one. */
function measured(context: LowerContext, declared: Declared, stage: Stage, measure: Measure): Objective {
  const { objectives } = context.model;
  const name = measure.metric.objective;
  if (name === undefined) {
    const terms = stage.kind === 'minimize' ? stage.terms : [];
    const own = terms.flatMap(t => objectives.get(t.objective) ?? []);
    return measuredFields(declared, new Set([...own, ...objectives.values()]), measure);
  }
  const objective = objectives.get(name);
  if (objective === undefined) throw new Error(`no objective ${name}`);
  return objective;
}

type Fields = ReadonlyMap<string, Value>;
const plain = { keep: undefined, size: 1, labels: undefined, text: undefined } as const;

function sidesOrLoss(
  declared: Declared,
  trace: Trace,
  batch: BatchBuilder,
  objective: Objective,
  fields: Fields,
  kind: string | undefined,
): readonly MeasuredSpec[] | undefined {
  const { builder } = trace;
  const give = (name: string, id: ValueId): MeasuredSpec => {
    builder.output(name, 'fetch', id);
    return { name, fetch: name, ...plain };
  };
  if (kind === 'align') {
    const sides = traceSides(declared, objective, fields);
    return sides && [give('left', sides.left.id), give('right', sides.right.id)];
  }
  const loss = traceObjective(declared, objective, fields);
  if (loss === undefined) return undefined;
  const weight = positionsCounted(trace, loss.id) ?? countRows(trace, batch.keep);
  return [give('value', loss.id), give('weight', weight)];
}

/**
 * How many positions a loss is the mean of, where it ends with `mean(…)`, which is a sum over a count of what is kept:
 * so that batches with more tokens weigh more.
 */
function positionsCounted({ builder }: Trace, loss: ValueId): ValueId | undefined {
  const mean = builder.producer(loss);
  const least = mean?.op === 'div' ? builder.producer(mean.inputs[1] ?? -1) : undefined;
  const count = least?.op === 'max' ? least.inputs[0] : undefined;
  if (count === undefined) return undefined;
  const { op, inputs = [] } = builder.producer(count) ?? {};
  const counted = op === 'mul' ? builder.producer(inputs[0] ?? -1) : builder.producer(count);
  const cast = counted?.op === 'reduce_sum' ? builder.producer(counted.inputs[0] ?? -1) : undefined;
  return cast?.op === 'cast' && builder.typeOf(cast.inputs[0] ?? -1).dtype === 'bool' ? count : undefined;
}

function countRows({ builder }: Trace, mask: ValueId): ValueId {
  return builder.one('reduce_sum', [builder.one('cast', [mask], { to: 'f32' })], {
    axes: [0],
    keepdims: false,
  });
}

function valuesOf(
  declared: Declared,
  trace: Trace,
  batch: BatchBuilder,
  metric: Metric,
  objective: Objective,
  fields: Fields,
): readonly MeasuredSpec[] | undefined {
  const frame = fieldFrame(declared, objective, fields);
  const specs: MeasuredSpec[] = [];
  for (const param of metricNamed(metric.metric).params) {
    const e = param.kind === 'value' ? metric.values.get(param.name) : undefined;
    if (param.kind !== 'value' || e === undefined) continue;
    const found = measuredValues(frame, param, e);
    if ('kind' in found) return undefined;
    for (const { name, value } of found) specs.push(fetched(trace, batch, metric, name, value));
  }
  return specs;
}

function fetched(
  trace: Trace,
  batch: BatchBuilder,
  metric: Metric,
  name: string,
  value: TensorValue,
): MeasuredSpec {
  const { builder } = trace;
  const fetch = `value/${name}`;
  builder.output(fetch, 'fetch', value.id);
  const keep = maskOf(trace, batch, value);
  if (keep !== undefined) builder.output(`keep/${name}`, 'fetch', keep);
  const points = metric.points.get(name);
  const last = value.dims[value.dims.length - 1];
  const size = value.element.kind === 'index' ? value.element.of : last;
  return {
    name,
    fetch,
    keep: keep === undefined ? undefined : `keep/${name}`,
    size: typeof size === 'number' ? size : 1,
    labels: points?.kind === 'labels' ? { set: points.labels.path, names: points.labels.names } : undefined,
    text: points?.kind === 'text' ? points.modality.path : undefined,
  };
}

/** Where positions of a value are real beyond which rows are, in its own shape. */
function maskOf(trace: Trace, batch: BatchBuilder, value: TensorValue): ValueId | undefined {
  const { builder } = trace;
  const masks = value.keeps.filter(k => k.mask !== batch.keep);
  if (masks.length === 0 || value.dims.length === 0) return undefined;
  const aligned = masks.map(k => alignMask({ trace }, k, value.dims.length));
  const both = aligned.reduce((a, b) => builder.one('and', [a, b]));
  return builder.one('broadcast', [both], { shape: value.dims });
}
