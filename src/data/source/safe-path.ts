// Paths that come from data stay inside their folder: not absolute, no `..` out of it, no link out of it.

import { realpathSync } from 'node:fs';
import { isAbsolute, relative, resolve, sep } from 'node:path';

/** A problem is said of the path: `leads out …`. */
export type SafePath = { readonly path: string } | { readonly problem: string };

/** The file at `path` inside `folder`, links followed. */
export function pathInside(folder: string, path: string): SafePath {
  if (path.includes('\0')) return { problem: 'has a path with a zero byte' };
  if (isAbsolute(path) || /^[A-Za-z]:[\\/]/.test(path)) return { problem: 'is an absolute path' };
  const whole = resolve(folder, path);
  if (!within(folder, whole)) return { problem: 'leads out of its folder' };
  try {
    const real = realpathSync(whole);
    if (!within(realpathSync(folder), real)) return { problem: 'is a link out of its folder' };
    return { path: real };
  } catch (error) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { problem: missing ? 'does not exist' : "can't be opened" };
  }
}

function within(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith(`..${sep}`) && !isAbsolute(way);
}
