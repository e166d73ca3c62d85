// Files of a git revision. git is run without a shell, and reads objects only: no filter or hook of a repository runs.

import { execFileSync } from 'node:child_process';
import { posix, relative, resolve } from 'node:path';
import type { Diagnostic } from '../base/diagnostic.ts';
import { nearestName } from '../base/nearest-name.ts';
import { versioningDiagnostic } from '../versioning/diagnostics.ts';

export interface GitFile {
  /** `main:specs/stamps.mm` */
  readonly name: string;
  readonly text: string;
}

export type GitRead = { readonly file: GitFile } | { readonly diagnostics: readonly Diagnostic[] };

const nowhere = { span: undefined };
/** Of a lock as of a spec; git's own messages are short. */
const mostBytes = 1 << 26;

/** The file at a path from the repository's root, or from `folder` where it begins with `./` or `../`. */
export function gitFile(revision: string, path: string, folder = '.'): GitRead {
  const refuse = (d: Diagnostic): GitRead => ({ diagnostics: [d] });
  const wrong = revisionProblem(revision, folder);
  if (wrong !== undefined) return refuse(wrong);
  const name = `${revision}:${path}`;
  const kind = git(folder, 'cat-file', '-t', name);
  if ('failed' in kind || kind.text.trim() !== 'blob')
    return refuse(versioningDiagnostic('not-in-revision', { revision, path }, nowhere));
  const shown = git(folder, 'cat-file', 'blob', name);
  if ('failed' in shown)
    return refuse(versioningDiagnostic('git-failed', { what: name, why: shown.failed }, nowhere));
  return { file: { name, text: shown.text } };
}

/** The same file at a revision: `FILE` is a path on the disk. */
export function gitTwin(revision: string, file: string): GitRead {
  const folder = resolve(file, '..');
  return gitFile(revision, `./${posix.basename(file.replaceAll('\\', '/'))}`, folder);
}

/** A path that a file of a revision uses, as gitFile takes it. */
export function besideInGit(path: string, used: string): string {
  const joined = posix.join(posix.dirname(path), used);
  const isRelative = path.startsWith('./') || path.startsWith('../');
  return isRelative && !joined.startsWith('../') ? `./${joined}` : joined;
}

function revisionProblem(revision: string, folder: string): Diagnostic | undefined {
  const inside = git(folder, 'rev-parse', '--git-dir');
  if ('failed' in inside)
    return inside.missing
      ? versioningDiagnostic('git-missing', { revision }, nowhere)
      : versioningDiagnostic(
          'no-repository',
          { folder: relative('.', resolve(folder)) || 'this folder', why: inside.failed },
          nowhere,
        );
  // What begins with a hyphen would be an option.
  const known =
    revision !== '' &&
    !revision.startsWith('-') &&
    !('failed' in git(folder, 'rev-parse', '--verify', '--quiet', `${revision}^{tree}`));
  if (known) return undefined;
  const refs = git(folder, 'for-each-ref', '--format=%(refname:short)');
  const names = 'failed' in refs ? [] : refs.text.split('\n');
  return versioningDiagnostic('unknown-revision', { revision, near: nearestName(revision, names) }, nowhere);
}

type Ran = { readonly text: string } | { readonly failed: string; readonly missing: boolean };

function git(folder: string, ...args: readonly string[]): Ran {
  try {
    const text = execFileSync('git', args, {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: mostBytes,
      stdio: ['ignore', 'pipe', 'pipe'],
      windowsHide: true,
    });
    return { text };
  } catch (e) {
    const error = e as NodeJS.ErrnoException & { readonly stderr?: string };
    const said = error.stderr?.trim().split('\n', 1)[0] ?? '';
    if (error.code === 'ENOBUFS') return { failed: 'it is too large', missing: false };
    return {
      failed: said === '' ? (error.code ?? 'it gave no reason') : said.replace(/^(fatal|error): /, ''),
      missing: error.code === 'ENOENT' && said === '',
    };
  }
}
