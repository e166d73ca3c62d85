// The data of a run: opened, compared with what the run was started with, its tokenizers fitted once and kept.

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.ts';
import { nearestName } from '../base/nearest-name.ts';
import {
  type BatchSpec,
  entriesOf,
  type FieldSpec,
  type StageProgram,
  type TokenizerFitSpec,
  trainingEntries,
} from '../compiler/program.ts';
import type { Data, DataOptions, Tokenizer } from '../data/index.ts';
import { checkBatch, DataFailure, loadTokenizer, openData, orThrow } from '../data/index.ts';
import { readFailure, writeWhole } from './atomic-file.ts';
import { failure } from './diagnostics.ts';
import type { DataSource } from './feeds.ts';
import { makeFolder, tokenizerFolder } from './run-folder.ts';
import type { DataSettings, InputSettings } from './run-settings.ts';

export interface RunData {
  readonly data: Data;
  readonly source: DataSource;
  readonly tokenizers: ReadonlyMap<string, Tokenizer>;
}

/** Every batch that the stages read, and what the tokenizers are fitted on. */
export const batchesOf = (
  stages: readonly StageProgram[],
  tokenizers: readonly TokenizerFitSpec[] = [],
): readonly BatchSpec[] => [
  ...tokenizers.map(t => t.batch),
  ...stages.flatMap(entriesOf).flatMap(e => e.batches),
];

/** The tokenizers that these stages fit or read and that the spec fits somewhere; those of the run are there already. */
export function tokenizersToFit(
  all: readonly TokenizerFitSpec[],
  stages: readonly StageProgram[],
  dir: string | undefined,
): readonly TokenizerFitSpec[] {
  const read = new Set(batchesOf(stages).flatMap(b => b.fields.map(f => textModality(f)?.name)));
  return all.filter(t => {
    if (dir !== undefined && existsSync(join(tokenizerFolder(dir), t.modality))) return false;
    return read.has(t.modality) || stages.some(s => s.stage === t.stage);
  });
}

/** Reads the tables of every data set that the batches name: paths and hashes for run.json. */
export async function describeData(
  data: Data,
  batches: readonly BatchSpec[],
): Promise<readonly DataSettings[]> {
  const sets = [...new Set(batches.flatMap(b => (b.data === undefined ? [] : [b.data.set])))].sort();
  const described: DataSettings[] = [];
  for (const set of sets) {
    const dataset = orThrow(await data.dataset(set));
    described.push({ set, manifest: dataset.manifest.file, sha256: dataset.fingerprint });
  }
  return described;
}

/** How the manifests prepare what feeds each modality, so that a prediction prepares its inputs likewise. */
export async function describeInputs(
  data: Data,
  batches: readonly BatchSpec[],
): Promise<readonly InputSettings[]> {
  const inputs = new Map<string, InputSettings>();
  for (const batch of batches) {
    if (batch.data === undefined) continue;
    const dataset = orThrow(await data.dataset(batch.data.set));
    for (const { name, type } of batch.fields) {
      const rule = dataset.manifest.fields.get(name);
      if (type.kind !== 'modality' || rule === undefined || inputs.has(type.modality.name)) continue;
      const { trim, lowercase } = rule;
      inputs.set(type.modality.name, { modality: type.modality.name, trim, lowercase });
    }
  }
  return [...inputs.values()];
}

/**
 * Prepares every split that the stages train on or measure on, and fails with all that is wrong with them: a stage
 * must not find out after hours that it can't be measured.
 */
export async function prepareSplits(
  data: Data,
  stages: readonly StageProgram[],
  batches: readonly BatchSpec[],
): Promise<void> {
  const trained = new Set(stages.flatMap(trainingEntries).flatMap(e => e.batches));
  const wrong = new Set<Diagnostic>();
  for (const batch of batches) {
    if (batch.data === undefined) continue;
    const { value, diagnostics } = await data.prepare(batch);
    const found = value !== undefined && trained.has(batch) ? checkBatch(batch, value) : [];
    for (const d of value === undefined ? diagnostics : found) if (d.severity === 'error') wrong.add(d);
  }
  if (wrong.size > 0) throw new DataFailure([...wrong]);
}

