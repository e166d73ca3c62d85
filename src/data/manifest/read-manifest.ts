// YAML → Manifest. Every mistake is reported at the key that makes it, all at once.

import { readFileSync, statSync } from 'node:fs';
import { dirname, extname, resolve } from 'node:path';
import { Ajv, type ErrorObject } from 'ajv';
import { isMap, isPair, isScalar, isSeq, LineCounter, type Node, parseDocument } from 'yaml';
import type { Diagnostic, Result } from '../../base/diagnostic.ts';
import { hasErrors } from '../../base/diagnostic.ts';
import { nearestName } from '../../base/nearest-name.ts';
import type { Span } from '../../base/span.ts';
import { dataDiagnostic } from '../diagnostics.ts';
import { failure } from '../failure.ts';
import type {
  FieldRule,
  IconSource,
  Manifest,
  ShareRule,
  SplitRule,
  TableSource,
  TemplatePart,
} from './manifest.ts';
import { manifestSchema } from './schema.ts';

const MAX_BYTES = 1 << 20;

type Path = readonly (string | number)[];

/** What the schema lets through; the shapes below hold because ajv has checked them. */
interface Raw {
  readonly source: {
    readonly table?: string;
    readonly format?: TableSource['format'];
    readonly columns?: readonly string[];
    readonly delimiter?: string;
    readonly quote?: string | false;
    readonly folder?: string;
    readonly icons?: {
      readonly styles: Readonly<Record<string, string>>;
      readonly labels: string;
      readonly locale?: string;
      readonly concepts?: string;
    };
  };
  readonly fields: Readonly<Record<string, RawField>>;
  readonly splits: Readonly<Record<string, RawSplit>>;
  readonly skip?: number | string;
}
type RawScalar = string | number | boolean;
interface RawField {
  readonly as: FieldRule['as'];
  readonly column?: string;
  readonly template?: string;
  readonly lowercase?: boolean;
  readonly trim?: boolean;
  readonly names?: readonly RawScalar[];
}
interface RawShare {
  readonly of: string | readonly string[];
  readonly from?: number;
  readonly to?: number;
  readonly salt?: string;
}
interface RawSplit {
  readonly where?: Readonly<Record<string, RawScalar | readonly RawScalar[]>>;
  readonly share?: RawShare | readonly RawShare[];
  readonly less?: string | readonly string[];
  readonly overlaps?: string | readonly string[];
}

/** Reads and checks the manifest of data set `set`. Paths in it start from its own folder. */
export function readManifest(set: string, file: string): Result<Manifest> {
  let text: string;
  try {
    const size = statSync(file).size;
    if (size > MAX_BYTES)
      return fail(
        dataDiagnostic(
          'too-large',
          { what: file, size: `${size} bytes`, limit: '1 MiB' },
          { span: undefined },
        ),
      );
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return fail(
      dataDiagnostic('manifest-unreadable', { file, problem: failure(error) }, { span: undefined }),
    );
  }
  return parseManifest(set, file, text);
}

const fail = <T>(...diagnostics: Diagnostic[]): Result<T> => ({ value: undefined, diagnostics });

/** As readManifest, from text. */
export function parseManifest(set: string, file: string, text: string): Result<Manifest> {
  const lines = new LineCounter();
  const spanAt = (start: number, end: number): Span => {
    const from = lines.linePos(start);
    const to = lines.linePos(Math.max(start, end));
    return { file, start, end, line: from.line, column: from.col, endLine: to.line, endColumn: to.col };
  };
  const whole = (): Span => ({ file, start: 0, end: 0, line: 1, column: 1, endLine: 1, endColumn: 1 });
  if (text.includes('\0'))
    return fail(dataDiagnostic('manifest-syntax', { problem: 'it holds binary data' }, { span: whole() }));
  let value: unknown;
  let root: Node | null;
  try {
    const document = parseDocument(text, { lineCounter: lines, uniqueKeys: true, prettyErrors: false });
    if (document.errors.length > 0)
      return fail(
        ...document.errors.map(e =>
          dataDiagnostic(
            'manifest-syntax',
            { problem: firstLine(e.message) },
            { span: spanAt(e.pos[0], e.pos[1]) },
          ),
        ),
      );
    root = document.contents;
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return fail(dataDiagnostic('manifest-syntax', { problem: failure(error) }, { span: whole() }));
  }
  const spanOf = (path: Path): Span => {
    const range = keyRange(root, path);
    return range === undefined ? whole() : spanAt(range[0], range[1]);
  };
  const check = new Ajv({ allErrors: true, verbose: true, allowUnionTypes: true }).compile<Raw>(
    manifestSchema,
  );
  if (!check(value)) return fail(...schemaDiagnostics(check.errors ?? [], spanOf));
  return build(set, file, value, spanOf);
}

