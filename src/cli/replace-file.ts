// A user's own file written anew: whole or not at all, with the permissions that it had.

import { randomBytes } from 'node:crypto';
import {
  accessSync,
  closeSync,
  constants,
  fchmodSync,
  fsyncSync,
  openSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

/**
 * Replaces what a file holds. The new text is written beside it under a name of its own and takes its place when
 * it is on the disk; of a link, what it points to is replaced. Throws what the file system says.
 */
export function replaceFile(path: string, text: string): void {
  const target = realpathSync(path);
  accessSync(target, constants.W_OK);
  const mode = statSync(target).mode & 0o7777;
  // A name of its own, not the file's made longer: that may be as long as names can be already.
  const temporary = join(dirname(target), `.mm-${randomBytes(8).toString('hex')}.tmp`);
  const file = openSync(temporary, 'wx', 0o600);
  try {
    try {
      writeFileSync(file, text);
      fchmodSync(file, mode);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, target);
  } catch (e) {
    rmSync(temporary, { force: true });
    throw e;
  }
}
