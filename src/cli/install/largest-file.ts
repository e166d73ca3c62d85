// How far a download by another program is: it writes into a file somewhere in a folder of its own.

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** The bytes of the largest file in a folder. */
export function largestFile(folder: string): number {
  let largest = 0;
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile()) continue;
    const found = statSync(join(entry.parentPath, entry.name), { throwIfNoEntry: false });
    largest = Math.max(largest, found?.size ?? 0);
  }
  return largest;
}
