// Rows of the run's own data as inputs of an export, for checking a file on what the model was made for.

import type { HostTensor } from '../base/tensor.ts';
import { type BatchSpec, entriesOf, type FieldSpec } from '../compiler/program.ts';
import { DataFailure } from '../data/index.ts';
import { allocate } from '../train/host-tensor.ts';
import { type LoadedRun, stageOf } from '../train/load.ts';
import { dataSource, openRunData } from '../train/run-data.ts';
import type { NamedInput } from './names.ts';

/** Inputs by lead: the rows that were found, at most `most`. Leads whose parameters no batch of the stage has are absent. */
export async function realRows(
  loaded: LoadedRun,
  inputs: readonly NamedInput[],
  most: number,
): Promise<ReadonlyMap<string, ReadonlyMap<string, HostTensor>>> {
  const batches = entriesOf(stageOf(loaded, loaded.stage, undefined))
    .flatMap(e => e.batches)
    .filter(b => b.data !== undefined);
  const { spec, data: kept } = loaded.run.settings;
  const source = dataSource(openRunData({ specFile: spec, worker: false }, kept), loaded.tokenizers);
  const found = new Map<string, ReadonlyMap<string, HostTensor>>();
  for (const lead of new Set(inputs.map(i => i.lead))) {
    const own = inputs.filter(i => i.lead === lead);
    for (const batch of batches) {
      const fields = fieldsFor(batch, own);
      if (fields === undefined) continue;
      const rows = await firstRows(
        source.sweep({ ...batch, fields: [...new Set(fields.values())] }),
        own,
        fields,
        most,
      );
      if (rows === undefined) continue;
      found.set(lead, rows);
      break;
    }
  }
  return found;
}

/** A field of the batch for each parameter: of the same type, by its name where it can be. */
function fieldsFor(
  batch: BatchSpec,
  inputs: readonly NamedInput[],
): ReadonlyMap<string, FieldSpec> | undefined {
  const found = new Map<string, FieldSpec>();
  for (const { param, field } of inputs) {
    if (found.has(param)) continue;
    const wanted = JSON.stringify(field.type);
    const fitting = batch.fields.filter(f => JSON.stringify(f.type) === wanted);
    const used = new Set(found.values());
    const chosen = fitting.find(f => f.name === field.name) ?? fitting.find(f => !used.has(f)) ?? fitting[0];
    if (chosen === undefined) return undefined;
    found.set(param, chosen);
  }
  return found;
}

async function firstRows(
  sweep: ReturnType<ReturnType<typeof dataSource>['sweep']>,
  inputs: readonly NamedInput[],
  fields: ReadonlyMap<string, FieldSpec>,
  most: number,
): Promise<ReadonlyMap<string, HostTensor> | undefined> {
  try {
    for await (const batch of sweep) {
      const count = Math.min(batch.rows, most);
      if (count === 0) return undefined;
      return new Map(
        inputs.map(({ name, param, feed }) => {
          const from = fields.get(param)?.feeds.find(f => f.component === feed.component);
          const tensor = batch.feeds.get(from?.feed ?? '');
          if (tensor === undefined) throw new Error(`the batch has no ${feed.component} for ${param}`);
          return [name, repeated(tensor, count)] as const;
        }),
      );
    }
    return undefined;
  } catch (e) {
    // The data may have moved since: made-up rows serve as well.
    if (e instanceof DataFailure) return undefined;
    throw e;
  }
}

/** The first `rows` rows; where there are fewer, they come again. */
export function repeated(tensor: HostTensor, rows: number): HostTensor {
  const there = tensor.shape[0] ?? 1;
  const size = tensor.data.length / there;
  const out = allocate(tensor.dtype, [rows, ...tensor.shape.slice(1)]);
  for (let i = 0; i < rows; i++)
    out.data.set(tensor.data.subarray((i % there) * size, ((i % there) + 1) * size), i * size);
  return out;
}
