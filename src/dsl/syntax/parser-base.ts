// What all rules share: lists, braces that go on after errors, recovery, and the questions about the next tokens
// that decide where something ends. recovery.ts says where reading goes on.

import { CstParser, EOF, type IToken, isRecognitionException, type TokenType } from 'chevrotain';
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Span } from '../../base/span.ts';
import { expectations, syntaxDiagnostic } from './diagnostics.ts';
import { mark, tokenSpan } from './lex.ts';
import { type ElementKind, mendKeyword } from './mend.ts';
import { isForeign, looksLikeBody, syncPoint } from './recovery.ts';
import * as t from './tokens.ts';

/** Past this many errors the rest of a file isn't read: it is no `.mm` file. */
const tooManyErrors = 100;

export abstract class ParserBase extends CstParser {
  private tokens: IToken[] = [];
  private source = '';
  /** Errors with a meaning of their own, found while reading. */
  readonly found: Diagnostic[] = [];
  /** The bracket depth at which `as` belongs to `repeat` and not to the expression; -1 for none. */
  protected asBelongsOutside = -1;

  constructor() {
    super(t.vocabulary, {
      maxLookahead: 2,
      skipValidations: true,
      nodeLocationTracking: 'full',
      errorMessageProvider: expectations,
    });
  }

  /** Sets the tokens to be read. */
  begin(tokens: IToken[], file: string): void {
    this.tokens = tokens;
    this.source = file;
    this.found.length = 0;
    this.asBelongsOutside = -1;
    this.input = tokens;
  }

  /** Reads what stands in the braces of something whose head was wrong, for its errors alone. */
  protected abstract skim(kind: Exclude<ElementKind, 'item'>): void;

  protected next(k: number): TokenType {
    return this.LA(k).tokenType;
  }

  protected isName(k: number): boolean {
    return isNameType(this.next(k));
  }

  /** Comma-separated, a trailing comma allowed; `element` is called at one place, as chevrotain wants. */
  protected commaList(close: TokenType, element: () => void): void {
    let more = true;
    this.MANY({
      GATE: () => more && this.next(1) !== close && this.next(1) !== EOF,
      DEF: () => {
        element();
        more = false;
        this.OPTION9(() => {
          this.CONSUME9(t.Comma);
          more = true;
        });
      },
    });
  }

  /** `{ element* }`: goes on after errors, and closes itself where its `}` was forgotten. */
  protected braces(kind: ElementKind, element: () => void): void {
    const open = this.LA(1);
    if (!this.RECORDING_PHASE && open.tokenType === t.Colon && mark(this.LA(2)).startsLine) {
      this.colonBlock(open);
      return;
    }
    this.CONSUME(t.LBrace);
    this.each(kind, element);
    if (this.RECORDING_PHASE || this.next(1) === t.RBrace) {
      this.CONSUME(t.RBrace);
      return;
    }
    const related = [{ span: tokenSpan(this.source, open), message: 'opened here' }];
    this.found.push(
      syntaxDiagnostic(
        'missing-brace',
        { what: kind, found: this.LA(1).image },
        { span: this.here(), related },
      ),
    );
  }

  /** A body in the manner of Python: reported, and skipped by its indentation. */
  private colonBlock(colon: IToken): void {
    let first = mark(colon).index;
    while (first > 0 && !mark(this.tokens[first] as IToken).startsLine) first -= 1;
    const indent = this.tokens[first]?.startColumn ?? 1;
    this.found.push(syntaxDiagnostic('colon-block', {}, { span: tokenSpan(this.source, colon) }));
    do this.SKIP_TOKEN();
    while (this.next(1) !== EOF && !(mark(this.LA(1)).startsLine && (this.LA(1).startColumn ?? 1) <= indent));
  }

  /** Elements up to the end of their list; one that can't be read is dropped and reading goes on behind it. */
  protected each(kind: ElementKind, element: () => void): void {
    if (this.RECORDING_PHASE) {
      this.MANY(element);
      return;
    }
    while (this.next(1) !== EOF && !this.closes(kind)) {
      const start = mark(this.LA(1)).index;
      try {
        element();
      } catch (e) {
        if (!(e instanceof Error) || !isRecognitionException(e)) throw e;
        this.asBelongsOutside = -1;
        this.recover(kind, start);
      }
    }
  }

  private closes(kind: ElementKind): boolean {
    if (kind === 'item') return false;
    return this.next(1) === t.RBrace || isForeign(kind, this.tokens, mark(this.LA(1)).index);
  }

  /** Skips to where the next element can start; a body whose head was wrong is still read for its errors. */
  private recover(kind: ElementKind, start: number): void {
    const at = this.next(1) === EOF ? this.tokens.length : mark(this.LA(1)).index;
    const target =
      this.errors.length > tooManyErrors ? this.tokens.length : syncPoint(kind, this.tokens, start, at);
    for (let i = at; i < target; i++) this.SKIP_TOKEN();
    const head = this.tokens[start];
    const inner = looksLikeBody(this.tokens, target);
    if (head === undefined || inner === undefined) return;
    this.skim(inner);
  }

  protected mend(kind: ElementKind): void {
    this.ACTION(() => {
      const complaint = mendKeyword(kind, this.source, this.LA(1), this.LA(2), this.LA(3));
      if (complaint !== undefined) this.found.push(complaint);
    });
  }

  /** Behind the last token where the next one stands on a later line, else at the next one. */
  private here(): Span {
    const next = this.LA(1);
    const last = this.LA(0);
    if (next.tokenType !== EOF && !mark(next).startsLine) return tokenSpan(this.source, next);
    const end = tokenSpan(this.source, last);
    return { ...end, start: end.end, line: end.endLine, column: end.endColumn };
  }

  /** Whether the next token follows the last without a space. */
  protected touches(): boolean {
    return this.LA(1).startOffset === (this.LA(0).endOffset ?? -2) + 1;
  }

  protected startsLambda(): boolean {
    if (this.next(1) !== t.LParen) return this.next(2) === t.FatArrow;
    const partner = mark(this.LA(1)).partner;
    return partner >= 0 && this.tokens[partner + 1]?.tokenType === t.FatArrow;
  }

  protected goesOn(): boolean {
    const token = this.LA(1);
    if (token.tokenType === t.Minus && mark(token).startsLine) {
      const opener = this.tokens[mark(token).opener]?.tokenType;
      return opener === t.LParen || opener === t.LBracket;
    }
    return !(isNameType(token.tokenType) && this.next(2) === t.Equals);
  }

  protected isPostfix(): boolean {
    const token = this.LA(1);
    if (token.tokenType === t.LParen || token.tokenType === t.LBracket) return !mark(token).startsLine;
    if (token.tokenType === t.As) return this.isName(2) && mark(token).depth !== this.asBelongsOutside;
    // `batch 64 with picture: […]` is a clause's, `text with { ids }` an expression.
    if (token.tokenType === t.With) return this.next(2) === t.LBrace;
    return true;
  }
}

function isNameType(type: TokenType): boolean {
  return type === t.Word || (type.CATEGORIES ?? []).includes(t.Name);
}
