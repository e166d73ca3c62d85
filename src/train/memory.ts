// How much memory the process holds, and held at most since it was last asked.

import { readFileSync, writeFileSync } from 'node:fs';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Bytes in memory now, after what nothing refers to has been given back. */
export function memoryNow(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') collect();
  return process.memoryUsage.rss();
}

/** Begins counting the peak anew, where the system can; else it is that of the whole process. */
export function resetPeak(): void {
  try {
    // 5: the peak becomes what is in memory now (proc(5)).
    writeFileSync('/proc/self/clear_refs', '5');
  } catch {
    // Systems other than Linux have no such file, and some containers don't let it be written.
  }
}

/** The most bytes in memory at once since `resetPeak`. */
export function peakMemory(): number {
  try {
    const kilobytes = /^VmHWM:\s+(\d+) kB/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1];
    if (kilobytes !== undefined) return Number(kilobytes) * 1024;
  } catch {
    // Not Linux.
  }
  return process.resourceUsage().maxRSS * 1024;
}
