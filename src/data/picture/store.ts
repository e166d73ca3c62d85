// The decoded pictures of a split, kept on disk by the hash of their bytes and of how they were decoded: the first run
// decodes, later ones read one file. A file that isn't whole is made again.

import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import sharp from 'sharp';
import { pathInside } from '../source/safe-path.ts';
import { decodePicture, MAX_PICTURE_BYTES, type PictureSize } from './decode.ts';

export interface PictureStore {
  /** RGBA, [n, height, width, 4]; shared between threads. */
  readonly rgba: Uint8Array;
  /** By picture: why it can't be used; undefined where it can. */
  readonly problems: readonly (string | undefined)[];
}

/** What a picture is read from: its bytes, SVG text, or a path inside a folder. */
export type PictureSource =
  | { readonly bytes: Uint8Array }
  | { readonly path: string; readonly folder: string }
  | { readonly problem: string };

export interface LoadOptions {
  /** undefined: nothing is kept. */
  readonly cacheFolder: string | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const FORMAT = 3;
const AT_ONCE = 8;
const MAX_STORE_BYTES = 8 * 2 ** 30;

/** Thrown as a problem of all pictures together. */
export type LoadedPictures = { readonly store: PictureStore } | { readonly problem: string };

export async function loadPictures(
  sources: readonly PictureSource[],
  size: PictureSize,
  options: LoadOptions,
): Promise<LoadedPictures> {
  const each = size.height * size.width * 4;
  if (each * sources.length > MAX_STORE_BYTES)
    return { problem: `${sources.length} pictures of ${size.height} × ${size.width} need more than 8 GiB` };
  const read = await inParallel(sources, readSource);
  const key = storeKey(read, size);
  const file =
    options.cacheFolder === undefined
      ? undefined
      : join(options.cacheFolder, `pictures-${key.slice(0, 32)}.bin`);
  // Names stay out of what is kept: it is found by bytes, and another table may call them otherwise.
  const named = ({ rgba, problems }: PictureStore): PictureStore => ({
    rgba,
    problems: problems.map((p, i) => (p === undefined ? p : `${nameOf(sources[i])}${p}`)),
  });
  if (file !== undefined) {
    const kept = readStore(file, key, sources.length, each);
    if (kept !== undefined) return { store: named(kept) };
  }
  const rgba = new Uint8Array(new SharedArrayBuffer(each * sources.length));
  const problems: (string | undefined)[] = new Array(sources.length).fill(undefined);
  let done = 0;
  await inParallel(read, async (source, i) => {
    if ('problem' in source) problems[i] = source.problem;
    else {
      const decoded = await decodePicture(source.bytes, size);
      if ('problem' in decoded) problems[i] = decoded.problem;
      else rgba.set(decoded.rgba, i * each);
    }
    done += 1;
    if (done % 64 === 0 || done === sources.length) options.onProgress?.(done, sources.length);
  });
  const store = { rgba, problems };
  if (file !== undefined) writeStore(file, key, store);
  return { store: named(store) };
}

/** What a problem is said of; a source that is one already says so itself. */
const nameOf = (source: PictureSource | undefined): string =>
  source === undefined || 'problem' in source ? '' : 'path' in source ? `${source.path} ` : 'it ';

type ReadSource = { readonly bytes: Uint8Array } | { readonly problem: string };

async function readSource(source: PictureSource): Promise<ReadSource> {
  if (!('path' in source)) return source;
  const safe = pathInside(source.folder, source.path);
  if ('problem' in safe) return safe;
  try {
    const info = await stat(safe.path);
    if (!info.isFile()) return { problem: 'is not a file' };
    if (info.size > MAX_PICTURE_BYTES) return { problem: 'is larger than 64 MiB' };
    if (info.size === 0) return { problem: 'is empty' };
    return { bytes: await readFile(safe.path) };
  } catch {
    return { problem: "can't be read" };
  }
}

async function inParallel<T, U>(items: readonly T[], work: (item: T, i: number) => Promise<U>): Promise<U[]> {
  const out = new Array<U>(items.length);
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) {
      const i = next++;
      out[i] = await work(items[i] as T, i);
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, items.length) }, lane));
  return out;
}

function storeKey(sources: readonly ReadSource[], size: PictureSize): string {
  const hash = createHash('sha256');
  hash.update(JSON.stringify([FORMAT, sharp.versions.vips, size.height, size.width, size.trim]));
  for (const source of sources) {
    const each = createHash('sha256');
    if ('problem' in source) each.update('problem').update(source.problem);
    else each.update('bytes').update(source.bytes);
    hash.update(each.digest());
  }
  return hash.digest('hex');
}

/** The file: a line of JSON (key, problems by index, sha256 of the pixels), then the pixels. */
interface Header {
  readonly key: string;
  readonly problems: readonly (readonly [number, string])[];
  readonly sha256: string;
}

function readStore(file: string, key: string, count: number, each: number): PictureStore | undefined {
  try {
    const expected = each * count;
    const { size } = statSync(file);
    if (size < expected || size > expected + (64 << 20)) return undefined;
    const bytes = readFileSync(file);
    const end = bytes.indexOf(10);
    if (end < 0 || bytes.length - end - 1 !== expected) return undefined;
    const header = JSON.parse(bytes.toString('utf8', 0, end)) as Partial<Header>;
    const pixels = bytes.subarray(end + 1);
    if (header.key !== key || header.sha256 !== createHash('sha256').update(pixels).digest('hex'))
      return undefined;
    const problems: (string | undefined)[] = new Array(count).fill(undefined);
    for (const [i, problem] of header.problems ?? []) problems[i] = problem;
    const rgba = new Uint8Array(new SharedArrayBuffer(expected));
    rgba.set(pixels);
    return { rgba, problems };
  } catch {
    // A cache that can't be read is no cache: its pictures are decoded again.
    return undefined;
  }
}

function writeStore(file: string, key: string, store: PictureStore): void {
  const problems = store.problems.flatMap((p, i) => (p === undefined ? [] : [[i, p] as const]));
  const sha256 = createHash('sha256').update(store.rgba).digest('hex');
  const header: Header = { key, problems, sha256 };
  const part = `${file}.${process.pid}.part`;
  try {
    mkdirSync(join(file, '..'), { recursive: true });
    writeFileSync(part, Buffer.concat([Buffer.from(`${JSON.stringify(header)}\n`), store.rgba]));
    renameSync(part, file);
  } catch {
    // A full or read-only disk costs the next run some seconds and nothing else.
    rmSync(part, { force: true });
  }
}
