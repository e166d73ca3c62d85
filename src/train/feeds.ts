// What training asks of data, whoever supplies it: endless batches to learn from and one pass over a whole split.

import type { HostTensor } from '../base/tensor.ts';
import type { BatchSpec, Entry, FieldSpec } from '../compiler/program.ts';

export interface Batch {
  /** Every feed of the batch's spec, the keep feed too. */
  readonly feeds: ReadonlyMap<string, HostTensor>;
  /** How many of its rows are real; they come first. */
  readonly rows: number;
  /** Names of the real rows, in order, where the data room says them. */
  readonly ids: readonly string[];
}

export interface TrainingBatch extends Batch {
  /** Where the stream stands after this batch: what `at` must be to go on with the next one. JSON. */
  readonly after: unknown;
}

export interface BatchStream {
  next(): Promise<TrainingBatch>;
  close(): Promise<void>;
}

export interface DataSource {
  /** Shuffled, augmented batches without end, from the beginning or from where `after` of a batch said. */
  stream(spec: BatchSpec, seed: number, at: unknown): Promise<BatchStream>;
  /** Every example of the split once, in order, as it is; the last batch padded. */
  sweep(spec: BatchSpec): AsyncIterable<Batch>;
  /** By field, for the rows of a sweep in order: equal numbers mean equal values. Else rows are compared as fed. */
  groups?(spec: BatchSpec): Promise<Readonly<Record<string, Int32Array>>>;
  /** Names of the label sets that fields of the batch point into, by the set. */
  labels?(spec: BatchSpec): Promise<ReadonlyMap<string, readonly string[]>>;
  /** Tokens of a text modality as text. */
  read?(modality: string, tokens: readonly number[]): string | undefined;
}

/** A key of a row's value in a field: equal exactly where all its components are equal. */
export function rowKey(batch: Batch, field: FieldSpec, row: number): string {
  const parts = field.feeds.map(feed => {
    const tensor = batch.feeds.get(feed.feed);
    if (tensor === undefined) throw new Error(`the batch has no feed ${feed.feed}`);
    const size = tensor.data.byteLength / (tensor.shape[0] ?? 1);
    return Buffer.from(tensor.data.buffer, tensor.data.byteOffset + row * size, size).toString('latin1');
  });
  return parts.join('|');
}

/** Those of the tensors that the entry's graph reads: what it doesn't need was compiled away. */
export function feedsOf(
  entry: Entry,
  tensors: Iterable<readonly [string, HostTensor]>,
): ReadonlyMap<string, HostTensor> {
  const read = new Set(entry.plan.graph.inputs.map(i => i.name));
  return new Map([...tensors].filter(([name]) => read.has(name)));
}
