// How much memory this process may take.

import { readFileSync } from 'node:fs';
import { totalmem } from 'node:os';

/** The machine's memory, or the least of what a container, or a limit of the process, leaves of it. */
export function memoryRoom(): number {
  const limits = [totalmem(), process.constrainedMemory() ?? 0, addressSpace() ?? 0];
  return Math.min(...limits.filter(n => n > 0));
}

/** `ulimit -v`; undefined where there is none. */
function addressSpace(): number | undefined {
  try {
    const limit = /^Max address space\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1];
    return limit === undefined ? undefined : Number(limit);
  } catch {
    // Not Linux.
    return undefined;
  }
}
