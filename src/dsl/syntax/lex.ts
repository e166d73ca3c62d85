// Text to tokens: words get their keyword's type, every token a mark (does it start its line, which bracket is
// it in, which one closes it), and what no grammar should ever see is refused here: files too large or too
// deeply nested, binary data, stray characters, semicolons, comments of other languages.

import type { ILexingError, IToken } from 'chevrotain';
import type { Diagnostic, Result } from '../../base/diagnostic.ts';
import type { Span } from '../../base/span.ts';
import { syntaxDiagnostic } from './diagnostics.ts';
import * as t from './tokens.ts';

/** A spec has some hundred lines; past these bounds it is another file given by mistake. */
export const maxSourceLength = 1 << 20;
export const maxTokens = 200_000;
export const maxNesting = 100;

/** What the grammar asks about a token beyond its type. */
export interface Mark {
  readonly index: number;
  readonly startsLine: boolean;
  /** The innermost bracket around it, by token index; -1 outside of all. */
  readonly opener: number;
  /** How many brackets are open around it. */
  readonly depth: number;
  /** For a bracket that opens: the index of the one that closes it, or -1. */
  partner: number;
}

export interface Lexed {
  readonly tokens: IToken[];
  readonly docs: readonly IToken[];
  readonly comments: readonly IToken[];
}

const outside: Mark = { index: -1, startsLine: true, opener: -1, depth: 0, partner: -1 };

/** The mark that `lex` put on a token; the end of the file has one of its own. */
export function mark(token: IToken): Mark {
  return (token.payload as Mark | undefined) ?? outside;
}

export function tokenSpan(file: string, first: IToken, last: IToken = first): Span {
  return {
    file,
    start: first.startOffset,
    end: (last.endOffset ?? last.startOffset) + 1,
    line: first.startLine ?? 1,
    column: first.startColumn ?? 1,
    endLine: last.endLine ?? 1,
    endColumn: (last.endColumn ?? 1) + 1,
  };
}

/** The tokens of a file, or why it can't be read as one. */
export function lex(text: string, file: string): Result<Lexed> {
  const start: Span = { file, start: 0, end: 0, line: 1, column: 1, endLine: 1, endColumn: 1 };
  const refuse = (d: Diagnostic): Result<Lexed> => ({ value: undefined, diagnostics: [d] });
  if (text.length > maxSourceLength) {
    const size = `${Math.ceil(text.length / (1 << 20))} MB`;
    return refuse(
      syntaxDiagnostic('file-too-large', { what: `it has ${size}; the limit is 1 MB` }, { span: start }),
    );
  }
  if (/\0|\uFFFD{3}/.test(text)) return refuse(syntaxDiagnostic('not-text', {}, { span: start }));

  const lexed = t.mmLexer().tokenize(text);
  const tokens = lexed.tokens;
  if (tokens.length > maxTokens) {
    const what = `it has ${tokens.length} words and signs; the limit is ${maxTokens}`;
    return refuse(syntaxDiagnostic('file-too-large', { what }, { span: start }));
  }
  const deep = annotate(tokens);
  if (deep !== undefined) {
    return refuse(
      syntaxDiagnostic('nested-too-deep', { limit: maxNesting }, { span: tokenSpan(file, deep) }),
    );
  }
  return {
    value: { tokens, docs: lexed.groups.docs ?? [], comments: lexed.groups.comments ?? [] },
    diagnostics: [
      ...characters(text, file, lexed.errors),
      ...slips(file, lexed.groups.slips ?? []),
      ...tokenSlips(file, tokens),
    ],
  };
}

