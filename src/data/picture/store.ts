// The decoded pictures of a split, kept on disk by the hash of their bytes and of how they were decoded: the first run
// decodes, later ones read one file. A file that isn't whole is made again.

import { createHash } from 'node:crypto';
import { join } from 'node:path';
import sharp from 'sharp';
import { type Problems, packProblems, readCacheFile, unpackProblems, writeCacheFile } from '../cache-file.ts';
import { inParallel } from '../in-parallel.ts';
import { type MediaSource, nameOf, type ReadBytes, readSource } from '../source/read-source.ts';
import { decodePicture, MAX_PICTURE_BYTES, type PictureSize } from './decode.ts';

export interface PictureStore {
  /** RGBA, [n, height, width, 4]; shared between threads. */
  readonly rgba: Uint8Array;
  /** By picture: why it can't be used; undefined where it can. */
  readonly problems: readonly (string | undefined)[];
}

export interface LoadOptions {
  /** undefined: nothing is kept. */
  readonly cacheFolder: string | undefined;
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
}

const FORMAT = 4;
const MAX_STORE_BYTES = 8 * 2 ** 30;

/** Thrown as a problem of all pictures together. */
export type LoadedPictures = { readonly store: PictureStore } | { readonly problem: string };

export async function loadPictures(
  sources: readonly MediaSource[],
  size: PictureSize,
  options: LoadOptions,
): Promise<LoadedPictures> {
  const each = size.height * size.width * 4;
  if (each * sources.length > MAX_STORE_BYTES)
    return { problem: `${sources.length} pictures of ${size.height} × ${size.width} need more than 8 GiB` };
  const read = await inParallel(sources, s => readSource(s, MAX_PICTURE_BYTES));
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
  if (file !== undefined) writeCacheFile(file, key, packProblems(problems), rgba);
  return { store: named(store) };
}

function storeKey(sources: readonly ReadBytes[], size: PictureSize): string {
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

function readStore(file: string, key: string, count: number, each: number): PictureStore | undefined {
  const kept = readCacheFile(file, key, each * count);
  if (kept === undefined || kept.payload.length !== each * count) return undefined;
  const rgba = new Uint8Array(new SharedArrayBuffer(each * count));
  rgba.set(kept.payload);
  return { rgba, problems: unpackProblems(kept.about as Problems, count) };
}
