// The lines of a source that a diagnostic shows, with marks under them: which lines, in what order, clipped to
// the width of a page. Layout only; colour and frame are render.ts's.

import type { Span } from '../base/span.ts';

export interface Mark {
  readonly span: Span;
  readonly message: string;
  readonly primary: boolean;
}

/** Marks in one file under one heading. */
export interface Excerpt {
  readonly at: Span;
  readonly lead: string | undefined;
  readonly marks: readonly Mark[];
}

export type Row =
  | { readonly kind: 'line'; readonly number: number; readonly text: string }
  | { readonly kind: 'gap' }
  | {
      readonly kind: 'mark';
      /** Columns before the signs. */
      readonly indent: number;
      /** `^^^^` under the primary place, `----` under related ones. */
      readonly signs: string;
      readonly message: string;
      readonly primary: boolean;
    };

/** Columns of a page, the gutter included. */
export const pageWidth = 110;
const tab = '    ';

/** A mark on one line, in columns of the line as shown. */
interface Piece {
  readonly line: number;
  readonly from: number;
  readonly to: number;
  readonly message: string;
  readonly primary: boolean;
}

/** The rows of an excerpt, in the order of lines; of a span over several lines the first and the last. */
export function excerptLines(text: string, marks: readonly Mark[], gutter: number): readonly Row[] {
  const lines = text.split(/\r\n|\n|\r/);
  const lineAt = (n: number): string => lines[n - 1] ?? '';
  const pieces = marks.flatMap(m => piecesOf(m, lineAt));
  const numbers = [...new Set(pieces.map(p => p.line))].sort((a, b) => a - b);
  const rows: Row[] = [];
  let last: number | undefined;
  for (const number of numbers) {
    if (last !== undefined && number === last + 2) {
      rows.push({ kind: 'line', number: last + 1, text: window(lineAt(last + 1), [], gutter).text });
    } else if (last !== undefined && number > last + 2) rows.push({ kind: 'gap' });
    last = number;
    const own = pieces.filter(p => p.line === number).sort((a, b) => a.from - b.from || b.to - a.to);
    const view = window(lineAt(number), own, gutter);
    rows.push({ kind: 'line', number, text: view.text });
    for (const piece of own) {
      const from = view.place(piece.from);
      const to = Math.max(from + 1, view.place(piece.to));
      rows.push({
        kind: 'mark',
        indent: from,
        signs: (piece.primary ? '^' : '-').repeat(to - from),
        message: piece.message,
        primary: piece.primary,
      });
    }
  }
  return rows;
}

function piecesOf(m: Mark, lineAt: (n: number) => string): readonly Piece[] {
  const { span, message, primary } = m;
  const first = lineAt(span.line);
  const from = width(first.slice(0, span.column - 1));
  if (span.endLine <= span.line) {
    const to = width(first.slice(0, span.endColumn - 1));
    return [{ line: span.line, from, to, message, primary }];
  }
  const last = lineAt(span.endLine);
  const indent = width(last.slice(0, last.length - last.trimStart().length));
  return [
    { line: span.line, from, to: width(first.trimEnd()), message: '', primary },
    { line: span.endLine, from: indent, to: width(last.slice(0, span.endColumn - 1)), message, primary },
  ];
}

/** A line as shown: tabs as spaces, control characters as a sign, one column for each code point. */
function shown(line: string): string {
  return line.replaceAll('\t', tab).replace(/[\p{Cc}\p{Cf}]/gu, '\uFFFD');
}

const width = (line: string): number => [...shown(line)].length;

interface View {
  readonly text: string;
  /** Where a column of the whole line is shown. */
  readonly place: (column: number) => number;
}

/** The part of a line around its marks that fits on the page, with `…` where it was cut. */
function window(line: string, pieces: readonly Piece[], gutter: number): View {
  const room = pageWidth - gutter - 2;
  const columns = [...shown(line).trimEnd()];
  if (columns.length <= room) return { text: columns.join(''), place: c => c };
  const main = pieces.find(p => p.primary) ?? pieces[0];
  const low = Math.min(main?.from ?? 0, ...pieces.map(p => p.from));
  const high = Math.max(main?.to ?? 0, ...pieces.map(p => p.to));
  const anchor = high - low <= room - 12 ? low : (main?.from ?? 0);
  const slack = Math.max(6, Math.min(30, Math.floor((room - (high - low)) / 2)));
  const start = Math.max(0, Math.min(anchor - slack, columns.length - room));
  const end = Math.min(columns.length, start + room);
  const cut = columns.slice(start, end);
  if (start > 0) cut[0] = '…';
  if (end < columns.length) cut[cut.length - 1] = '…';
  return { text: cut.join(''), place: c => Math.min(Math.max(c - start, 0), cut.length) };
}