/** Fails where `--data` names a set that no stage reads: most likely a slip of the pen. */
export function checkOverrides(
  given: ReadonlyMap<string, string> | undefined,
  batches: readonly BatchSpec[],
): void {
  const known = [...new Set(batches.flatMap(b => (b.data === undefined ? [] : [b.data.set])))];
  for (const name of given?.keys() ?? [])
    if (!known.includes(name))
      throw failure('unknown-data-set', { name, known, nearest: nearestName(name, known) });
}

/** Fails where a data set isn't what it was when the run began. */
export function compareData(before: readonly DataSettings[], now: readonly DataSettings[]): void {
  for (const { set, manifest, sha256 } of now) {
    const known = before.find(d => d.set === set);
    if (known !== undefined && known.sha256 !== sha256)
      throw failure('data-changed', { set, path: manifest });
  }
}

const textModality = ({ type }: FieldSpec) =>
  type.kind === 'modality' && type.modality.kind === 'text' ? type.modality : undefined;

/**
 * Tokenizers that the run has are read. The others are fitted and kept: where a stage fits them on what it says, else
 * on the training data of the first stage that reads them.
 */
export async function openTokenizers(
  data: Data,
  dir: string,
  stages: readonly StageProgram[],
  fits: readonly TokenizerFitSpec[],
): Promise<ReadonlyMap<string, Tokenizer>> {
  const tokenizers = new Map<string, Tokenizer>();
  const trained = stages.flatMap(trainingEntries).flatMap(e => e.batches);
  for (const batch of [...fits.map(f => f.batch), ...trained, ...batchesOf(stages)]) {
    const missing = batch.fields.filter(field => {
      const modality = textModality(field);
      if (modality === undefined || tokenizers.has(modality.name)) return false;
      const kept = readTokenizer(dir, modality.name, modality.tokenizer.vocabulary);
      if (kept !== undefined) tokenizers.set(modality.name, kept);
      return kept === undefined;
    });
    if (missing.length === 0 || batch.data === undefined) continue;
    for (const [name, tokenizer] of orThrow(await data.fitTokenizers([batch]))) {
      if (tokenizers.has(name)) continue;
      makeFolder(join(tokenizerFolder(dir), name));
      writeWhole(join(tokenizerFolder(dir), name, 'tokenizer.json'), [tokenizer.json]);
      tokenizers.set(name, tokenizer);
    }
  }
  return tokenizers;
}

function readTokenizer(dir: string, name: string, vocabulary: number): Tokenizer | undefined {
  const file = join(tokenizerFolder(dir), name, 'tokenizer.json');
  if (!existsSync(file)) return undefined;
  try {
    return orThrow(loadTokenizer(readFileSync(file, 'utf8'), { file, vocabulary }));
  } catch (error) {
    throw readFailure(error, file);
  }
}

/** Every tokenizer in the run's folder. */
export function keptTokenizers(dir: string): ReadonlyMap<string, Tokenizer> {
  const folder = tokenizerFolder(dir);
  if (!existsSync(folder)) return new Map();
  return new Map(
    readdirSync(folder).flatMap(name => {
      const tokenizer = readTokenizer(dir, name, Number.POSITIVE_INFINITY);
      return tokenizer === undefined ? [] : [[name, tokenizer] as const];
    }),
  );
}

/** Data found by the options, or else where run.json says that it was. */
export function openRunData(options: DataOptions, kept: readonly DataSettings[]): Data {
  const overrides = new Map(kept.filter(d => existsSync(d.manifest)).map(d => [d.set, d.manifest]));
  for (const [set, path] of options.overrides ?? []) overrides.set(set, path);
  return openData({ ...options, overrides });
}

/** The data room's batches, and which rows of a split hold equal values. */
export function dataSource(data: Data, tokenizers: ReadonlyMap<string, Tokenizer>): DataSource {
  return {
    ...data.source(tokenizers),
    groups: async spec => orThrow(await data.prepare(spec)).groups,
    labels: async spec => {
      const { columns } = orThrow(await data.prepare(spec));
      return new Map(
        spec.fields.flatMap(({ name, type }) => {
          const column = columns[name];
          const isNamed = column?.kind === 'labels' || column?.kind === 'tags';
          return isNamed && (type.kind === 'labels' || type.kind === 'tags')
            ? [[type.name, column.names] as const]
            : [];
        }),
      );
    },
    read: (modality, tokens) => tokenizers.get(modality)?.decode(tokens),
  };
}
