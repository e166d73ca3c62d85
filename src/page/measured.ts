// A measure folded over batches that a page makes.

import type { HostTensor } from '../base/tensor.ts';
import type { BatchSpec, MeasureSpec } from '../compiler/program.ts';
import { metricNamed } from '../dsl/metrics/table.ts';
import type { PageBatch } from './trainer.ts';

export interface MeasuredStage {
  readonly name: string;
  readonly rows: number;
  readonly metrics: ReadonlyMap<string, number>;
  /** What guessing reaches, for the metrics for which that is known. */
  readonly chance: ReadonlyMap<string, number>;
  /** How values are shown. */
  readonly shows: 'percent' | 'number';
}

/** Only real rows are counted. */
export async function measured(
  measure: MeasureSpec,
  sweep: (spec: BatchSpec) => Iterable<PageBatch>,
  run: (batch: PageBatch) => Promise<ReadonlyMap<string, HostTensor>>,
): Promise<MeasuredStage> {
  const { name, ranks, sides, values, metric } = measure;
  const valueNamed = (of: string) => values.find(v => v.name === of);
  const { fold: startFold, shows } = metricNamed(metric);
  const fold = startFold({
    name,
    ranks,
    sides,
    size: of => valueNamed(of)?.size ?? 1,
    labels: of => valueNamed(of)?.labels?.names ?? [],
    read: (_, tokens) => tokens.join(' '),
  });
  const [spec] = measure.entry.batches;
  if (spec === undefined) throw new Error(`measure ${name} reads no batch`);
  let rows = 0;
  for (const batch of sweep(spec)) {
    const fetched = await run(batch);
    fold.add({
      rows: batch.rows,
      value: of => {
        const value = valueNamed(of);
        const tensor = fetched.get(value?.fetch ?? of);
        if (tensor === undefined) throw new Error(`the engine returned nothing for ${of}`);
        const keep = value?.keep === undefined ? undefined : fetched.get(value.keep)?.data;
        return { data: tensor.data, shape: tensor.shape, keep };
      },
      key: () => {
        throw new Error(`measure ${name} compares rows, which a page doesn't`);
      },
    });
    rows += batch.rows;
  }
  const { metrics, chance } = fold.finish();
  return { name, rows, metrics, chance, shows };
}
