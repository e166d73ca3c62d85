// The lock of a run folder or of a checkpoint.

import type { Result } from '../base/diagnostic.ts';
import { versioningDiagnostic } from '../versioning/diagnostics.ts';
import type { Lock } from '../versioning/lock.ts';

export const lockOfTrained = (path: string): Result<Lock> => ({
  value: undefined,
  diagnostics: [versioningDiagnostic('no-lock-inside', { path }, { span: undefined })],
});
