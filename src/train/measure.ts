// Runs a measure's entry over a whole set and folds what it fetched into metrics, each beside what chance would give.
// Only real rows are counted, so the metric doesn't depend on the batch size.

import { createHash } from 'node:crypto';
import type { Session } from '../backends/engine.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { FieldSpec, MeasureSpec } from '../compiler/program.ts';
import type { Embedded, FoldContext, MeasuredBatch } from '../dsl/metrics/metric.ts';
import { metricNamed } from '../dsl/metrics/table.ts';
import type { Batch, DataSource } from './feeds.ts';
import { feedsOf, rowKey } from './feeds.ts';
import { evaluationScalars, scalarFeeds } from './schedule.ts';

export interface Measured {
  readonly name: string;
  /** `set.split` */
  readonly split: string;
  readonly samples: number;
  readonly metrics: ReadonlyMap<string, number>;
  /** For the metrics that have one. */
  readonly chance: ReadonlyMap<string, number>;
  /** How values are shown. */
  readonly shows: 'percent' | 'number';
  /** Of a recall, for pages that show single answers. */
  readonly retrieval: Retrieval | undefined;
}

export interface Retrieval {
  readonly left: Embedded;
  readonly right: Embedded;
  readonly leftField: string;
  readonly rightField: string;
  readonly ids: readonly string[];
}

export interface MeasureRun {
  readonly session: Session;
  /** The name that the measure's plan has in the session. */
  readonly entry: string;
  readonly measure: MeasureSpec;
  readonly data: DataSource;
  readonly seed: number;
}

/** `set.split` of the measure's data. */
export function splitOf(measure: MeasureSpec): string {
  const data = measure.entry.batches[0]?.data;
  return data === undefined ? '' : `${data.set}.${data.split}`;
}

/** Names of the metrics that a measure gives, the leading one first. */
export const metricNames = (measure: MeasureSpec): readonly string[] =>
  metricNamed(measure.metric).gives(measure);

/** The metric that tells which weights are best. */
export const leadingMetric = (measure: MeasureSpec): string => metricNamed(measure.metric).leads(measure);

export const higherIsBetter = (measure: MeasureSpec): boolean =>
  metricNamed(measure.metric).better === 'more';

type Fetched = ReadonlyMap<string, HostTensor>;

export async function runMeasure(run: MeasureRun): Promise<Measured> {
  const { measure } = run;
  const [left, right] = measure.sides;
  const keyed = [left, right].filter(name => name !== '');
  const [spec] = measure.entry.batches;
  const groups = keyed.length > 0 && spec !== undefined ? await run.data.groups?.(spec) : undefined;
  const fold = metricNamed(measure.metric).fold(await contextOf(run));
  const ids: string[] = [];
  let samples = 0;
  for await (const [batch, fetched] of passes(run)) {
    const before = samples;
    fold.add({
      rows: batch.rows,
      value: name => fetchedValue(measure, fetched, name),
      key: (side, row) => {
        const name = side === 'left' ? left : right;
        const group = groups?.[name]?.[before + row];
        return group === undefined ? hashed(rowKey(batch, fieldOf(measure, name), row)) : String(group);
      },
    });
    ids.push(...batch.ids);
    samples += batch.rows;
  }
  const { metrics, chance, sides } = fold.finish();
  const retrieval = sides && { ...sides, leftField: left, rightField: right, ids };
  const { shows } = metricNamed(measure.metric);
  return { name: measure.name, split: splitOf(measure), samples, metrics, chance, shows, retrieval };
}

function fetchedValue(
  measure: MeasureSpec,
  fetched: Fetched,
  name: string,
): ReturnType<MeasuredBatch['value']> {
  const spec = measure.values.find(v => v.name === name);
  const tensor = fetched.get(spec?.fetch ?? name);
  if (tensor === undefined) throw new Error(`the engine returned nothing for ${name}`);
  const keep = spec?.keep === undefined ? undefined : fetched.get(spec.keep)?.data;
  return { data: tensor.data, shape: tensor.shape, keep };
}

/** What the fold may ask of the measure and its data. */
async function contextOf({ measure, data }: MeasureRun): Promise<FoldContext> {
  const [spec] = measure.entry.batches;
  const unnamed = measure.values.some(v => v.labels !== undefined && v.labels.names === undefined);
  const found = unnamed && spec !== undefined ? await data.labels?.(spec) : undefined;
  const of = (name: string) => measure.values.find(v => v.name === name);
  return {
    name: measure.name,
    ranks: measure.ranks,
    sides: measure.sides,
    size: name => of(name)?.size ?? 1,
    labels: name => {
      const labels = of(name)?.labels;
      return labels?.names ?? found?.get(labels?.set ?? '') ?? [];
    },
    read: (name, tokens) => data.read?.(of(name)?.text ?? '', tokens) ?? tokens.join(' '),
  };
}

function fieldOf(measure: MeasureSpec, name: string): FieldSpec {
  const field = measure.entry.batches.flatMap(b => b.fields).find(f => f.name === name);
  if (field === undefined) throw new Error(`measure ${measure.name} has no field ${name}`);
  return field;
}

const hashed = (bytes: string): string => createHash('sha256').update(bytes, 'latin1').digest('base64');

async function* passes(run: MeasureRun): AsyncGenerator<readonly [Batch, Fetched]> {
  const { entry } = run.measure;
  const [spec, more] = entry.batches;
  if (spec === undefined || more !== undefined)
    throw new Error(`measure ${run.measure.name} reads ${entry.batches.length} batches and not one`);
  const scalars = scalarFeeds(entry, evaluationScalars(run.seed));
  for await (const batch of run.data.sweep(spec))
    yield [batch, await run.session.run(run.entry, feedsOf(entry, [...batch.feeds, ...scalars]))];
}
