// Runs a measure's entry over a whole set and folds what it fetched into metrics, each beside what chance would give.
// Only real rows are counted, so the metric doesn't depend on the batch size.

import { createHash } from 'node:crypto';
import type { Session } from '../backends/engine.ts';
import type { HostTensor } from '../base/tensor.ts';
import type { FieldSpec, MeasureSpec } from '../compiler/program.ts';
import type { Batch, DataSource } from './feeds.ts';
import { feedsOf, rowKey } from './feeds.ts';
import { scalarOf } from './host-tensor.ts';
import type { Embedded } from './recall.ts';
import { recallAt } from './recall.ts';
import { evaluationScalars, scalarFeeds } from './schedule.ts';

export interface Measured {
  readonly name: string;
  /** `set.split` */
  readonly split: string;
  readonly samples: number;
  readonly metrics: ReadonlyMap<string, number>;
  /** For the metrics that have one. */
  readonly chance: ReadonlyMap<string, number>;
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
export function metricNames(measure: MeasureSpec): readonly string[] {
  const { fold } = measure;
  switch (fold.kind) {
    case 'recall':
      return [
        ...fold.at.map(k => recallName(fold.leftField, fold.rightField, k)),
        ...fold.at.map(k => recallName(fold.rightField, fold.leftField, k)),
      ];
    case 'mean':
    case 'accuracy':
      return [measure.name];
    default:
      return fold satisfies never;
  }
}

export const recallName = (from: string, to: string, k: number): string => `${from}-to-${to}/R@${k}`;

/** Whether more is better: not so for a mean, which folds a loss. */
export const higherIsBetter = (measure: MeasureSpec): boolean => measure.fold.kind !== 'mean';

export async function runMeasure(run: MeasureRun): Promise<Measured> {
  const { measure } = run;
  const { fold } = measure;
  switch (fold.kind) {
    case 'recall':
      return measureRecall(run, fold);
    case 'mean': {
      const { value, rows } = await weightedMean(run, 'value', f => scalarOf(f.get('weight'), 'weight'));
      return single(measure, value, undefined, rows);
    }
    case 'accuracy': {
      const { value, rows } = await weightedMean(run, 'correct', () => 1);
      return single(measure, value, 1 / fold.classes, rows);
    }
    default:
      return fold satisfies never;
  }
}

function single(measure: MeasureSpec, value: number, chance: number | undefined, samples: number): Measured {
  return {
    name: measure.name,
    split: splitOf(measure),
    samples,
    metrics: new Map([[measure.name, value]]),
    chance: new Map(chance === undefined ? [] : [[measure.name, chance]]),
    retrieval: undefined,
  };
}

type Fetched = ReadonlyMap<string, HostTensor>;

/** Σ fetch · scale / Σ weight: a mean times its rows, or a count as it is. */
async function weightedMean(
  run: MeasureRun,
  fetch: string,
  scale: (fetched: Fetched) => number,
): Promise<{ readonly value: number; readonly rows: number }> {
  let sum = 0;
  let weight = 0;
  let rows = 0;
  for await (const [batch, fetched] of passes(run)) {
    const w = scalarOf(fetched.get('weight'), 'weight');
    // A batch without a counted row has no mean: 0 · NaN would spoil the sum.
    if (w > 0) sum += scalarOf(fetched.get(fetch), fetch) * scale(fetched);
    weight += w;
    rows += batch.rows;
  }
  return { value: weight === 0 ? Number.NaN : sum / weight, rows };
}

async function measureRecall(
  run: MeasureRun,
  fold: Extract<MeasureSpec['fold'], { kind: 'recall' }>,
): Promise<Measured> {
  const [spec] = run.measure.entry.batches;
  const groups = spec === undefined ? undefined : await run.data.groups?.(spec);
  const side = (fetch: string, field: string) =>
    collector(fetch, fieldOf(run.measure, field), groups?.[field]);
  const left = side(fold.left, fold.leftField);
  const right = side(fold.right, fold.rightField);
  const ids: string[] = [];
  for await (const [batch, fetched] of passes(run)) {
    left.add(batch, fetched);
    right.add(batch, fetched);
    ids.push(...batch.ids);
  }
  const metrics = new Map<string, number>();
  const chance = new Map<string, number>();
  const directions = [
    { from: left.embedded, to: right.embedded, names: [fold.leftField, fold.rightField] as const },
    { from: right.embedded, to: left.embedded, names: [fold.rightField, fold.leftField] as const },
  ];
  for (const { from, to, names } of directions)
    for (const recall of recallAt(from, to, fold.at)) {
      metrics.set(recallName(...names, recall.k), recall.value);
      chance.set(recallName(...names, recall.k), recall.chance);
    }
  return {
    name: run.measure.name,
    split: splitOf(run.measure),
    samples: left.embedded.keys.length,
    metrics,
    chance,
    retrieval: {
      left: left.embedded,
      right: right.embedded,
      leftField: fold.leftField,
      rightField: fold.rightField,
      ids,
    },
  };
}

function fieldOf(measure: MeasureSpec, name: string): FieldSpec {
  const field = measure.entry.batches.flatMap(b => b.fields).find(f => f.name === name);
  if (field === undefined) throw new Error(`measure ${measure.name} has no field ${name}`);
  return field;
}

function collector(fetch: string, field: FieldSpec, groups: Int32Array | undefined) {
  const vectors: Float32Array[] = [];
  const keys: string[] = [];
  return {
    embedded: { vectors, keys } satisfies Embedded,
    add(batch: Batch, fetched: Fetched): void {
      const tensor = fetched.get(fetch);
      if (tensor === undefined) throw new Error(`the engine returned nothing for ${fetch}`);
      const width = tensor.data.length / (tensor.shape[0] ?? 1);
      for (let row = 0; row < batch.rows; row += 1) {
        vectors.push(Float32Array.from(tensor.data.subarray(row * width, (row + 1) * width)));
        const group = groups?.[keys.length];
        keys.push(group === undefined ? hashed(rowKey(batch, field, row)) : String(group));
      }
    },
  };
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
