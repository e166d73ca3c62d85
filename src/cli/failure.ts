// Which of the errors that reach the top are the user's or the machine's, with the diagnostics they become.

import type { Diagnostic } from '../base/diagnostic.ts';
import { commandDiagnostic } from './diagnostics.ts';

/** The diagnostics that an error carries or stands for; undefined for a fault of ours. */
export function diagnosticsOf(e: unknown): readonly Diagnostic[] | undefined {
  if (!(e instanceof Error)) return undefined;
  if ('diagnostics' in e && Array.isArray(e.diagnostics)) return e.diagnostics as readonly Diagnostic[];
  const words = systemWords(e);
  if (words === undefined) return undefined;
  return [commandDiagnostic('system-error', { message: words }, { span: undefined })];
}

const meanings: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full',
  EDQUOT: 'the disk quota is used up',
  EACCES: 'permission is denied',
  EPERM: 'this is not permitted',
  EROFS: 'the file system is read-only',
  EMFILE: 'too many files are open',
  ENFILE: 'too many files are open',
  ENOENT: 'it is not there',
  ENOTDIR: 'a part of the path is not a folder',
  EISDIR: 'it is a folder',
  EEXIST: 'it exists already',
  EIO: 'the disk gave an error',
};

/** What an error of the file system means; undefined for other errors. */
function systemWords(e: NodeJS.ErrnoException): string | undefined {
  if (e.syscall === undefined || e.code === undefined) return undefined;
  const meaning = meanings[e.code];
  return meaning === undefined ? undefined : `${e.path ?? e.syscall}: ${meaning}`;
}
