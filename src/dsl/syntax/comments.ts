// Comments, which the tree doesn't hold: read beside the tokens and handed out in their order while a file is
// formatted. Whoever prints a thing that may stand on a line of its own takes the comments before it; so each
// comes out once, in its place or at the next place that can hold it.

import type { IToken } from 'chevrotain';
import type { Span } from '../../base/span.ts';
import type { Lexed } from './lex.ts';
import { Comma, DocComment } from './tokens.ts';

/** A comment on a line of its own, and whether an empty line stands before it. */
export interface CommentLine {
  readonly text: string;
  readonly blank: boolean;
}

/** The comments between two things: one may end the line of the first, the others have lines of their own. */
export interface Taken {
  readonly trailing: string | undefined;
  readonly lines: readonly CommentLine[];
}

/** What the formatter asks about the source; comments that are handed out are gone. */
export interface Comments {
  /** The comments before a thing, where `doc` is what the tree says about it. */
  readonly before: (thing: Span, doc?: string) => Taken;
  /** The comments before a thing and the sign or word that binds it to what came before. */
  readonly between: (thing: Span) => Taken;
  /** The comments before the bracket that closes a list, behind its last element. */
  readonly beforeCloser: (last: Span) => Taken;
  /** The comments before the last character of a thing, its `}`. */
  readonly beforeEnd: (thing: Span) => Taken;
  readonly rest: () => Taken;
  /** Leaves the comments before this place, where none can stand, to the thing around it. */
  readonly pass: (thing: Span, side: 'start' | 'end') => void;
  /** Builds what stands for a thing, with the comments that belong above it because nothing inside took them. */
  readonly within: <T>(thing: Span, build: () => T) => { readonly made: T; readonly above: CommentLine[] };
  /** Whether an empty line stands before it. */
  readonly blankBefore: (thing: Span) => boolean;
  /** Whether the second begins on a later line than the first ends. */
  readonly breaksBetween: (first: Span, second: Span) => boolean;
  readonly onOneLine: (thing: Span) => boolean;
  /** Whether what begins with this part is in parentheses. */
  readonly inParens: (thing: Span, firstPart: Span) => boolean;
}

const nothing: Taken = { trailing: undefined, lines: [] };

/** For a tree without a source: its doc comments and no others, every layout as if newly written. */
export const noComments: Comments = {
  before: (_, doc) =>
    doc === undefined
      ? nothing
      : {
          trailing: undefined,
          lines: doc.split('\n').map(l => ({ text: l === '' ? '///' : `/// ${l}`, blank: false })),
        },
  between: () => nothing,
  beforeCloser: () => nothing,
  beforeEnd: () => nothing,
  rest: () => nothing,
  pass: () => {},
  within: (_, build) => ({ made: build(), above: [] }),
  blankBefore: () => false,
  breaksBetween: () => false,
  onOneLine: () => false,
  inParens: () => false,
};

interface Comment {
  readonly text: string;
  readonly start: number;
  /** Line breaks between it and what stands before it. */
  readonly breaks: number;
  readonly ownLine: boolean;
  readonly isDoc: boolean;
  /** Where the next token starts. */
  readonly next: number;
}

/** What a thing that is being built has done with its comments. */
interface Frame {
  /** Whether something inside has taken some. */
  taken: boolean;
  readonly above: CommentLine[];
}

/** The comments of a file, by its text and tokens. */
export function readComments(text: string, { tokens, docs, comments }: Lexed): Comments {
  const { all, breaksBefore } = arrange(
    text,
    tokens,
    [...docs, ...comments].sort((a, b) => a.startOffset - b.startOffset),
  );
  let at = 0;
  let frame: Frame = { taken: true, above: [] };
  const until = (offset: number): readonly Comment[] => {
    const first = at;
    while (at < all.length && (all[at] as Comment).start < offset) at += 1;
    return all.slice(first, at);
  };
  const take = (end: number, anchor = end): Taken => {
    const found = until(end);
    const [first] = found;
    if (first === undefined) return nothing;
    frame.taken = true;
    return first.ownLine
      ? { trailing: undefined, lines: found.map(c => lineOf(c, anchor)) }
      : { trailing: first.text, lines: found.slice(1).map(c => lineOf(c, anchor)) };
  };
  const pass = (offset: number): void => {
    if (!frame.taken) frame.above.push(...until(offset).map(c => ({ ...lineOf(c, nowhere), blank: false })));
  };
  return {
    before: thing => take(thing.start),
    between: thing => take(thing.start, nowhere),
    beforeCloser: last => take(closerBehind(tokens, last.end)),
    beforeEnd: thing => take(thing.end - 1),
    rest: () => take(Number.POSITIVE_INFINITY),
    pass: (thing, side) => pass(thing[side]),
    within: (thing, build) => {
      const outer = frame;
      frame = { taken: false, above: [] };
      const made = build();
      pass(thing.end);
      const { taken, above } = frame;
      outer.taken ||= taken || above.length > 0;
      frame = outer;
      return { made, above };
    },
    blankBefore: thing => (breaksBefore.get(thing.start) ?? 0) > 1,
    breaksBetween: (first, second) => second.line > first.endLine,
    onOneLine: thing => thing.line === thing.endLine,
    inParens: (thing, firstPart) => thing.start < firstPart.start,
  };
}

/** No token starts there. */
const nowhere = -1;

/** A doc comment says nothing away from its place; there it would say it of something else. */
function lineOf(c: Comment, anchor: number): CommentLine {
  const moved = c.isDoc && !(c.ownLine && c.next === anchor);
  return { text: moved ? c.text.replace(/^\/{3,}/, '//') : c.text, blank: c.breaks > 1 };
}

function arrange(
  text: string,
  tokens: readonly IToken[],
  found: readonly IToken[],
): { readonly all: readonly Comment[]; readonly breaksBefore: ReadonlyMap<number, number> } {
  const all: Comment[] = [];
  const breaksBefore = new Map<number, number>();
  let [i, end] = [0, 0];
  const gap = (t: IToken): number => {
    const breaks = text.slice(end, t.startOffset).match(/\r\n|\n|\r/g)?.length ?? 0;
    breaksBefore.set(t.startOffset, breaks);
    end = (t.endOffset ?? t.startOffset) + 1;
    return breaks;
  };
  for (const c of found) {
    for (; i < tokens.length && (tokens[i] as IToken).startOffset < c.startOffset; i++) {
      gap(tokens[i] as IToken);
    }
    const first = end === 0;
    const breaks = gap(c);
    all.push({
      text: c.image.trimEnd(),
      start: c.startOffset,
      breaks,
      ownLine: first || breaks > 0,
      isDoc: c.tokenType === DocComment,
      next: tokens[i]?.startOffset ?? Number.POSITIVE_INFINITY,
    });
  }
  for (; i < tokens.length; i++) gap(tokens[i] as IToken);
  return { all, breaksBefore };
}

/** Where the first token behind this place starts that is no comma. */
function closerBehind(tokens: readonly IToken[], offset: number): number {
  let [low, high] = [0, tokens.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((tokens[middle] as IToken).startOffset < offset) low = middle + 1;
    else high = middle;
  }
  if (tokens[low]?.tokenType === Comma) low += 1;
  return tokens[low]?.startOffset ?? offset;
}
