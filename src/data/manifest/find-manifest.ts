// Where the manifest of a data set is: what the command line says, what mm.yaml says, or data/SET.yaml beside the spec
// or above it.

import { existsSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseDocument } from 'yaml';
import type { Diagnostic, Result } from '../../base/diagnostic.ts';
import type { Span } from '../../base/span.ts';
import { dataDiagnostic } from '../diagnostics.ts';
import { failure } from '../failure.ts';

export interface FindManifestOptions {
  /** The spec that names the set; its folder and those above it are searched. */
  readonly specFile: string;
  /** `--data NAME=PATH`: set → path, from the current folder. */
  readonly overrides?: ReadonlyMap<string, string>;
  /** Where the spec names the set. */
  readonly span?: Span | undefined;
}

export interface FoundManifest {
  readonly file: string;
  readonly because: 'option' | 'mm.yaml' | 'beside the spec';
}

const MAX_BYTES = 1 << 20;

/** Finds the manifest of `set`. The diagnostic of a missing one names every place that was looked at. */
export function findManifest(set: string, options: FindManifestOptions): Result<FoundManifest> {
  const looked: string[] = [];
  const missing = (): Result<FoundManifest> => ({
    value: undefined,
    diagnostics: [
      dataDiagnostic(
        'manifest-missing',
        { set },
        { span: options.span, notes: [`looked at:`, ...looked.map(l => `  ${l}`)] },
      ),
    ],
  });
  const given = options.overrides?.get(set);
  if (given !== undefined) {
    const file = resolve(given);
    looked.push(`${file} (--data ${set}=${given})`);
    return isFile(file) ? { value: { file, because: 'option' }, diagnostics: [] } : missing();
  }
  const folders = foldersUp(dirname(resolve(options.specFile)));
  for (const folder of folders) {
    const project = join(folder, 'mm.yaml');
    if (!existsSync(project)) continue;
    const read = readProject(project);
    if (read.value === undefined) return { value: undefined, diagnostics: read.diagnostics };
    const path = read.value.get(set);
    if (path === undefined) {
      looked.push(`${project} (it has no data.${set})`);
      continue;
    }
    const file = resolve(folder, path);
    looked.push(`${file} (data.${set} of ${project})`);
    return isFile(file) ? { value: { file, because: 'mm.yaml' }, diagnostics: [] } : missing();
  }
  for (const folder of folders) {
    const file = join(folder, 'data', `${set}.yaml`);
    looked.push(file);
    if (isFile(file)) return { value: { file, because: 'beside the spec' }, diagnostics: [] };
  }
  return missing();
}

function isFile(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isFile() ?? false;
}

function foldersUp(from: string): string[] {
  const folders = [from];
  for (let at = from; dirname(at) !== at; at = dirname(at)) folders.push(dirname(at));
  return folders;
}

function readProject(file: string): Result<ReadonlyMap<string, string>> {
  const place: Span = { file, start: 0, end: 0, line: 1, column: 1, endLine: 1, endColumn: 1 };
  const refuse = (problem: string): { value: undefined; diagnostics: Diagnostic[] } => ({
    value: undefined,
    diagnostics: [dataDiagnostic('project-file', { problem }, { span: place })],
  });
  try {
    if (statSync(file).size > MAX_BYTES) return refuse('it is larger than 1 MiB');
    const document = parseDocument(readFileSync(file, 'utf8'));
    const first = document.errors[0];
    if (first !== undefined) return refuse(first.message.split('\n', 1)[0] ?? '');
    const value: unknown = document.toJS({ maxAliasCount: 100 });
    if (value === null || value === undefined) return { value: new Map(), diagnostics: [] };
    if (typeof value !== 'object' || Array.isArray(value)) return refuse('it is not a map');
    const data: unknown = (value as { data?: unknown }).data;
    if (data === undefined || data === null) return { value: new Map(), diagnostics: [] };
    if (typeof data !== 'object' || Array.isArray(data)) return refuse('data is not a map');
    const out = new Map<string, string>();
    for (const [name, path] of Object.entries(data)) {
      if (typeof path !== 'string') return refuse(`data.${name} is not a path`);
      out.set(name, path);
    }
    return { value: out, diagnostics: [] };
  } catch (error) {
    return refuse(failure(error));
  }
}
