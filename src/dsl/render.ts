// Diagnostics as a person reads them in a terminal: the line, what is wrong in it, where the other side comes
// from, the calls that led there, one hint. And as JSON for tools.

import pc from 'picocolors';
import type { Diagnostic, Severity } from '../base/diagnostic.ts';
import { type Span, userPlace } from '../base/span.ts';
import { type Excerpt, excerptLines, type Mark } from './excerpt.ts';

/** The text of each file by the name that spans give it; what isn't there is named without its lines. */
export type Sources = ReadonlyMap<string, string>;

export interface RenderOptions {
  readonly color: boolean;
}

const severityColors = { error: 'red', warning: 'yellow', note: 'cyan' } as const satisfies Record<
  Severity,
  string
>;

type Paint = ReturnType<typeof pc.createColors>;

/** The whole report of one diagnostic, without a line break at its end. */
export function renderDiagnostic(d: Diagnostic, sources: Sources, options: RenderOptions): string {
  const paint = pc.createColors(options.color);
  const strong = (text: string): string => paint.bold(paint[severityColors[d.severity]](text));
  const out = [`${strong(`${d.severity}[${d.code}]`)}${paint.bold(`: ${plain(d.message)}`)}`];
  const excerpts = excerptsOf(d);
  const gutter = ' '.repeat(gutterWidth(excerpts));
  for (const excerpt of excerpts) out.push(...renderExcerpt(excerpt, gutter, sources, paint, strong));
  for (const note of d.notes.flatMap(n => n.split('\n')))
    out.push(`${gutter}${paint.blue('│')}   ${plain(note)}`);
  if (d.help !== undefined) out.push(`${gutter}${paint.cyan('help:')} ${plain(d.help)}`);
  return out.join('\n');
}

/** Several diagnostics, an empty line between them. */
export function renderDiagnostics(
  all: readonly Diagnostic[],
  sources: Sources,
  options: RenderOptions,
): string {
  return all.map(d => renderDiagnostic(d, sources, options)).join('\n\n');
}

/** The primary place and what is related to it, by file; then the calls that led there. */
function excerptsOf(d: Diagnostic): readonly Excerpt[] {
  if (d.span === undefined) {
    return d.related.map(r => ({ at: r.span, lead: undefined, marks: [mark(r.span, r.message, false)] }));
  }
  const byFile = new Map<string, Mark[]>([[d.span.file, [mark(d.span, d.label ?? '', true)]]]);
  for (const r of d.related) {
    const marks = byFile.get(r.span.file) ?? [];
    marks.push(mark(r.span, r.message, false));
    byFile.set(r.span.file, marks);
  }
  const out: Excerpt[] = [];
  for (const marks of byFile.values()) {
    const first = marks[0] as Mark;
    out.push({ at: first.span, lead: undefined, marks });
  }
  const calls: Excerpt[] = [];
  for (let at = d.span.via; at !== undefined; at = at.via) {
    calls.push({ at, lead: 'called from', marks: [mark(at, '', false)] });
  }
  return [...out.slice(0, 1), ...shorten(calls), ...out.slice(1)];
}

const mark = (span: Span, message: string, primary: boolean): Mark => ({ span, message, primary });

/** Of a long chain of calls the inner ones and the user's own. */
function shorten(calls: readonly Excerpt[]): readonly Excerpt[] {
  return calls.length <= 4 ? calls : [...calls.slice(0, 2), ...calls.slice(-2)];
}

function gutterWidth(excerpts: readonly Excerpt[]): number {
  const lines = excerpts.flatMap(e => e.marks.map(m => m.span.endLine));
  return Math.max(2, String(Math.max(0, ...lines)).length);
}

function renderExcerpt(
  excerpt: Excerpt,
  gutter: string,
  sources: Sources,
  paint: Paint,
  strong: (text: string) => string,
): string[] {
  const { at, lead, marks } = excerpt;
  const bar = paint.blue('│');
  const lead_ = lead === undefined ? '' : `${lead} `;
  const out = [`${gutter}${paint.blue('┌─')} ${lead_}${plain(at.file)}:${at.line}:${at.column}`];
  const text = sources.get(at.file);
  if (text === undefined) {
    const messages = marks.filter(m => m.message !== '');
    return [...out, ...messages.map(m => `${gutter}${bar}   ${m.span.line}: ${plain(m.message)}`)];
  }
  for (const row of excerptLines(text, marks, gutter.length)) {
    switch (row.kind) {
      case 'line':
        out.push(`${paint.blue(String(row.number).padStart(gutter.length))}${bar} ${row.text}`.trimEnd());
        break;
      case 'gap':
        out.push(`${gutter}${paint.blue('·')}`);
        break;
      case 'mark': {
        const signs = row.primary ? strong(row.signs) : paint.blue(row.signs);
        const message = row.primary ? strong(plain(row.message)) : paint.blue(plain(row.message));
        out.push(
          `${gutter}${bar} ${' '.repeat(row.indent)}${signs}${row.message === '' ? '' : ` ${message}`}`,
        );
        break;
      }
    }
  }
  return out;
}

/** Text from a file may hold control characters that a terminal would obey. */
function plain(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD');
}

/** One item of `mm check --json`. Lines and columns count from 1; the end is past the last character. */
export interface DiagnosticJson {
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
  readonly endLine: number | null;
  readonly endColumn: number | null;
  readonly severity: Severity;
  readonly code: string;
  readonly message: string;
  readonly help: string | null;
  readonly related: readonly {
    readonly file: string;
    readonly line: number;
    readonly column: number;
    readonly message: string;
  }[];
}

/**
 * A diagnostic for tools. Its place is the user's own: where the error lies in a block that the user called, that
 * call is the place and the line in the block is related. A label of the primary place is the last related item.
 */
export function diagnosticJson(d: Diagnostic): DiagnosticJson {
  const place = d.span === undefined ? undefined : userPlace(d.span);
  const spot = (span: Span, message: string) => ({
    file: span.file,
    line: span.line,
    column: span.column,
    message,
  });
  const related = d.related.map(r => spot(r.span, r.message));
  if (d.span !== undefined && d.span !== place) related.push(spot(d.span, d.label ?? 'here'));
  else if (d.span !== undefined && d.label !== undefined) related.push(spot(d.span, d.label));
  return {
    file: place?.file ?? null,
    line: place?.line ?? null,
    column: place?.column ?? null,
    endLine: place?.endLine ?? null,
    endColumn: place?.endColumn ?? null,
    severity: d.severity,
    code: d.code,
    message: d.message,
    help: d.help ?? null,
    related,
  };
}
