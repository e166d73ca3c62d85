// How things stand together, with the comments between them: lines in braces, lists in brackets, chains.

import type { Span } from '../../base/span.ts';
import type { CommentLine, Comments, Taken } from './comments.ts';
import { type Doc, group, hardline, ifBroken, indent, line, softline, suffix } from './doc.ts';

/** Columns that text should keep to. */
export const width = 100;
/** Of what belongs to something above it. */
export const step = 2;
/** Of what goes on with the line above. */
export const continued = 4;

/** A thing that may stand on a line of its own. */
export interface Part {
  readonly span: Span;
  readonly doc?: string | undefined;
  readonly print: () => Doc;
}

/** A line of a file or of what stands in braces. */
interface Row {
  readonly text: Doc;
  readonly blank: boolean;
  /** The comment at its end. */
  end: string | undefined;
}

export interface Rows {
  /** The comment behind what stands before the first line. */
  readonly opening: string | undefined;
  readonly rows: readonly Row[];
}

/** One part a line, with comments and at most one empty line between; `apart` asks for one between two parts. */
export function rowsOf(
  c: Comments,
  parts: readonly Part[],
  last: () => Taken,
  apart: (i: number) => boolean = () => false,
): Rows {
  const rows: Row[] = [];
  let opening: string | undefined;
  const comments = ({ trailing, lines }: Taken, parted: boolean): void => {
    const before = rows.at(-1);
    if (before === undefined) opening = trailing;
    else before.end = trailing;
    for (const [i, l] of lines.entries()) {
      rows.push({ text: l.text, blank: rows.length > 0 && (l.blank || (parted && i === 0)), end: undefined });
    }
  };
  for (const [i, part] of parts.entries()) {
    const taken = c.before(part.span, part.doc);
    const parted = i > 0 && apart(i);
    comments(taken, parted);
    const { made, above } = c.within(part.span, part.print);
    const blank = rows.length > 0 && (c.blankBefore(part.span) || (parted && taken.lines.length === 0));
    for (const [j, l] of above.entries()) {
      rows.push({ text: l.text, blank: blank && j === 0, end: undefined });
    }
    rows.push({ text: made, blank: blank && above.length === 0, end: undefined });
  }
  comments(last(), false);
  return { opening, rows };
}

export const rowDocs = (rows: readonly Row[]): readonly Doc[] =>
  rows.map(r => [r.blank ? hardline : [], r.text, suffix(r.end)]);

/** `{ … }`, one part a line; `short` where they may stand on the line of the braces. */
export function braces({ opening, rows }: Rows, short = false): Doc {
  if (rows.length === 0 && opening === undefined) return '{}';
  const between = short ? line : hardline;
  const inside = rowDocs(rows).map(r => [between, r]);
  return ['{', suffix(opening), indent(step, inside), between, '}'];
}

export type Brackets = readonly [open: string, close: string];

interface Listed {
  readonly opening: Doc;
  /** Each with the comma of the one before it. */
  readonly items: readonly Doc[];
  readonly closing: Doc;
}

const above = (lines: readonly CommentLine[]): Doc => lines.map(l => [l.text, hardline]);

function listed(c: Comments, parts: readonly Part[], filled: boolean): Listed {
  let opening: Doc = [];
  const items = parts.map(({ span, print }, i) => {
    const { trailing, lines } = c.before(span);
    const inner = c.within(span, print);
    const item = [above(lines), above(inner.above), inner.made];
    if (i > 0 && filled && trailing === undefined) return [',', group([line, item])];
    // A comment is behind the comma: in a list that is broken anyhow, nothing may follow it on its line.
    if (i > 0) return [',', suffix(trailing), trailing === undefined ? line : hardline, item];
    opening = suffix(trailing);
    return item;
  });
  const { trailing, lines } = c.beforeCloser((parts.at(-1) as Part).span);
  const closing = [ifBroken(','), suffix(trailing), lines.map(l => [hardline, l.text])];
  return { opening, items, closing };
}

/** A list in brackets that breaks with the group around it, one part a line. */
export function openList(c: Comments, [open, close]: Brackets, parts: readonly Part[]): Doc {
  if (parts.length === 0) return open + close;
  const { opening, items, closing } = listed(c, parts, false);
  return [open, opening, indent(step, [softline, items, closing]), softline, close];
}

export interface ListStyle {
  /** Spaces inside the brackets: `{ a, b }`. */
  readonly padded?: boolean;
  /** Where they don't fit on one line between the brackets: as many a line as fit, else one. */
  readonly filled?: boolean;
  /** Never on a line of their own together, but one a line as soon as they don't fit behind what they belong to. */
  readonly apart?: boolean;
}

/** A list in brackets: on the line, else on one line between its brackets, else one part a line. */
export function list(
  c: Comments,
  [open, close]: Brackets,
  parts: readonly Part[],
  { padded = false, filled = false, apart = false }: ListStyle = {},
): Doc {
  if (parts.length === 0) return open + close;
  const edge = padded ? line : softline;
  const { opening, items, closing } = listed(c, parts, filled);
  const inside = apart ? [items, closing] : group([items, closing]);
  return group([open, opening, indent(step, [edge, inside]), edge, close]);
}

/** What goes on behind something, at `place` or on a new line where comments stand between. */
export function goOn(c: Comments, next: Span, place: Doc, text: () => Doc): Doc {
  const { trailing, lines } = c.between(next);
  if (trailing === undefined && lines.length === 0) return [place, text()];
  return [suffix(trailing), hardline, above(lines), text()];
}
