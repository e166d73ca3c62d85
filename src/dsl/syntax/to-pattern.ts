// Patterns of weights from the concrete tree.

import type { CstNode, IToken } from 'chevrotain';
import type { WeightPattern } from './ast.ts';
import { type Context, node, nodes, spanOf } from './cst.ts';

export function toPatterns(ctx: Context, n: CstNode): readonly WeightPattern[] {
  return nodes(node(n, 'patterns'), 'pattern').map(p => toPattern(ctx, p));
}

export function toPattern(ctx: Context, n: CstNode): WeightPattern {
  const text = leaves(n)
    .sort((a, b) => a.startOffset - b.startOffset)
    .map(t => t.image)
    .join('');
  return { text, span: spanOf(ctx, n) };
}

function leaves(n: CstNode): IToken[] {
  return Object.values(n.children).flatMap(list => list.flatMap(c => ('children' in c ? leaves(c) : [c])));
}
