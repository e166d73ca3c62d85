// Keywords misspelled or borrowed from other languages: where a word stands that can only be one, it is read as
// the keyword that was meant, after a complaint, so that one letter doesn't hide a whole member.

import type { IToken, TokenType } from 'chevrotain';
import type { Diagnostic } from '../../base/diagnostic.ts';
import { editDistance } from '../../base/nearest-name.ts';
import { syntaxDiagnostic } from './diagnostics.ts';
import { mark, retype, tokenSpan } from './lex.ts';
import * as t from './tokens.ts';

export type ElementKind = 'item' | 'member' | 'statement' | 'clause' | 'move';

/** What starts an element of each kind. */
export const keywordsOf: Readonly<Record<ElementKind, readonly TokenType[]>> = {
  item: t.itemKeywords,
  member: t.memberKeywords,
  statement: t.statementKeywords,
  clause: t.clauseKeywords,
  move: t.moveKeywords,
};

/** What other languages call it. */
const borrowed: Readonly<Record<ElementKind, Readonly<Record<string, TokenType>>>> = {
  item: {
    class: t.Model,
    network: t.Model,
    def: t.Block,
    fn: t.Block,
    func: t.Block,
    function: t.Block,
    import: t.Use,
  },
  member: {
    def: t.Block,
    fn: t.Block,
    func: t.Block,
    function: t.Block,
    input: t.Modality,
    layer: t.Part,
    module: t.Part,
    loss: t.Objective,
    output: t.Export,
    phase: t.Stage,
  },
  statement: { const: t.Let, var: t.Let, val: t.Let, assert: t.Require },
  clause: { loss: t.Minimize, unfreeze: t.Train, eval: t.Measure, evaluate: t.Measure, iterations: t.Steps },
  move: { for: t.Each, delete: t.Drop, remove: t.Drop, ignore: t.Drop, init: t.Fresh },
};

/** The keyword that `first` was meant to be, where what follows allows it to be one. */
export function meantKeyword(
  kind: ElementKind,
  first: IToken,
  second: IToken,
  third: IToken,
): TokenType | undefined {
  if (first.tokenType !== t.Word) return undefined;
  if (mark(second).startsLine || !mayFollow(second, third)) return undefined;
  const known = keywordsOf[kind].map(t.keywordText);
  return borrowedAs(kind, first.image) ?? t.keywords.get(nearest(first.image, known) ?? '');
}

function borrowedAs(kind: ElementKind, word: string): TokenType | undefined {
  return Object.hasOwn(borrowed[kind], word) ? borrowed[kind][word] : undefined;
}

/** Reads `first` as the keyword that it was meant to be, in place, and says so. */
export function mendKeyword(
  kind: ElementKind,
  file: string,
  first: IToken,
  second: IToken,
  third: IToken,
): Diagnostic | undefined {
  const meant = meantKeyword(kind, first, second, third);
  if (meant === undefined) return undefined;
  retype(first, meant);
  const keyword = t.keywordText(meant);
  const span = tokenSpan(file, first);
  return borrowedAs(kind, first.image) === undefined
    ? syntaxDiagnostic('unknown-keyword', { found: first.image, meant: keyword }, { span })
    : syntaxDiagnostic('borrowed-keyword', { found: first.image, ours: keyword }, { span });
}

/** A keyword is followed by a name or a value; a plain name at the start of a statement is not. */
function mayFollow(second: IToken, third: IToken): boolean {
  const type = second.tokenType;
  if (type === t.Word || (type.CATEGORIES ?? []).includes(t.Name)) {
    return (
      second.image !== 'as' && second.image !== 'and' && second.image !== 'or' && second.image !== 'when'
    );
  }
  if (type === t.LBrace) return third.tokenType !== t.RBrace;
  return type === t.NumberToken || type === t.StringToken || type === t.DoubleStar;
}

/** The known word nearest to this one: one slip in a short word, two in a longer one. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  const bound = word.length <= 4 ? 1 : 2;
  let best: string | undefined;
  let least = bound + 1;
  for (const candidate of known) {
    if (Math.abs(candidate.length - word.length) > bound) continue;
    const d = editDistance(word.toLowerCase(), candidate);
    if (d < least) {
      least = d;
      best = candidate;
    }
  }
  return best;
}
