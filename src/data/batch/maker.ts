// Batches of a stage as a function of the step, and the pass over a split for evaluation.

import type { Diagnostic, Result } from '../../base/diagnostic.ts';
import { hasErrors } from '../../base/diagnostic.ts';
import type { HostTensor } from '../../base/tensor.ts';
import type { BatchSpec, TransformSpec } from '../../compiler/program.ts';
import { checkTransforms } from '../check-transforms.ts';
import { dataDiagnostic } from '../diagnostics.ts';
import type { PreparedSplit } from '../prepare.ts';
import { makeFeeds, type Tokenizers } from './feeds.ts';
import { type BatchOrder, batchOrder, passOrder } from './order.ts';

/** Feeds by input name, how many rows are real (they come first) and where each of those came from. */
export interface MadeBatch {
  readonly feeds: ReadonlyMap<string, HostTensor>;
  readonly rows: number;
  readonly ids: readonly string[];
}

export interface BatchMaker {
  readonly batchesPerEpoch: number;
  /** The batch of step s ≥ 1: equal arguments, equal bits. */
  readonly make: (step: number) => MadeBatch;
}

export interface BatchMakerOptions {
  readonly batch: BatchSpec;
  readonly split: PreparedSplit;
  /** By the modality's name. */
  readonly tokenizers: Tokenizers;
  readonly seed: number;
}

/** What a batch of training asks of its split and can't get: transforms, rows, different values. */
export function checkBatch(batch: BatchSpec, split: PreparedSplit): readonly Diagnostic[] {
  const transforms = batch.fields.flatMap(field => checkTransforms(field).diagnostics);
  return [...transforms, ...alignedTransforms(batch), ...sizeDiagnostics(batch, split)];
}

/** Training batches, shuffled and augmented. Says at the start what can't be: too few rows, too few distinct values. */
export function createBatches(options: BatchMakerOptions): Result<BatchMaker> {
  const { batch, split, tokenizers, seed } = options;
  const transforms = new Map<string, readonly TransformSpec[]>();
  const diagnostics: Diagnostic[] = [];
  for (const field of batch.fields) {
    const checked = checkTransforms(field);
    diagnostics.push(...checked.diagnostics);
    if (checked.value !== undefined) transforms.set(field.name, checked.value);
  }
  diagnostics.push(...alignedTransforms(batch), ...sizeDiagnostics(batch, split));
  if (hasErrors(diagnostics)) return { value: undefined, diagnostics };
  const order = orderOf(batch, split, seed);
  const make = (step: number): MadeBatch => {
    const rows = order.rowsOf(step);
    const feeds = makeFeeds(batch, split, tokenizers, rows, transforms, { seed, step });
    return { feeds, rows: rows.length, ids: Array.from(rows, r => split.places[r] as string) };
  };
  return { value: { batchesPerEpoch: order.batchesPerEpoch, make }, diagnostics };
}

/** Augmentation of a field that others go along would part them. */
function alignedTransforms(batch: BatchSpec): readonly Diagnostic[] {
  return batch.fields.flatMap(({ name: aligned, type }) => {
    const field = 'along' in type ? batch.fields.find(f => f.name === type.along) : undefined;
    return (field?.transforms ?? []).map(({ name, span }) =>
      dataDiagnostic('transform-aligned', { name, field: field?.name ?? '', aligned }, { span }),
    );
  });
}

function orderOf(batch: BatchSpec, split: PreparedSplit, seed: number): BatchOrder {
  const of = { rows: split.rows, size: batch.size, seed, owner: batch.id };
  switch (batch.order) {
    case 'passes':
      return passOrder(of);
    case 'endless': {
      const distinct = batch.distinct.map(name => split.groups[name] as Int32Array);
      return batchOrder({ ...of, distinct });
    }
    default:
      return batch.order satisfies never;
  }
}

function sizeDiagnostics(batch: BatchSpec, split: PreparedSplit): Diagnostic[] {
  const name = `${split.ref.set}.${split.ref.split}`;
  const place = { span: batch.span };
  if (batch.order === 'endless' && batch.size > split.rows)
    return [dataDiagnostic('batch-too-large', { size: batch.size, split: name, rows: split.rows }, place)];
  return batch.distinct.flatMap(field => {
    const groups = split.groups[field];
    if (groups === undefined) throw new Error(`${field} is to be distinct and isn't a field of the batch`);
    const distinct = new Set(groups).size;
    if (distinct >= batch.size) return [];
    return [dataDiagnostic('batch-distinct', { size: batch.size, field, split: name, distinct }, place)];
  });
}

/** Every row once, in order, as it is; the last batch is padded with rows that are not kept. */
export function* evaluationBatches(options: Omit<BatchMakerOptions, 'seed'>): Generator<MadeBatch> {
  const { batch, split, tokenizers } = options;
  for (let start = 0; start < split.rows; start += batch.size) {
    const rows = Array.from({ length: Math.min(batch.size, split.rows - start) }, (_, i) => start + i);
    const feeds = makeFeeds(batch, split, tokenizers, rows, new Map(), undefined);
    yield { feeds, rows: rows.length, ids: rows.map(r => split.places[r] as string) };
  }
}
