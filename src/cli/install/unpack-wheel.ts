// The few members of a wheel that are needed, unpacked into a folder that then takes its place as a whole.

import { createWriteStream } from 'node:fs';
import { mkdir, rename } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { type Entry, openPromise, type ZipFile } from 'yauzl';
import { failure } from './diagnostics.ts';
import { wheelName } from './download-wheel.ts';
import type { WheelPin } from './tensorflow-pins.ts';
import { diskFailure, type Work } from './work.ts';

export async function unpackWheel(path: string, wheel: WheelPin, work: Work): Promise<void> {
  const what = wheelName(wheel);
  const attempt = work.attempt();
  try {
    await unpackMembers(path, wheel, attempt, work);
  } catch (e) {
    if (work.signal.aborted) throw e;
    const known = diskFailure(e, work.folder, what);
    if (known !== undefined) throw known;
    throw failure('archive-broken', { what, why: e instanceof Error ? e.message : String(e) });
  }
  const place = join(work.files, wheel.root);
  await mkdir(dirname(place), { recursive: true });
  await rename(join(attempt, wheel.root), place);
}

async function unpackMembers(path: string, wheel: WheelPin, attempt: string, work: Work): Promise<void> {
  const zip = await openPromise(path, { lazyEntries: true, autoClose: false });
  try {
    const entries: Entry[] = [];
    for await (const entry of zip.eachEntry()) if (isTaken(entry, wheel)) entries.push(entry);
    const missing = wheel.members.find(m => !entries.some(e => e.fileName.startsWith(m)));
    if (missing !== undefined) throw new Error(`it has no ${missing}`);
    const total = entries.reduce((sum, e) => sum + e.uncompressedSize, 0);
    let done = 0;
    const onBytes = (n: number): void => {
      done += n;
      work.onProgress({ step: `unpacking ${wheelName(wheel)}`, done, total });
    };
    for (const entry of entries) await unpackEntry(zip, entry, attempt, work.signal, onBytes);
  } finally {
    zip.close();
  }
}

const isTaken = ({ fileName }: Entry, { members }: WheelPin): boolean =>
  !fileName.endsWith('/') && members.some(m => (m.endsWith('/') ? fileName.startsWith(m) : fileName === m));

async function unpackEntry(
  zip: ZipFile,
  entry: Entry,
  folder: string,
  signal: AbortSignal,
  onBytes: (n: number) => void,
): Promise<void> {
  // yauzl refuses names that lead out of the folder.
  const path = join(folder, entry.fileName);
  await mkdir(dirname(path), { recursive: true });
  const counted = new Transform({
    transform(chunk: Buffer, _, next) {
      onBytes(chunk.length);
      next(null, chunk);
    },
  });
  // The upper half of the attributes is the mode that Unix gave the file.
  const isProgram = ((entry.externalFileAttributes >>> 16) & 0o100) !== 0;
  const mode = isProgram ? 0o755 : 0o644;
  await pipeline(await zip.openReadStreamPromise(entry), counted, createWriteStream(path, { mode }), {
    signal,
  });
}