const firstLine = (text: string): string => text.split('\n', 1)[0] ?? text;

/** The range of the key at a path, or of the item where the path ends in a list. */
function keyRange(root: Node | null, path: Path): readonly [number, number] | undefined {
  let node: unknown = root;
  let found: readonly [number, number] | undefined;
  for (const step of path) {
    if (isMap(node)) {
      const pair = node.items.find(p => isScalar(p.key) && String(p.key.value) === String(step));
      if (!isPair(pair) || !isScalar(pair.key)) return found;
      const range = pair.key.range;
      if (range) found = [range[0], range[1]];
      node = pair.value;
    } else if (isSeq(node)) {
      const item = node.items[Number(step)] as Node | undefined;
      if (item?.range) found = [item.range[0], item.range[1]];
      node = item;
    } else return found;
  }
  return found;
}

function schemaDiagnostics(errors: readonly ErrorObject[], spanOf: (path: Path) => Span): Diagnostic[] {
  const out: Diagnostic[] = [];
  const seen = new Set<string>();
  for (const error of errors) {
    // A branch of an anyOf says less than the anyOf itself.
    if (/\/anyOf\/\d+/.test(error.schemaPath)) continue;
    const path = pathOf(error.instancePath);
    const where = path.length === 0 ? 'a manifest' : path.join('.');
    const params = error.params as Readonly<Record<string, unknown>>;
    let made: Diagnostic;
    if (error.keyword === 'additionalProperties') {
      const key = String(params.additionalProperty);
      const known = Object.keys((error.parentSchema?.properties as object | undefined) ?? {});
      made = dataDiagnostic(
        'manifest-key',
        { key, where, nearest: nearestName(key, known), known },
        { span: spanOf([...path, key]) },
      );
    } else if (error.keyword === 'required') {
      const problem = `lacks the key ${String(params.missingProperty)}`;
      made = dataDiagnostic('manifest-value', { where, problem }, { span: spanOf(path) });
    } else if (error.keyword === 'propertyNames') {
      const key = String(params.propertyName);
      const problem = `has the key ${JSON.stringify(key)}, which is not a name`;
      made = dataDiagnostic('manifest-value', { where, problem }, { span: spanOf([...path, key]) });
    } else if (error.schemaPath.includes('/propertyNames/')) continue;
    else
      made = dataDiagnostic(
        'manifest-value',
        { where, problem: valueProblem(error) },
        { span: spanOf(path) },
      );
    const key = `${made.code} ${made.message}`;
    if (!seen.has(key)) out.push(made);
    seen.add(key);
  }
  return out;
}

function valueProblem(error: ErrorObject): string {
  const params = error.params as Readonly<Record<string, unknown>>;
  if (error.keyword === 'enum') {
    const allowed = (params.allowedValues as readonly unknown[]).map(String);
    const nearest = nearestName(String(error.data), allowed);
    return `must be one of ${allowed.join(', ')}${nearest === undefined ? '' : ` (did you mean ${nearest}?)`}`;
  }
  if (error.keyword === 'anyOf') return 'has a value of the wrong form';
  return error.message ?? 'is not valid';
}

const pathOf = (pointer: string): string[] =>
  pointer
    .split('/')
    .slice(1)
    .map(s => s.replaceAll('~1', '/').replaceAll('~0', '~'));

function build(set: string, file: string, raw: Raw, spanOf: (path: Path) => Span): Result<Manifest> {
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
    raw.source.format ?? (['csv', 'tsv', 'jsonl', 'parquet'] as const).find(f => f === extension);
  if (format === undefined) {
    value(
      ['source', 'table'],
      'has no ending that says its format: add `format: csv` (or tsv, jsonl, parquet)',
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

function buildField(raw: RawField, problem: (text: string) => void): FieldRule {
  if ((raw.column === undefined) === (raw.template === undefined))
    problem('has either a column or a template');
  if (raw.trim !== undefined && raw.as !== 'image') problem('is not a picture: trim does nothing here');
  if (raw.lowercase !== undefined && raw.as !== 'text') problem('is not a text: lowercase does nothing here');
  if (raw.names !== undefined && raw.as !== 'label') problem('is not a label: names do nothing here');
  if (raw.template !== undefined && (raw.as === 'image' || raw.as === 'number'))
    problem(
      `takes one column: a template makes a text, not ${raw.as === 'image' ? 'a picture' : 'a number'}`,
    );
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
