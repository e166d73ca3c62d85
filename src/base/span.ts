// Where a piece of source stands. Lines and columns count from 1, columns in UTF-16 units.

export interface Span {
  readonly file: string;
  /** Offset of the first character. */
  readonly start: number;
  /** Offset past the last character. */
  readonly end: number;
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  /** Column past the last character. */
  readonly endColumn: number;
  /** The call that led here: for a line of std, the user's line that called it. */
  readonly via?: Span;
}

/** The same place, reached through the call at `via`. */
export function spanVia(span: Span, via: Span | undefined): Span {
  if (via === undefined) return span;
  const { file, start, end, line, column, endLine, endColumn } = span;
  const behind = span.via === undefined ? via : spanVia(span.via, via);
  // Written out: every node of a graph has one, and a spread costs several times as much.
  return { file, start, end, line, column, endLine, endColumn, via: behind };
}

/** From the start of `a` to the end of `b`. */
export function spanBetween(a: Span, b: Span): Span {
  return { ...a, end: b.end, endLine: b.endLine, endColumn: b.endColumn };
}

/** Whether a file is part of the standard library. */
export const isStd = (file: string): boolean => file.startsWith('std/');

/** The innermost place outside of the standard library: the user's line that led here. */
export function userPlace(span: Span): Span {
  let at = span;
  while (isStd(at.file) && at.via !== undefined) at = at.via;
  return at;
}
