// Where reading goes on after an error: at the next thing that looks like the start of an item, member,
// statement or clause. Keywords may be names, so the sign is a keyword with what must follow it.

import type { IToken, TokenType } from 'chevrotain';
import { mark } from './lex.ts';
import { type ElementKind, meantKeyword } from './mend.ts';
import * as t from './tokens.ts';

export function endsList(type: TokenType): boolean {
  return type === t.Comma || type === t.RBracket || type === t.RParen;
}

const isName = (token: IToken | undefined): boolean =>
  token !== undefined && (token.tokenType === t.Word || (token.tokenType.CATEGORIES ?? []).includes(t.Name));

/** What may stand behind the name that a keyword declares. */
const afterName: ReadonlyMap<TokenType, readonly TokenType[]> = new Map([
  [t.Model, [t.LBrace, t.LParen, t.Version]],
  [t.Variant, [t.Equals]],
  [t.Modality, [t.Colon]],
  [t.Space, [t.LParen]],
  [t.Vocabulary, [t.LParen]],
  [t.Labels, [t.LParen, t.LBrace]],
  [t.Part, [t.Equals]],
  [t.ParamWord, [t.Colon]],
  [t.Block, [t.LParen]],
  [t.Encoder, [t.LParen]],
  [t.Objective, [t.LParen]],
  [t.Export, [t.LParen]],
  [t.Align, [t.Colon]],
  [t.Stage, [t.LBrace, t.From]],
  [t.Let, [t.Equals, t.Comma]],
]);

const notAfterKeyword: readonly TokenType[] = [
  t.Equals,
  t.Colon,
  t.Comma,
  t.Dot,
  t.RParen,
  t.RBracket,
  t.RBrace,
  t.LParen,
];

/** Whether an element of this kind starts at `i`; at the start of a line less proof is asked. */
export function starts(kind: ElementKind, tokens: readonly IToken[], i: number, trusting: boolean): boolean {
  const [a, b, c] = [tokens[i], tokens[i + 1], tokens[i + 2]];
  if (a === undefined || b === undefined) return false;
  const type = a.tokenType;
  if (trusting && c !== undefined && meantKeyword(kind, a, b, c) !== undefined) return true;
  if (kind === 'item' && type === t.Use) return b.tokenType === t.StringToken;
  if (kind === 'item' || kind === 'member') {
    const known = kind === 'item' ? t.itemKeywords : t.memberKeywords;
    return known.includes(type) && isName(b) && (trusting || follows(type, c));
  }
  if (kind === 'clause') {
    if (!t.clauseKeywords.includes(type)) return false;
    if (trusting) return !notAfterKeyword.includes(b.tokenType);
    return isName(b) || b.tokenType === t.NumberToken || b.tokenType === t.DoubleStar;
  }
  if (type === t.Let || type === t.ParamWord || type === t.Part)
    return isName(b) && (trusting || follows(type, c));
  if (!trusting) return false;
  if (t.statementKeywords.includes(type))
    return !notAfterKeyword.includes(b.tokenType) || b.tokenType === t.LParen;
  return isName(a) && b.tokenType === t.Equals;
}

const follows = (keyword: TokenType, next: IToken | undefined): boolean =>
  next !== undefined && (afterName.get(keyword) ?? []).includes(next.tokenType);

/** Whether at `i` something starts that belongs to an outer list: the sign of a forgotten `}`. */
export function isForeign(kind: ElementKind, tokens: readonly IToken[], i: number): boolean {
  const token = tokens[i];
  if (token === undefined || !mark(token).startsLine) return false;
  const item = token.tokenType !== t.Block && starts('item', tokens, i, false);
  if (kind === 'member') return item;
  if (kind === 'item') return false;
  const shared = token.tokenType === t.Part || token.tokenType === t.ParamWord;
  return item || (!(shared && kind === 'statement') && starts('member', tokens, i, false));
}

/** What the `{` at `i` seems to hold, where it isn't a record or a list of names. */
export function looksLikeBody(
  tokens: readonly IToken[],
  i: number,
): Exclude<ElementKind, 'item'> | undefined {
  if (tokens[i]?.tokenType !== t.LBrace) return undefined;
  const first = tokens[i + 1]?.tokenType;
  const shared = first === t.Part || first === t.ParamWord;
  if (!shared && starts('member', tokens, i + 1, false)) return 'member';
  if (starts('clause', tokens, i + 1, true)) return 'clause';
  return starts('statement', tokens, i + 1, true) ? 'statement' : undefined;
}

/** The token where reading goes on, after an element begun at `start` failed at `at`; always past `start`. */
export function syncPoint(kind: ElementKind, tokens: readonly IToken[], start: number, at: number): number {
  let depth = 0;
  for (let i = start; i < at; i++) {
    const type = tokens[i]?.tokenType;
    if (type === t.LBrace) depth += 1;
    else if (type === t.RBrace) depth = Math.max(0, depth - 1);
  }
  for (let i = Math.max(at, start + 1); i < tokens.length; i++) {
    const token = tokens[i] as IToken;
    const before = tokens[i - 1] as IToken;
    const trusting = mark(token).startsLine || before.tokenType === t.RBrace;
    if (before.tokenType !== t.Dot && before.tokenType !== t.Comma && starts(kind, tokens, i, trusting))
      return i;
    if (isForeign(kind, tokens, i)) return i;
    if (token.tokenType === t.LBrace) {
      if (depth === 0 && looksLikeBody(tokens, i) !== undefined) return i;
      depth += 1;
    } else if (token.tokenType === t.RBrace) {
      if (depth === 0 && kind !== 'item') return i;
      depth = Math.max(0, depth - 1);
    }
  }
  return tokens.length;
}
