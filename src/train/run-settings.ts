// run.json: what decides a run's outcome, and the fingerprint of its spec.

import { createHash } from 'node:crypto';
import { type FloatDType, precisions } from '../base/dtype.ts';
import { failure } from './diagnostics.ts';

/** A data set of the run: its manifest and the hashes of the manifest and of what it read. */
export interface DataSettings {
  readonly set: string;
  readonly manifest: string;
  readonly sha256: string;
}

/** How the manifest prepares what feeds a modality. */
export interface InputSettings {
  readonly modality: string;
  readonly trim: boolean;
  readonly lowercase: boolean;
}

export interface StageSettings {
  readonly stage: string;
  readonly from: string | null;
  readonly steps: number;
  /** `--batch` and `--steps`, where given in the place of the spec's own. */
  readonly chosenBatch: number | null;
  readonly chosenSteps: number | null;
  /** `--memory`, in bytes; absent from runs of before there was such an option. */
  readonly chosenMemory?: number | null;
  readonly batches: readonly {
    readonly id: string;
    readonly set: string | null;
    readonly split: string | null;
    readonly size: number;
  }[];
  readonly done: boolean;
}

/** A stage that started from one of another model, and the run that had it. */
export interface StartSettings {
  readonly stage: string;
  /** As written: `Bert.pretrain(read)`. */
  readonly from: string;
  readonly name: string;
  readonly run: string;
  /** Of the tensors that were taken. */
  readonly sha256: string;
}

export interface RunSettings {
  readonly format: 1;
  readonly mmlang: string;
  readonly model: string;
  readonly version: string;
  readonly variant: string | null;
  /** The spec as it was named on the command line. */
  readonly spec: string;
  readonly fingerprint: string;
  /** A hash of the standard library that the spec stands on. */
  readonly std: string;
  readonly uses: readonly string[];
  readonly seed: number;
  readonly engine: string;
  readonly engineVersion: string;
  /** Of matrix products and convolutions in train steps. */
  readonly precision: FloatDType;
  /** Passes that are left out; absent from runs of before they could be. */
  readonly without?: readonly string[];
  readonly threads: number | null;
  readonly data: readonly DataSettings[];
  readonly inputs: readonly InputSettings[];
  readonly starts: readonly StartSettings[];
  readonly stages: readonly StageSettings[];
}

/** Line endings and blanks at line ends carry no meaning. */
const canonical = (text: string): string =>
  `${text
    .replace(/\r\n?/g, '\n')
    .replace(/[ \t]+$/gm, '')
    .trimEnd()}\n`;

/** sha256 over the spec and the files it uses. */
export function fingerprintOf(main: string, used: ReadonlyMap<string, string>): string {
  const hash = createHash('sha256');
  const files = [...used].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, text]) => [name, canonical(text)]);
  hash.update(JSON.stringify({ main: canonical(main), files }));
  return hash.digest('hex');
}

type Check = (value: unknown) => boolean;
const text: Check = v => typeof v === 'string';
const count: Check = v => Number.isSafeInteger(v) && Number(v) >= 0;
const truth: Check = v => typeof v === 'boolean';
const orNull =
  (check: Check): Check =>
  v =>
    v === null || check(v);
const listOf =
  (check: Check): Check =>
  v =>
    Array.isArray(v) && v.every(check);
const record =
  (fields: Readonly<Record<string, Check>>): Check =>
  v =>
    typeof v === 'object' &&
    v !== null &&
    Object.entries(fields).every(([name, check]) => check((v as Readonly<Record<string, unknown>>)[name]));
/** A stage's name becomes a folder's, so it must not lead out of the run. */
const name: Check = v => typeof v === 'string' && /^[A-Za-z_][A-Za-z0-9_]*$/.test(v);

const sha256: Check = v => typeof v === 'string' && /^[0-9a-f]{64}$/.test(v);

const fields: Readonly<Record<keyof RunSettings, Check>> = {
  format: v => v === 1,
  mmlang: text,
  model: text,
  version: text,
  variant: orNull(text),
  spec: text,
  fingerprint: sha256,
  std: sha256,
  uses: listOf(text),
  seed: count,
  engine: text,
  engineVersion: text,
  precision: v => precisions.some(p => p === v),
  without: v => v === undefined || listOf(text)(v),
  threads: orNull(count),
  data: listOf(record({ set: text, manifest: text, sha256: text })),
  inputs: listOf(record({ modality: text, trim: truth, lowercase: truth })),
  starts: listOf(record({ stage: name, from: text, name: text, run: text, sha256 })),
  stages: listOf(
    record({
      stage: name,
      from: orNull(name),
      steps: count,
      chosenBatch: orNull(count),
      chosenSteps: orNull(count),
      chosenMemory: v => v === undefined || orNull(count)(v),
      batches: listOf(record({ id: text, set: orNull(text), split: orNull(text), size: count })),
      done: truth,
    }),
  ),
};

/** Reads run.json, which anyone may have edited or cut off. */
export function parseSettings(path: string, source: string): RunSettings {
  let value: unknown;
  try {
    value = JSON.parse(source);
  } catch {
    // What JSON.parse says of the text is of no use to the reader.
    throw failure('broken-file', { path, why: 'it is not JSON' });
  }
  if (typeof value !== 'object' || value === null)
    throw failure('broken-file', { path, why: 'it is not an object' });
  const settings = value as Readonly<Record<string, unknown>>;
  for (const [key, check] of Object.entries(fields))
    if (!check(settings[key]))
      throw failure('broken-file', { path, why: `"${key}" is missing or not what it should be` });
  return value as RunSettings;
}
