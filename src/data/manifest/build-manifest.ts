// From what the schema let through to a Manifest: defaults, templates, and what a schema can't say.

import { dirname, extname, resolve } from 'node:path';
import type { Diagnostic, Result } from '../../base/diagnostic.ts';
import { hasErrors } from '../../base/diagnostic.ts';
import { nearestName } from '../../base/nearest-name.ts';
import type { Span } from '../../base/span.ts';
import { dataDiagnostic } from '../diagnostics.ts';
import type {
  FieldAs,
  FieldRule,
  IconSource,
  Manifest,
  ShareRule,
  SplitRule,
  TableSource,
  TemplatePart,
} from './manifest.ts';
import type { Raw, RawField, RawScalar, RawShare, RawSplit } from './raw-manifest.ts';

type Path = readonly (string | number)[];

/** Checks what names what, and gives the manifest. */
export function buildManifest(
  set: string,
  file: string,
  raw: Raw,
  spanOf: (path: Path) => Span,
): Result<Manifest> {
  const diagnostics: Diagnostic[] = [];
  const value = (path: Path, problem: string): void => {
    diagnostics.push(
      dataDiagnostic('manifest-value', { where: path.join('.'), problem }, { span: spanOf(path) }),
    );
  };
  const source = buildSource(file, raw, value);
  const fields = new Map<string, FieldRule>();
  for (const [name, field] of Object.entries(raw.fields))
    fields.set(
      name,
      buildField(field, p => value(['fields', name], p)),
    );
  const splits = new Map<string, SplitRule>();
  for (const [name, split] of Object.entries(raw.splits)) splits.set(name, buildSplit(split));
  for (const [name, split] of splits) {
    for (const key of ['less', 'overlaps'] as const) {
      for (const other of split[key]) {
        if (splits.has(other)) continue;
        const known = [...splits.keys()].filter(k => k !== name);
        diagnostics.push(
          dataDiagnostic(
            'manifest-reference',
            { what: 'split', name: other, nearest: nearestName(other, known), known },
            { span: spanOf(['splits', name, key]) },
          ),
        );
      }
    }
    for (const share of split.shares)
      if (share.from >= share.to)
        value(['splits', name, 'share'], `is empty: from ${share.from} to ${share.to}`);
  }
  const circle = lessCircle(splits);
  if (circle !== undefined)
    diagnostics.push(
      dataDiagnostic(
        'splits-cycle',
        { path: circle },
        { span: spanOf(['splits', circle[0] as string, 'less']) },
      ),
    );
  const skip =
    typeof raw.skip === 'string' ? Number.parseFloat(raw.skip) / 100 : raw.skip === undefined ? 0 : raw.skip;
  if (skip > 1) value(['skip'], 'is more than everything');
  if (source === undefined || hasErrors(diagnostics)) return { value: undefined, diagnostics };
  return { value: { set, file, source, fields, splits, skip, spanOf }, diagnostics };
}

function buildSource(
  file: string,
  raw: Raw,
  value: (path: Path, problem: string) => void,
): TableSource | IconSource | undefined {
  const { table, icons } = raw.source;
  if ((table === undefined) === (icons === undefined)) {
    value(['source'], 'names either a table or icons');
    return undefined;
  }
  if (icons !== undefined) {
    for (const key of ['format', 'columns', 'delimiter', 'quote', 'folder'] as const)
      if (raw.source[key] !== undefined) value(['source', key], 'belongs to a table and does nothing here');
    return {
      kind: 'icons',
      styles: new Map(Object.entries(icons.styles)),
      labels: icons.labels,
      locale: icons.locale ?? 'en',
      everyStyle: icons.concepts !== 'in any style',
    };
  }
  const base = dirname(file);
  const path = table as string;
  const extension = extname(path).slice(1).toLowerCase();
  const format =
    raw.source.format ?? (['csv', 'tsv', 'jsonl', 'parquet', 'conll'] as const).find(f => f === extension);
  if (format === undefined) {
    value(
      ['source', 'table'],
      'has no ending that says its format: add `format: csv` (or tsv, jsonl, parquet, conll)',
    );
    return undefined;
  }
  return {
    kind: 'table',
    file: resolve(base, path),
    format,
    columns: raw.source.columns,
    delimiter: raw.source.delimiter ?? (format === 'tsv' ? '\t' : ','),
    quote: raw.source.quote ?? '"',
    folder: resolve(base, raw.source.folder ?? '.'),
  };
}

