// Sequences of unequal length, as recordings and videos are: all steps one after another in memory that threads share,
// kept on disk as pictures are. Files are read twice, to be hashed and to be decoded, so that never all of them are held.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { type Problems, packProblems, readCacheFile, unpackProblems, writeCacheFile } from './cache-file.ts';
import { inParallel } from './in-parallel.ts';
import type { LoadOptions } from './picture/store.ts';
import { type MediaSource, nameOf, type ReadParts, readParts } from './source/read-source.ts';

export interface Sequences {
  /** Of all rows one after another; shared between threads. */
  readonly bytes: Uint8Array;
  /** Bytes of one step. */
  readonly each: number;
  /** Where each row starts, in steps; one more than rows. */
  readonly starts: Float64Array;
  /** How long each row's file is, before anything is cut off. */
  readonly seconds: Float64Array;
}

/** One decoded sequence. A problem is said of the file. */
export type DecodedSequence =
  | { readonly bytes: Uint8Array; readonly seconds: number }
  | { readonly problem: string };

export interface SequenceKind {
  /** Of the file in the cache: `recordings`. */
  readonly name: string;
  /** All that decoding depends on beside the bytes. */
  readonly settings: unknown;
  readonly each: number;
  readonly mostBytes: number;
  /** Whether a folder of files may stand for one; else 0. */
  readonly mostFiles: number;
  readonly decode: (parts: readonly Uint8Array[]) => Promise<DecodedSequence>;
}

const FORMAT = 1;
const MAX_STORE_BYTES = 8 * 2 ** 30;

export type LoadedSequences =
  | { readonly sequences: Sequences; readonly problems: readonly (string | undefined)[] }
  | { readonly problem: string };

export async function loadSequences(
  sources: readonly MediaSource[],
  kind: SequenceKind,
  options: LoadOptions,
): Promise<LoadedSequences> {
  const read = (source: MediaSource): Promise<ReadParts> => readParts(source, kind.mostBytes, kind.mostFiles);
  const key = keyOf(kind, await inParallel(sources, async s => digestOf(await read(s))));
  const file =
    options.cacheFolder === undefined
      ? undefined
      : join(options.cacheFolder, `${kind.name}-${key.slice(0, 32)}.bin`);
  const named = (problems: readonly (string | undefined)[]): (string | undefined)[] =>
    problems.map((p, i) => (p === undefined ? p : `${nameOf(sources[i])}${p}`));
  const kept = file === undefined ? undefined : readKept(file, key, kind.each, sources.length);
  if (kept !== undefined) return { sequences: kept.sequences, problems: named(kept.problems) };
  const problems: (string | undefined)[] = new Array(sources.length).fill(undefined);
  const rows: Uint8Array[] = new Array(sources.length).fill(new Uint8Array(0));
  const seconds = new Float64Array(sources.length);
  let done = 0;
  let total = 0;
  await inParallel(sources, async (source, i) => {
    if (total > MAX_STORE_BYTES) return;
    const parts = await read(source);
    const decoded = 'problem' in parts ? parts : await kind.decode(parts.parts);
    if ('problem' in decoded) problems[i] = decoded.problem;
    else {
      rows[i] = decoded.bytes;
      seconds[i] = decoded.seconds;
      total += decoded.bytes.length;
    }
    done += 1;
    if (done % 64 === 0 || done === sources.length) options.onProgress?.(done, sources.length);
  });
  if (total > MAX_STORE_BYTES) return { problem: `${sources.length} ${kind.name} need more than 8 GiB` };
  const sequences = joinSequences(rows, kind.each, seconds);
  const about: About = {
    problems: packProblems(problems),
    lengths: rows.map(r => r.length),
    seconds: [...seconds],
  };
  if (file !== undefined) writeCacheFile(file, key, about, sequences.bytes);
  return { sequences, problems: named(problems) };
}

interface About {
  readonly problems: Problems;
  /** Bytes of each row. */
  readonly lengths: readonly number[];
  readonly seconds: readonly number[];
}

/** Rows one after another. */
export function joinSequences(rows: readonly Uint8Array[], each: number, seconds: Float64Array): Sequences {
  const starts = startsOf(
    rows.map(r => r.length),
    each,
  );
  const bytes = new Uint8Array(new SharedArrayBuffer((starts[rows.length] as number) * each));
  for (const [i, row] of rows.entries()) bytes.set(row, (starts[i] as number) * each);
  return { bytes, each, starts, seconds };
}

function startsOf(lengths: readonly number[], each: number): Float64Array {
  const starts = new Float64Array(lengths.length + 1);
  for (const [i, length] of lengths.entries()) starts[i + 1] = (starts[i] as number) + length / each;
  return starts;
}

function readKept(
  file: string,
  key: string,
  each: number,
  count: number,
): { readonly sequences: Sequences; readonly problems: readonly (string | undefined)[] } | undefined {
  const kept = readCacheFile(file, key, MAX_STORE_BYTES);
  if (kept === undefined) return undefined;
  // The hash covers what is said about the payload too, so it is what was written.
  const { problems, lengths, seconds } = kept.about as About;
  const bytes = new Uint8Array(new SharedArrayBuffer(kept.payload.length));
  bytes.set(kept.payload);
  const sequences = { bytes, each, starts: startsOf(lengths, each), seconds: Float64Array.from(seconds) };
  return { sequences, problems: unpackProblems(problems, count) };
}

function digestOf(read: ReadParts): Uint8Array {
  const hash = createHash('sha256');
  if ('problem' in read) return hash.update('problem').update(read.problem).digest();
  for (const part of read.parts) hash.update(createHash('sha256').update(part).digest());
  return hash.digest();
}

function keyOf(kind: SequenceKind, digests: readonly Uint8Array[]): string {
  const hash = createHash('sha256').update(JSON.stringify([FORMAT, kind.name, kind.each, kind.settings]));
  for (const digest of digests) hash.update(digest);
  return hash.digest('hex');
}

/** The steps of one row. */
export const rowBytes = ({ bytes, each, starts }: Sequences, row: number): Uint8Array =>
  bytes.subarray((starts[row] as number) * each, (starts[row + 1] as number) * each);

export const rowSteps = ({ starts }: Sequences, row: number): number =>
  (starts[row + 1] as number) - (starts[row] as number);

/** These rows and no others. */
export function keepSequences(of: Sequences, kept: readonly number[]): Sequences {
  const rows = kept.map(i => rowBytes(of, i));
  return joinSequences(
    rows,
    of.each,
    Float64Array.from(kept, i => of.seconds[i] as number),
  );
}

/** One text for each row, equal for equal rows. */
export const sequenceKeys = (of: Sequences): readonly string[] =>
  Array.from({ length: of.starts.length - 1 }, (_, i) =>
    createHash('sha256').update(rowBytes(of, i)).digest('base64'),
  );
