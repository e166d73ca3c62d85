// One training at a time in a run folder.

import { failure } from './diagnostics.ts';
import { lockFolder } from './folder-lock.ts';

/** Takes the lock and gives back how to let it go; fails where a living process holds it. */
export const lockRun = (dir: string): (() => void) =>
  lockFolder(dir, holder => failure('run-busy', { run: dir, ...holder }));
