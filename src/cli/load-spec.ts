// Reads a spec from disk as what it may be: missing, a folder, a device, a file of another kind, too large.

import { closeSync, fstatSync, openSync, readdirSync, readSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { type Diagnostic, defineDiagnostics } from '../base/diagnostic.ts';
import { nearestName } from '../base/nearest-name.ts';
import type { Span } from '../base/span.ts';
import type { ReadFile } from '../dsl/semantics/library.ts';
import { maxSourceLength } from '../dsl/syntax/lex.ts';

export const specDiagnostic = defineDiagnostics({
  'spec-not-found': {
    severity: 'error',
    message: (p: { path: string; near: string | undefined }) => `there is no file ${p.path}`,
    help: (p: { near: string | undefined }) => p.near && `did you mean ${p.near}?`,
  },
  'spec-is-folder': {
    severity: 'error',
    message: (p: { path: string; specs: string }) => `${p.path} is a folder`,
    help: (p: { specs: string }) => (p.specs === '' ? 'give a .mm file' : `give a file in it: ${p.specs}`),
  },
  'spec-unreadable': {
    severity: 'error',
    message: (p: { path: string; why: string }) => `${p.path} can't be read: ${p.why}`,
  },
  'file-too-large': {
    severity: 'error',
    message: (p: { size: string }) =>
      `this file is too large for a spec: it has ${p.size}; the limit is 1 MB`,
    help: () => 'a spec has some hundred lines; is this the file that you meant?',
  },
  'not-text': {
    severity: 'error',
    message: () => 'this file holds bytes that are not UTF-8 text',
    help: () => 'is this the file that you meant? If so, save it as UTF-8',
  },
});

export type LoadedSpec =
  | { readonly text: string; readonly diagnostics?: undefined }
  | { readonly text?: undefined; readonly diagnostics: readonly Diagnostic[] };

/** The text of a spec, or what is wrong with the file. */
export function loadSpec(path: string): LoadedSpec {
  const span: Span = { file: path, start: 0, end: 0, line: 1, column: 1, endLine: 1, endColumn: 1 };
  const refuse = (d: Diagnostic): LoadedSpec => ({ diagnostics: [d] });
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch (e) {
    return refuse(openFailure(e as NodeJS.ErrnoException, path, span));
  }
  try {
    const stat = fstatSync(file);
    if (stat.isDirectory()) {
      return refuse(specDiagnostic('spec-is-folder', { path, specs: specsIn(path).join(', ') }, { span }));
    }
    if (!stat.isFile()) {
      return refuse(specDiagnostic('spec-unreadable', { path, why: 'it is no ordinary file' }, { span }));
    }
    if (stat.size > 4 * maxSourceLength) {
      const size = `${Math.ceil(stat.size / (1 << 20))} MB`;
      return refuse(specDiagnostic('file-too-large', { size }, { span }));
    }
    const bytes = Buffer.alloc(stat.size);
    const read = readSync(file, bytes, 0, stat.size, 0);
    try {
      return { text: new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(0, read)) };
    } catch {
      return refuse(specDiagnostic('not-text', {}, { span }));
    }
  } catch (e) {
    return refuse(openFailure(e as NodeJS.ErrnoException, path, span));
  } finally {
    closeSync(file);
  }
}

function openFailure(e: NodeJS.ErrnoException, path: string, span: Span): Diagnostic {
  if (e.code === 'ENOENT' || e.code === 'ENOTDIR') {
    const folder = dirname(path);
    const near = nearestName(basename(path), specsIn(folder));
    return specDiagnostic(
      'spec-not-found',
      { path, near: near === undefined ? undefined : join(folder, near) },
      { span },
    );
  }
  const why = e.code === 'EACCES' ? 'permission is denied' : e.message;
  return specDiagnostic('spec-unreadable', { path, why }, { span });
}

/** The first specs of a folder, by name. */
function specsIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder)
      .filter(name => name.endsWith('.mm'))
      .sort()
      .slice(0, 10);
  } catch {
    return [];
  }
}

/** Reads a file that a spec uses: the path is relative to the spec's; undefined where it can't be read as text. */
export const fileReader: ReadFile = (path, from) => {
  const file = join(dirname(from), path);
  const loaded = loadSpec(file);
  return loaded.diagnostics === undefined ? { file, text: loaded.text } : undefined;
};