/** Gives words their keyword's type and all tokens their marks; a token past the nesting limit comes back. */
function annotate(tokens: readonly IToken[]): IToken | undefined {
  const open: number[] = [];
  let line = 0;
  for (const [index, token] of tokens.entries()) {
    if (token.tokenType === t.Word) {
      const type = t.keywords.get(token.image);
      if (type !== undefined) retype(token, type);
    }
    if (isCloser(token)) close(tokens, open, token, index);
    const place: Mark = {
      index,
      startsLine: token.startLine !== line,
      opener: open.at(-1) ?? -1,
      depth: open.length,
      partner: -1,
    };
    token.payload = place;
    line = token.startLine ?? line;
    if (isOpener(token)) {
      open.push(index);
      if (open.length > maxNesting) return token;
    }
  }
  return undefined;
}

/** Gives a token another type, as a keyword or after a misspelling was recognised. */
export function retype(token: IToken, type: IToken['tokenType']): void {
  token.tokenType = type;
  token.tokenTypeIdx = type.tokenTypeIdx as number;
}

const isOpener = (x: IToken): boolean =>
  x.tokenType === t.LParen || x.tokenType === t.LBracket || x.tokenType === t.LBrace;
const isCloser = (x: IToken): boolean =>
  x.tokenType === t.RParen || x.tokenType === t.RBracket || x.tokenType === t.RBrace;

const opens = (closer: IToken): IToken['tokenType'] =>
  closer.tokenType === t.RParen ? t.LParen : closer.tokenType === t.RBracket ? t.LBracket : t.LBrace;

/** Closes the nearest bracket of its kind; a `}` closes parentheses left open inside, never the reverse. */
function close(tokens: readonly IToken[], open: number[], closer: IToken, index: number): void {
  const wanted = opens(closer);
  for (let i = open.length - 1; i >= 0; i--) {
    const opener = tokens[open[i] as number] as IToken;
    if (opener.tokenType === wanted) {
      mark(opener).partner = index;
      open.length = i;
      return;
    }
    if (opener.tokenType === t.LBrace) return;
  }
}

function characters(text: string, file: string, errors: readonly ILexingError[]): Diagnostic[] {
  return errors.map(e => {
    const first = text.slice(e.offset, e.offset + 2);
    const found = String.fromCodePoint(first.codePointAt(0) ?? 32);
    const span: Span = {
      file,
      start: e.offset,
      end: e.offset + e.length,
      line: e.line ?? 1,
      column: e.column ?? 1,
      endLine: e.line ?? 1,
      endColumn: (e.column ?? 1) + e.length,
    };
    return syntaxDiagnostic('unknown-character', { found }, { span });
  });
}

/** One complaint for each kind of slip, at its first place: they come in flocks. */
function slips(file: string, found: readonly IToken[]): Diagnostic[] {
  const kinds = [
    [t.Semicolon, 'semicolon'],
    [t.HashComment, 'hash-comment'],
    [t.BlockComment, 'block-comment'],
  ] as const;
  return kinds.flatMap(([type, code]) => {
    const all = found.filter(x => x.tokenType === type);
    const [first] = all;
    if (first === undefined) return [];
    const notes = all.length > 1 ? [`and ${all.length - 1} more in this file`] : [];
    return [syntaxDiagnostic(code, {}, { span: tokenSpan(file, first), notes })];
  });
}

function tokenSlips(file: string, tokens: readonly IToken[]): Diagnostic[] {
  const out: Diagnostic[] = [];
  for (const token of tokens) {
    const span = (): Span => tokenSpan(file, token);
    const type = token.tokenType;
    if (type === t.UnclosedString) out.push(syntaxDiagnostic('unclosed-string', {}, { span: span() }));
    else if (type === t.SingleQuoted) out.push(syntaxDiagnostic('single-quotes', {}, { span: span() }));
    else if (type === t.AndAnd) out.push(foreign('&&', 'and', span()));
    else if (type === t.OrOr) out.push(foreign('||', 'or', span()));
    else if (type === t.Bang) out.push(foreign('!', 'not', span()));
  }
  return out;
}

const foreign = (found: string, ours: string, span: Span): Diagnostic =>
  syntaxDiagnostic('foreign-operator', { found, ours }, { span });