/** What can't be put together from several columns. */
const oneColumn: Readonly<Partial<Record<FieldAs, string>>> = {
  image: 'a picture',
  audio: 'a recording',
  video: 'a video',
  number: 'a number',
  tags: 'tags',
  numbers: 'numbers',
  place: 'a position',
};

function buildField(raw: RawField, problem: (text: string) => void): FieldRule {
  if ((raw.column === undefined) === (raw.template === undefined))
    problem('has either a column or a template');
  if (raw.trim !== undefined && raw.as !== 'image') problem('is not a picture: trim does nothing here');
  if (raw.lowercase !== undefined && raw.as !== 'text') problem('is not a text: lowercase does nothing here');
  if (raw.names !== undefined && raw.as !== 'label' && raw.as !== 'tags')
    problem('is not a label: names do nothing here');
  const one = oneColumn[raw.as];
  if (raw.template !== undefined && one !== undefined)
    problem(`takes one column: a template makes a text, not ${one}`);
  const from =
    raw.template === undefined
      ? { column: raw.column ?? '' }
      : { template: parseTemplate(raw.template, problem) };
  return {
    as: raw.as,
    from,
    lowercase: raw.lowercase ?? false,
    trim: raw.trim ?? false,
    names: raw.names?.map(String),
  };
}

/** `{label}: {tags}`; a doubled brace stands for itself. */
function parseTemplate(text: string, problem: (text: string) => void): TemplatePart[] {
  const parts: TemplatePart[] = [];
  for (const piece of text.match(/\{\{|\}\}|\{[^{}]*\}|[^{}]+|[{}]/g) ?? []) {
    if (piece === '{{' || piece === '}}') parts.push({ literal: piece.slice(1) });
    else if (piece === '{' || piece === '}') problem(`has a lone ${piece} in its template`);
    else if (piece.startsWith('{')) parts.push({ column: piece.slice(1, -1).trim() });
    else parts.push({ literal: piece });
  }
  if (!parts.some(p => 'column' in p)) problem('has a template without a {column}');
  return parts;
}

const list = <T>(value: T | readonly T[] | undefined): readonly T[] =>
  value === undefined ? [] : Array.isArray(value) ? (value as readonly T[]) : [value as T];

function buildSplit(raw: RawSplit): SplitRule {
  return {
    where: new Map(Object.entries(raw.where ?? {}).map(([k, v]) => [k, list<RawScalar>(v).map(String)])),
    shares: list<RawShare>(raw.share).map(
      (s): ShareRule => ({ of: list(s.of), from: s.from ?? 0, to: s.to ?? 1, salt: s.salt ?? '' }),
    ),
    less: list(raw.less),
    overlaps: list(raw.overlaps),
  };
}

function lessCircle(splits: ReadonlyMap<string, SplitRule>): string[] | undefined {
  const done = new Set<string>();
  const visit = (name: string, trail: readonly string[]): string[] | undefined => {
    const at = trail.indexOf(name);
    if (at >= 0) return [...trail.slice(at), name];
    if (done.has(name)) return undefined;
    for (const other of splits.get(name)?.less ?? []) {
      const circle = visit(other, [...trail, name]);
      if (circle !== undefined) return circle;
    }
    done.add(name);
    return undefined;
  };
  for (const name of splits.keys()) {
    const circle = visit(name, []);
    if (circle !== undefined) return circle;
  }
  return undefined;
}
