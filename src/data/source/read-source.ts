// The bytes of a picture, a recording or a video: given as they are, or found by a path inside the manifest's folder.

import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { failure } from '../failure.ts';
import { pathInside } from './safe-path.ts';

/** What something is read from: its bytes, SVG text, or a path inside a folder. */
export type MediaSource =
  | { readonly bytes: Uint8Array }
  | { readonly path: string; readonly folder: string }
  | { readonly problem: string };

/** A problem is said of the file: `is empty`. */
export type ReadBytes = { readonly bytes: Uint8Array } | { readonly problem: string };
/** The files of a folder, in order of their names. */
export type ReadParts = { readonly parts: readonly Uint8Array[] } | { readonly problem: string };

/** What a problem is said of; a source that is one already says so itself. */
export const nameOf = (source: MediaSource | undefined): string =>
  source === undefined || 'problem' in source ? '' : 'path' in source ? `${source.path} ` : 'it ';

/** One file of at most so many bytes. */
export async function readSource(source: MediaSource, most: number): Promise<ReadBytes> {
  if (!('path' in source)) return source;
  const safe = pathInside(source.folder, source.path);
  return 'problem' in safe ? safe : readWhole(safe.path, most);
}

/** One file, or all files of a folder that aren't hidden. */
export async function readParts(source: MediaSource, most: number, mostFiles: number): Promise<ReadParts> {
  if (!('path' in source)) return 'problem' in source ? source : { parts: [source.bytes] };
  const safe = pathInside(source.folder, source.path);
  if ('problem' in safe) return safe;
  return partsAt(safe.path, most, mostFiles);
}

export async function partsAt(path: string, most: number, mostFiles: number): Promise<ReadParts> {
  try {
    if (!(await stat(path)).isDirectory()) {
      const read = await readWhole(path, most);
      return 'problem' in read ? read : { parts: [read.bytes] };
    }
    const names = (await readdir(path)).filter(n => !n.startsWith('.')).sort(byNumbers);
    if (names.length === 0) return { problem: 'is an empty folder' };
    if (names.length > mostFiles) return { problem: `holds more than ${mostFiles} files` };
    const parts: Uint8Array[] = [];
    let left = most;
    for (const name of names) {
      const read = await readWhole(join(path, name), left);
      if ('problem' in read) return { problem: `holds ${name}, which ${read.problem}` };
      left -= read.bytes.length;
      parts.push(read.bytes);
    }
    return { parts };
  } catch (error) {
    return { problem: `can't be read: ${failure(error)}` };
  }
}

async function readWhole(path: string, most: number): Promise<ReadBytes> {
  try {
    const info = await stat(path);
    if (!info.isFile()) return { problem: 'is not a file' };
    if (info.size > most) return { problem: `is larger than ${most >> 20} MiB` };
    if (info.size === 0) return { problem: 'is empty' };
    return { bytes: await readFile(path) };
  } catch (error) {
    return { problem: `can't be read: ${failure(error)}` };
  }
}

/** frame2 before frame10, whatever the language of the machine. */
function byNumbers(a: string, b: string): number {
  const [x, y] = [a, b].map(s => s.split(/(\d+)/));
  for (const [i, part] of (x ?? []).entries()) {
    const other = y?.[i];
    if (other === undefined || part === other) continue;
    const [m, n] = [Number(part), Number(other)];
    if (i % 2 === 1 && m !== n) return m - n;
    return part < other ? -1 : 1;
  }
  return a < b ? -1 : a > b ? 1 : 0;
}
