// Where reading goes on after an error: at the next thing that looks like the start of an item, member,
// statement or clause. Keywords may be names, so the sign is a keyword with what must follow it.

import type { IToken, TokenType } from 'chevrotain';
import { mark } from './lex.ts';
import { type ElementKind, keywordsOf, meantKeyword } from './mend.ts';
import * as t from './tokens.ts';

export function endsList(type: TokenType): boolean {
  return type === t.Comma || type === t.RBracket || type === t.RParen;
}

const isName = (token: IToken | undefined): boolean =>
  token !== undefined && (token.tokenType === t.Word || (token.tokenType.CATEGORIES ?? []).includes(t.Name));

/** What may stand behind the name that a keyword declares. */
const afterName: ReadonlyMap<TokenType, readonly TokenType[]> = new Map([
  [t.Model, [t.LBrace, t.LParen, t.Extends, t.Version]],
  [t.Variant, [t.Equals]],
  [t.Modality, [t.Colon, t.Equals]],
  [t.Space, [t.LParen, t.Equals]],
  [t.Vocabulary, [t.LParen, t.Equals]],
  [t.Labels, [t.LParen, t.LBrace, t.Equals]],
  [t.Part, [t.Equals, t.Renamed]],
  [t.ParamWord, [t.Colon, t.Renamed]],
  [t.Block, [t.LParen, t.Renamed]],
  [t.Encoder, [t.LParen, t.Renamed]],
  [t.Head, [t.LParen, t.Colon, t.Renamed]],
  [t.Objective, [t.LParen, t.Renamed]],
  [t.Export, [t.LParen, t.Renamed]],
  [t.Align, [t.Colon, t.Renamed]],
  [t.Adapt, [t.By, t.Dot]],
  [t.Stage, [t.LBrace, t.From]],
  [t.State, [t.Colon, t.Renamed]],
  [t.Update, [t.Equals]],
  [t.Let, [t.Equals, t.Comma]],
  [t.Scan, [t.In, t.Comma]],
  [t.Collect, [t.Equals]],
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

/** How much must speak for a start: at the start of a line less than within one, least outside of brackets. */
export type Proof = 'keyword' | 'name' | 'form';

/** Whether an element of this kind seems to start at `i`. */
export function starts(kind: ElementKind, tokens: readonly IToken[], i: number, proof: Proof): boolean {
  const [a, b, c] = [tokens[i], tokens[i + 1], tokens[i + 2]];
  if (a === undefined || b === undefined) return false;
  const type = a.tokenType;
  if (proof !== 'form' && c !== undefined && meantKeyword(kind, a, b, c) !== undefined) return true;
  if (kind === 'statement' && proof !== 'form' && isName(a) && b.tokenType === t.Equals) return true;
  if (kind === 'move' && proof !== 'form' && isName(a) && [t.Dot, t.Equals].includes(b.tokenType))
    return true;
  if (!keywordsOf[kind].includes(type)) return false;
  if (proof === 'keyword') return kind !== 'clause' || b.tokenType !== t.Dot;
  if (type === t.Use) return b.tokenType === t.StringToken;
  if (type === t.Migrate) return b.tokenType === t.From;
  if (afterName.has(type)) {
    const next = c?.tokenType;
    return (
      isName(b) && (proof === 'name' || (next !== undefined && (afterName.get(type) ?? []).includes(next)))
    );
  }
  if (proof === 'name')
    return !notAfterKeyword.includes(b.tokenType) || (kind === 'statement' && b.tokenType === t.LParen);
  return (
    (kind === 'clause' || kind === 'move') &&
    (isName(b) || b.tokenType === t.NumberToken || b.tokenType === t.DoubleStar)
  );
}

/** Words that may stand behind a value. */
const infix: readonly TokenType[] = [
  t.As,
  t.When,
  t.And,
  t.Or,
  t.Else,
  t.By,
  t.On,
  t.Every,
  t.Batch,
  t.Passes,
  t.At,
  t.With,
];

/** Whether a name that starts a line begins something new, so that it can't be a value of what came before. */
export function beginsAnew(token: IToken, next: IToken): boolean {
  if (!mark(token).startsLine || mark(next).startsLine) return false;
  const keyword = elementKeywords.has(token.tokenType);
  return keyword && isName(next) && !infix.includes(next.tokenType);
}

const elementKeywords: ReadonlySet<TokenType> = new Set(Object.values(keywordsOf).flat());

/** What may stand in a model and in a body. */
const inBoth: readonly TokenType[] = [t.Part, t.ParamWord, t.State];

/** What may stand in a file and in a model. */
const inBothLists: readonly TokenType[] = [t.Block, t.Migrate];

/** Whether at `i` something starts that belongs to an outer list: the sign of a forgotten `}`. */
export function isForeign(kind: ElementKind, tokens: readonly IToken[], i: number): boolean {
  const token = tokens[i];
  if (token === undefined || !mark(token).startsLine) return false;
  const item = !inBothLists.includes(token.tokenType) && starts('item', tokens, i, 'form');
  if (kind === 'member') return item;
  if (kind === 'item') return false;
  const shared = inBoth.includes(token.tokenType);
  return item || (!(shared && kind === 'statement') && starts('member', tokens, i, 'form'));
}

/** What the `{` at `i` seems to hold, where it isn't a record or a list of names. */
export function looksLikeBody(
  tokens: readonly IToken[],
  i: number,
): Exclude<ElementKind, 'item'> | undefined {
  if (tokens[i]?.tokenType !== t.LBrace) return undefined;
  const [first, second] = [tokens[i + 1]?.tokenType, tokens[i + 2]?.tokenType];
  const shared = first !== undefined && inBoth.includes(first);
  if (!shared && starts('member', tokens, i + 1, 'form')) return 'member';
  if (starts('clause', tokens, i + 1, 'name')) return 'clause';
  if (first !== undefined && t.moveKeywords.includes(first) && starts('move', tokens, i + 1, 'name'))
    return 'move';
  if (first === undefined || second === t.Colon || second === t.Comma) return undefined;
  if (second === t.RBrace && first !== t.Return) return undefined;
  if (t.statementKeywords.includes(first) || starts('statement', tokens, i + 1, 'name')) return 'statement';
  return t.clauseKeywords.includes(first) ? 'clause' : undefined;
}

/** The token where reading goes on, after an element begun at `start` failed at `at`; always past `start`. */
export function syncPoint(kind: ElementKind, tokens: readonly IToken[], start: number, at: number): number {
  const own = mark(tokens[start] as IToken).depth;
  let depth = 0;
  for (let i = start; i < at; i++) {
    const type = tokens[i]?.tokenType;
    if (type === t.LBrace) depth += 1;
    else if (type === t.RBrace) depth = Math.max(0, depth - 1);
  }
  for (let i = Math.max(at, start + 1); i < tokens.length; i++) {
    const token = tokens[i] as IToken;
    const before = (tokens[i - 1] as IToken).tokenType;
    const place = mark(token);
    const proof =
      !place.startsLine && before !== t.RBrace ? 'form' : place.depth === own ? 'keyword' : 'name';
    if (before !== t.Dot && before !== t.Comma && starts(kind, tokens, i, proof)) return i;
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
