// The data of a program: manifests found and read once, splits prepared once, tokenizers fitted or loaded, batches
// streamed to training and swept for evaluation. What it streams and sweeps is what src/train asks a data source for.

import { join, resolve } from 'node:path';
import type { Diagnostic, Result } from '../base/diagnostic.ts';
import type { BatchSpec, ModalitySpec } from '../compiler/program.ts';
import { holdsSamples } from './audio/recording.ts';
import { evaluationBatches, type MadeBatch } from './batch/maker.ts';
import { createBatchStream } from './batch/stream.ts';
import { DataFailure, orThrow } from './data-failure.ts';
import { type Dataset, openDataset } from './dataset.ts';
import { dataDiagnostic } from './diagnostics.ts';
import { findManifest } from './manifest/find-manifest.ts';
import { readManifest } from './manifest/read-manifest.ts';
import { type PreparedSplit, prepareSplit } from './prepare.ts';
import { fitTokenizer, type Tokenizer } from './text/tokenizer.ts';

export interface DataOptions {
  readonly specFile: string;
  /** `--data NAME=PATH`. */
  readonly overrides?: ReadonlyMap<string, string> | undefined;
  /** Decoded pictures are kept here; `.cache/mmlang` in the current folder if undefined; false: nowhere. */
  readonly cacheFolder?: string | false | undefined;
  readonly onProgress?: ((event: DataProgress) => void) | undefined;
  /** Warnings, e.g. which rows were skipped. */
  readonly onDiagnostic?: ((diagnostic: Diagnostic) => void) | undefined;
  /** The batch worker's file; false: batches are made in this thread. */
  readonly worker?: string | false | undefined;
}

export interface DataProgress {
  /** `set.split` */
  readonly split: string;
  readonly done: number;
  readonly total: number;
}

/** What a stream gives: `after` goes into a checkpoint and comes back as `at`. */
export interface StreamedBatch extends MadeBatch {
  readonly after: { readonly step: number; readonly data: string };
}

export interface DataStream {
  next(): Promise<StreamedBatch>;
  close(): Promise<void>;
}

export interface Data {
  dataset(set: string): Promise<Result<Dataset>>;
  /** The split that the batch reads, with exactly the fields it reads. */
  prepare(spec: BatchSpec): Promise<Result<PreparedSplit>>;
  /** Fits a tokenizer on the texts of each text modality that these batches read; the first batch decides. */
  fitTokenizers(specs: readonly BatchSpec[]): Promise<Result<ReadonlyMap<string, Tokenizer>>>;
  /** Streams and sweeps throw a DataFailure where data can't be had. */
  source(tokenizers: ReadonlyMap<string, Tokenizer>): DataSource;
}

export interface DataSource {
  stream(spec: BatchSpec, seed: number, at: unknown): Promise<DataStream>;
  sweep(spec: BatchSpec): AsyncIterable<MadeBatch>;
}

export const defaultCacheFolder = (): string => resolve(join('.cache', 'mmlang'));

export function openData(options: DataOptions): Data {
  const datasets = new Map<string, Promise<Result<Dataset>>>();
  const prepared = new Map<string, Promise<Result<PreparedSplit>>>();
  const folder = options.cacheFolder ?? defaultCacheFolder();
  const say = options.onDiagnostic;

  const open = async (set: string, spec: BatchSpec | undefined): Promise<Result<Dataset>> => {
    const overrides = options.overrides ?? new Map<string, string>();
    const found = findManifest(set, { specFile: options.specFile, overrides, span: spec?.span });
    if (found.value === undefined) return { value: undefined, diagnostics: found.diagnostics };
    const manifest = readManifest(set, found.value.file);
    if (manifest.value === undefined) return { value: undefined, diagnostics: manifest.diagnostics };
    return openDataset(manifest.value);
  };
  const dataset = (set: string, spec?: BatchSpec): Promise<Result<Dataset>> =>
    once(datasets, set, () => open(set, spec));

  const prepare = (spec: BatchSpec): Promise<Result<PreparedSplit>> => {
    const { data } = spec;
    if (data === undefined) throw new Error(`batch ${spec.id} reads no data set`);
    const key = JSON.stringify([
      data.set,
      data.split,
      spec.fields.map(f => [f.name, f.type, holdsSamples(f)]),
    ]);
    return once(prepared, key, async () => {
      const opened = await dataset(data.set, spec);
      if (opened.value === undefined) return { value: undefined, diagnostics: opened.diagnostics };
      const result = await prepareSplit(opened.value, spec, {
        cacheFolder: folder === false ? undefined : folder,
        onProgress: (done, total) =>
          options.onProgress?.({ split: `${data.set}.${data.split}`, done, total }),
      });
      if (result.value !== undefined) for (const diagnostic of result.diagnostics) say?.(diagnostic);
      return result;
    });
  };

  return {
    dataset,
    prepare,
    async fitTokenizers(specs) {
      const tokenizers = new Map<string, Tokenizer>();
      for (const spec of specs) {
        for (const { name, type } of spec.fields) {
          const text = type.kind === 'modality' ? textModality(type.modality) : undefined;
          if (text === undefined || tokenizers.has(text.name)) continue;
          const split = await prepare(spec);
          if (split.value === undefined) return { value: undefined, diagnostics: split.diagnostics };
          const column = split.value.columns[name];
          if (column?.kind !== 'text' && column?.kind !== 'texts')
            throw new Error(`${name} was prepared as ${column?.kind} and not as text`);
          const texts = column.kind === 'text' ? column.texts : column.lists.flat();
          const fitted = fitTokenizer(texts, text.tokenizer);
          if (fitted.value === undefined)
            return {
              value: undefined,
              diagnostics: fitted.diagnostics.map(d => ({ ...d, span: spec.span })),
            };
          tokenizers.set(text.name, fitted.value);
        }
      }
      return { value: tokenizers, diagnostics: [] };
    },
    source: tokenizers => ({
      async stream(spec, seed, at) {
        const split = orThrow(await prepare(spec));
        const from = positionAfter(spec, split, at);
        const { worker } = options;
        const sequence = createBatchStream({ batch: spec, split, tokenizers, seed, from: from + 1, worker });
        let step = from;
        return {
          async next() {
            const batch = await sequence.next();
            step += 1;
            return { ...batch, after: { step, data: split.fingerprint } };
          },
          close: () => sequence.close(),
        };
      },
      async *sweep(spec) {
        const split = orThrow(await prepare(spec));
        yield* evaluationBatches({ batch: spec, split, tokenizers });
      },
    }),
  };
}

const textModality = (modality: ModalitySpec): Extract<ModalitySpec, { kind: 'text' }> | undefined =>
  modality.kind === 'text' ? modality : undefined;

async function once<T>(kept: Map<string, Promise<T>>, key: string, make: () => Promise<T>): Promise<T> {
  const known = kept.get(key);
  if (known !== undefined) return known;
  const made = make();
  kept.set(key, made);
  return made;
}

/** The step that a checkpoint's position stands after; 0 at the beginning. */
function positionAfter(spec: BatchSpec, split: PreparedSplit, at: unknown): number {
  if (at === undefined || at === null) return 0;
  const { step, data } = at as { readonly step?: unknown; readonly data?: unknown };
  const known = typeof step === 'number' && Number.isSafeInteger(step) && step >= 0;
  if (known && data === split.fingerprint) return step;
  const { set, split: name } = split.ref;
  const code = known ? 'data-changed' : 'position-invalid';
  throw new DataFailure([dataDiagnostic(code, { split: `${set}.${name}` }, { span: spec.span })]);
}
