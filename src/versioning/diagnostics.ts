// Everything that src/versioning tells a user: codes, wording, what to do.

import { defineDiagnostics } from '../base/diagnostic.ts';

export const versioningDiagnostic = defineDiagnostics({
  'lock-unreadable': {
    severity: 'error',
    message: (p: { file: string; problem: string }) => `${p.file} is not a lock: ${p.problem}`,
    help: () => 'a lock is what `mm lock` writes; put it back from the repository, or write it again',
  },
  'lock-edited': {
    severity: 'error',
    message: (p: { file: string }) =>
      `${p.file} was changed after mm lock had written it: its seal is broken`,
    help: () => 'take it back from the repository, or write it again from the spec with `mm lock`',
  },
  'lock-of-another-form': {
    severity: 'error',
    message: (p: { file: string; form: string; mmlang: string }) =>
      `${p.file} has form ${p.form} and was written by mmlang ${p.mmlang}; this one reads form 1`,
    help: () =>
      'write it again from the spec that it belongs to, with `mm lock`, or use that version of mmlang',
  },
});
