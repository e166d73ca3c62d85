// Files and what they declare: the standard library, the user's file, the files it uses. Blocks become callable
// values in the scope of their file.

import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Span } from '../../base/span.ts';
import { stdSources } from '../std/sources.ts';
import type { BlockItem, Migration, ModelItem, SourceFile, VariantItem } from '../syntax/ast.ts';
import { parse } from '../syntax/parse.ts';
import { diagnose } from './diagnostics.ts';
import { intrinsics } from './intrinsics/table.ts';
import { childScope, type Scope } from './scope.ts';
import { errorValue } from './values.ts';

/** Marks the scope of a file or model: names above it are not locals of a body. */
const marker = ' file';

export interface Library {
  readonly file: SourceFile;
  readonly scope: Scope;
  readonly blocks: readonly BlockItem[];
  readonly models: readonly ModelItem[];
  readonly variants: readonly VariantItem[];
  /** Of weights from elsewhere. */
  readonly migrations: readonly Migration[];
  /** This file and every file it uses, as read, for the fingerprint and for rendering errors. */
  readonly sources: ReadonlyMap<string, string>;
}

/** Reads another file by a path relative to `from`: its name for messages and its text, or undefined. */
export type ReadFile = (
  path: string,
  from: string,
) => { readonly file: string; readonly text: string } | undefined;

let std: Scope | undefined;

/** Intrinsics and the blocks of std. Parsed once. */
export function stdScope(): Scope {
  if (std !== undefined) return std;
  const root = childScope(undefined);
  root.names.set(marker, { value: errorValue, span: undefined });
  for (const intrinsic of intrinsics)
    root.names.set(intrinsic.name, { value: { kind: 'intrinsic', intrinsic }, span: undefined });
  root.names.set('all', { value: { kind: 'string', value: 'all' }, span: undefined });
  const scope = childScope(root);
  scope.names.set(marker, { value: errorValue, span: undefined });
  for (const { file, text } of stdSources) {
    const parsed = parse(text, file);
    if (parsed.value === undefined || parsed.diagnostics.length > 0) {
      throw new Error(
        `${file} doesn't parse: ${parsed.diagnostics[0]?.message} at line ${parsed.diagnostics[0]?.span?.line}`,
      );
    }
    for (const item of parsed.value.items) {
      if (item.kind === 'block')
        scope.names.set(item.name.text, {
          value: { kind: 'block', name: item.name.text, callable: item, scope, path: undefined },
          span: item.name.span,
        });
    }
  }
  std = scope;
  return scope;
}

export interface LoadOptions {
  readonly read: ReadFile;
  readonly report: (d: Diagnostic) => void;
}

/** A parsed file with its names: its own blocks, the files it uses, std beneath. */
export function loadLibrary(file: SourceFile, text: string, options: LoadOptions): Library {
  return load(file, text, options, [file.file], new Map());
}

/** How deep files may use each other. */
const deepestUse = 100;

function load(
  file: SourceFile,
  text: string,
  options: LoadOptions,
  chain: readonly string[],
  loaded: Map<string, Library>,
): Library {
  const below = stdScope();
  const scope = childScope(below);
  scope.names.set(marker, { value: errorValue, span: undefined });
  const sources = new Map([[file.file, text]]);
  const declared = new Map<string, Span>();
  const claim = (name: string, span: Span, what: string): boolean => {
    const before = declared.get(name);
    if (before !== undefined) {
      options.report(
        diagnose(
          'defined-twice',
          { name, what },
          { span, related: [{ span: before, message: 'the earlier one' }] },
        ),
      );
      return false;
    }
    declared.set(name, span);
    return true;
  };
  const blocks: BlockItem[] = [];
  const models: ModelItem[] = [];
  const variants: VariantItem[] = [];
  const migrations: Migration[] = [];
  for (const item of file.items) {
    switch (item.kind) {
      case 'block':
        if (!claim(item.name.text, item.name.span, 'block')) break;
        blocks.push(item);
        if (below.names.has(item.name.text))
          options.report(diagnose('shadows-std', { name: item.name.text }, { span: item.name.span }));
        scope.names.set(item.name.text, {
          value: { kind: 'block', name: item.name.text, callable: item, scope, path: undefined },
          span: item.name.span,
        });
        break;
      case 'model':
        if (claim(item.name.text, item.name.span, 'model')) models.push(item);
        break;
      case 'variant':
        if (claim(item.name.text, item.name.span, 'variant')) variants.push(item);
        break;
      case 'use': {
        if (!claim(item.name.text, item.name.span, 'use')) break;
        const found = options.read(item.path, file.file);
        if (found === undefined) {
          options.report(diagnose('file-not-found', { path: item.path }, { span: item.pathSpan }));
        } else if (chain.length >= deepestUse) {
          const limit = `files use each other more than ${deepestUse} deep`;
          options.report(
            diagnose('too-large', { what: 'this chain of files', limit }, { span: item.pathSpan }),
          );
        } else if (chain.includes(found.file)) {
          options.report(diagnose('use-cycle', { path: item.path }, { span: item.pathSpan }));
        } else {
          const used = loaded.get(found.file) ?? loadUsed(found, options, chain, loaded);
          if (used !== undefined) {
            for (const [name, source] of used.sources) sources.set(name, source);
            scope.names.set(item.name.text, {
              value: { kind: 'file', name: item.name.text, library: used, root: item.name.text },
              span: item.name.span,
            });
            break;
          }
        }
        scope.names.set(item.name.text, { value: errorValue, span: item.name.span });
        break;
      }
      case 'migrate':
        migrations.push(item);
        break;
      default:
        item satisfies never;
    }
  }
  const library = { file, scope, blocks, models, variants, migrations, sources };
  for (const item of models) declareModelName(library, item, undefined);
  for (const v of variants) {
    const item = models.find(m => m.name.text === v.model.text);
    if (item !== undefined) declareModelName(library, item, v);
  }
  return library;
}

/** A used file, read once however often it is used. */
function loadUsed(
  found: { readonly file: string; readonly text: string },
  options: LoadOptions,
  chain: readonly string[],
  loaded: Map<string, Library>,
): Library | undefined {
  const parsed = parse(found.text, found.file);
  for (const d of parsed.diagnostics) options.report(d);
  if (parsed.value === undefined) return undefined;
  const library = load(parsed.value, found.text, options, [...chain, found.file], loaded);
  loaded.set(found.file, library);
  return library;
}

/** A model or a variant of one as a name of its file. */
function declareModelName(library: Library, item: ModelItem, variant: VariantItem | undefined): void {
  const { name } = variant ?? item;
  const value = { kind: 'model', root: item.name.text, library, item, variant, args: [] } as const;
  library.scope.names.set(name.text, { value, span: name.span });
}

export function markFile(scope: Scope): void {
  scope.names.set(marker, { value: errorValue, span: undefined });
}
