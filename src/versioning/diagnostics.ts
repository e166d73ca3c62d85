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
  'not-our-lock': {
    severity: 'error',
    message: (p: { file: string }) => `${p.file} is not a lock of mm, and is left as it is`,
    help: () => 'move it away, and run mm lock again',
  },
  'lock-missing': {
    severity: 'error',
    message: (p: { file: string }) => `there is no lock ${p.file}`,
    help: () => 'write it with `mm lock`',
  },
  'lock-outdated': {
    severity: 'note',
    message: (p: { file: string; verdict: string; call: string }) =>
      `the spec is no longer what ${p.file} says: ${p.verdict}; it calls for ${p.call}`,
    help: () => 'run mm lock when this is intended',
  },
  'lock-not-current': {
    severity: 'error',
    message: (p: { file: string; verdict: string; call: string }) =>
      `${p.file} is not what mm lock would write: ${p.verdict}; the change calls for ${p.call}`,
    help: () => 'run mm lock, look at what it says, and commit the lock with the spec',
  },
  'version-not-raised': {
    severity: 'warning',
    message: (p: TooLow) => tooLow(p),
    help: (p: TooLow) => raise(p),
  },
  'version-too-low': {
    severity: 'error',
    message: (p: TooLow) => tooLow(p),
    help: (p: TooLow) => raise(p),
  },
  'new-model-file': {
    severity: 'note',
    message: (p: { file: string; revision: string }) =>
      `${p.file} is not in ${p.revision}, so there is nothing to compare it with`,
  },
  'nothing-to-compare': {
    severity: 'error',
    message: (p: { path: string }) => `there is no ${p.path}`,
    help: () =>
      'give a spec (.mm), a lock (.lock), a run folder, a checkpoint (.safetensors), or REVISION:PATH of a spec or lock in git',
  },
  'variant-not-there': {
    severity: 'error',
    message: (p: { name: string; side: string; known: readonly string[] }) =>
      `${p.side} has no model or variant ${p.name}`,
    help: (p: { known: readonly string[] }) => `it has ${p.known.join(', ')}`,
  },
  'git-missing': {
    severity: 'error',
    message: (p: { revision: string }) => `git is needed to read ${p.revision}, and it can't be run`,
    help: () => 'install git, or give files: a spec or a lock',
  },
  'no-repository': {
    severity: 'error',
    message: (p: { folder: string; why: string }) => `${p.folder} is in no git repository: ${p.why}`,
    help: () => 'run mm inside the repository, or give files: a spec or a lock',
  },
  'unknown-revision': {
    severity: 'error',
    message: (p: { revision: string; near: string | undefined }) =>
      `the repository has no revision ${p.revision}`,
    help: (p: { near: string | undefined }) =>
      p.near === undefined
        ? 'a shallow clone lacks older ones: git fetch --unshallow brings them'
        : `did you mean ${p.near}?`,
  },
  'not-in-revision': {
    severity: 'error',
    message: (p: { revision: string; path: string }) => `there is no file ${p.path} in ${p.revision}`,
    help: () =>
      "a path after a revision is from the repository's root; from this folder it is written ./PATH",
  },
  'git-failed': {
    severity: 'error',
    message: (p: { what: string; why: string }) => `git can't read ${p.what}: ${p.why}`,
  },
  'migration-matches-nothing': {
    severity: 'error',
    message: (p: { pattern: string; side: 'old' | 'new' }) => `${p.pattern} names no ${p.side} weights`,
    help: () => 'mm explain and the lock of a version list the paths of its weights',
  },
  'new-weight-unknown': {
    severity: 'error',
    message: (p: { path: string; suggestion: string }) => `the model has no weight ${p.path}`,
    help: (p: { path: string; suggestion: string }) =>
      p.suggestion === ''
        ? 'on the left of = stands a weight of the model as it is now'
        : `did you mean ${p.suggestion}?`,
  },
  'weight-made-twice': {
    severity: 'error',
    message: (p: { path: string }) => `${p.path} is given by two lines`,
    help: () => 'leave the line that is right',
  },
  'weight-read-and-dropped': {
    severity: 'error',
    message: (p: { path: string }) => `${p.path} is dropped here and read by another line`,
    help: () => 'drop names what nothing takes: narrow the pattern, or remove the line',
  },
  'weight-made-and-fresh': {
    severity: 'error',
    message: (p: { path: string }) => `${p.path} starts fresh here and is given by another line`,
    help: () => 'fresh names what no old weight gives: narrow the pattern, or remove the line',
  },
  'weights-lost': {
    severity: 'error',
    message: (p: { paths: string }) => `no new weight takes these old ones: ${p.paths}`,
    help: () => 'say what they become, renamed from or PATH = …, or that they go: drop PATH',
  },
  'weights-missing': {
    severity: 'error',
    message: (p: { paths: string }) => `no old weight gives these new ones: ${p.paths}`,
    help: () => 'say what they are made of, renamed from or PATH = …, or that they start anew: fresh PATH',
  },
  'migration-misfit': {
    severity: 'error',
    message: (p: { path: string; made: string; wanted: string }) =>
      `${p.path} would be ${p.made}, and the model has ${p.wanted}`,
    help: () => 'make it of that type: transpose, reshape, slices, concat, grow, interpolate',
  },
  'migration-owns': {
    severity: 'error',
    message: (p: { path: string }) => `what ${p.path} is made of has weights or draws of its own`,
    help: () => 'a migration computes new weights from the old ones and from nothing else',
  },
});

interface TooLow {
  readonly model: string;
  readonly from: string;
  readonly to: string;
  readonly call: string;
  readonly least: string | undefined;
}

function tooLow({ model, from, to, call }: TooLow): string {
  return call === 'none'
    ? `the version of ${model} went down, from ${from} to ${to}`
    : `the change of ${model} calls for a ${call} version, and ${from} became ${to}`;
}

const raise = ({ least }: TooLow): string =>
  least === undefined
    ? 'versions are three numbers, as in version "1.4.0"'
    : `raise it to version "${least}" or a higher one`;
