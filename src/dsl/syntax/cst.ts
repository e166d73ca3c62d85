// Reading chevrotain's concrete tree: children by rule or token name, spans, doc comments. A node is in the tree
// only when its rule was read to the end, so what the grammar demands is there.

import type { CstNode, IToken } from 'chevrotain';
import type { Diagnostic } from '../../base/diagnostic.ts';
import type { Span } from '../../base/span.ts';
import type { Name } from './ast.ts';
import { tokenSpan } from './lex.ts';

/** What every converter needs. */
export interface Context {
  readonly file: string;
  readonly report: (d: Diagnostic) => void;
  /** Doc comments by the offset of the token that they stand before. */
  readonly docs: ReadonlyMap<number, string>;
}

export function nodes(parent: CstNode, rule: string): readonly CstNode[] {
  return (parent.children[rule] ?? []) as CstNode[];
}

export function optional(parent: CstNode, rule: string, i = 0): CstNode | undefined {
  return nodes(parent, rule)[i];
}

export function node(parent: CstNode, rule: string, i = 0): CstNode {
  const found = optional(parent, rule, i);
  if (found === undefined) throw new Error(`${parent.name} lacks its ${rule}`);
  return found;
}

export function tokens(parent: CstNode, type: string): readonly IToken[] {
  return (parent.children[type] ?? []) as IToken[];
}

export function token(parent: CstNode, type: string, i = 0): IToken {
  const found = tokens(parent, type)[i];
  if (found === undefined) throw new Error(`${parent.name} lacks its ${type}`);
  return found;
}

/** The only child: what an item, a member, a statement or a clause is. */
export function child(parent: CstNode): CstNode {
  for (const list of Object.values(parent.children)) {
    const first = list[0];
    if (first !== undefined && 'children' in first) return first;
  }
  throw new Error(`${parent.name} is empty`);
}

export function spanOf(ctx: Context, n: CstNode): Span {
  const at = n.location;
  return {
    file: ctx.file,
    start: at?.startOffset ?? 0,
    end: (at?.endOffset ?? 0) + 1,
    line: at?.startLine ?? 1,
    column: at?.startColumn ?? 1,
    endLine: at?.endLine ?? 1,
    endColumn: (at?.endColumn ?? 0) + 1,
  };
}

export function nameOf(ctx: Context, t: IToken): Name {
  return { text: t.image, span: tokenSpan(ctx.file, t) };
}

export function docOf(ctx: Context, n: CstNode): string | undefined {
  return ctx.docs.get(n.location?.startOffset ?? -1);
}

/** Doc comments that start their line, joined and keyed by the token that follows them. */
export function attachDocs(docs: readonly IToken[], all: readonly IToken[]): Map<number, string> {
  const out = new Map<number, string>();
  let at = 0;
  for (const doc of docs) {
    while (at < all.length && (all[at] as IToken).startOffset < doc.startOffset) at += 1;
    const next = all[at];
    if (next === undefined || all[at - 1]?.endLine === doc.startLine) continue;
    const line = doc.image.replace(/^\/\/\/ ?/, '').trimEnd();
    const before = out.get(next.startOffset);
    out.set(next.startOffset, before === undefined ? line : `${before}\n${line}`);
  }
  return out;
}
