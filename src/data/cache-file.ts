// What was decoded once, kept on disk under the hash of what it was decoded from and how. A line of JSON says what it
// is and what its payload hashes to; a file that isn't whole is no cache, and made again.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

interface Header {
  readonly key: string;
  readonly sha256: string;
  readonly about: unknown;
}

/** Larger than any line of JSON about a payload. */
const MAX_HEADER = 256 << 20;

export function readCacheFile(
  file: string,
  key: string,
  most: number,
): { readonly about: unknown; readonly payload: Uint8Array } | undefined {
  try {
    if (statSync(file).size > most + MAX_HEADER) return undefined;
    const bytes = readFileSync(file);
    const end = bytes.indexOf(10);
    if (end < 0) return undefined;
    const header = JSON.parse(bytes.toString('utf8', 0, end)) as Partial<Header>;
    const payload = bytes.subarray(end + 1);
    if (header.key !== key || header.sha256 !== hashOf(header.about, payload)) return undefined;
    return { about: header.about, payload };
  } catch {
    // A cache that can't be read is no cache: what it held is decoded again.
    return undefined;
  }
}

export function writeCacheFile(file: string, key: string, about: unknown, payload: Uint8Array): void {
  const header: Header = { key, sha256: hashOf(about, payload), about };
  const part = `${file}.${process.pid}.part`;
  try {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(part, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), payload]));
    renameSync(part, file);
  } catch {
    // A full or read-only disk costs the next run some seconds and nothing else.
    rmSync(part, { force: true });
  }
}

const hashOf = (about: unknown, payload: Uint8Array): string =>
  createHash('sha256').update(JSON.stringify(about)).update('\n').update(payload).digest('hex');

/** The problems of many, by their places in a list of so many. */
export type Problems = readonly (readonly [number, string])[];

export const packProblems = (problems: readonly (string | undefined)[]): Problems =>
  problems.flatMap((p, i) => (p === undefined ? [] : [[i, p] as const]));

export function unpackProblems(packed: Problems, count: number): (string | undefined)[] {
  const problems: (string | undefined)[] = new Array(count).fill(undefined);
  for (const [i, problem] of packed) problems[i] = problem;
  return problems;
}
