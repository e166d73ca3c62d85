// Migrations from the concrete tree.

import type { CstNode } from 'chevrotain';
import type { Migration, Move } from './ast.ts';
import { type Context, child, docOf, node, nodes, optional, spanOf, token } from './cst.ts';
import { tokenSpan } from './lex.ts';
import { checkEquals, toExpr, toText } from './to-expr.ts';
import { toPattern, toPatterns } from './to-pattern.ts';

export function toMigration(ctx: Context, n: CstNode): Migration {
  const from = token(n, 'String');
  return {
    kind: 'migrate',
    doc: docOf(ctx, n),
    from: { text: toText(ctx, from), span: tokenSpan(ctx.file, from) },
    moves: toMoves(ctx, n),
    span: spanOf(ctx, n),
  };
}

const toMoves = (ctx: Context, n: CstNode): readonly Move[] =>
  nodes(node(n, 'moves'), 'move').map(m => toMove(ctx, child(m)));

function toMove(ctx: Context, n: CstNode): Move {
  const span = spanOf(ctx, n);
  switch (n.name) {
    case 'give':
      checkEquals(ctx, n, 'a new weight');
      return {
        kind: 'give',
        path: toPattern(ctx, node(n, 'pattern')),
        value: toExpr(ctx, node(n, 'expr')),
        span,
      };
    case 'eachLayer': {
      const from = optional(n, 'pattern', 1);
      if (from !== undefined) checkEquals(ctx, n, '`each`');
      return {
        kind: 'each',
        layers: toPattern(ctx, node(n, 'pattern')),
        from: from && toPattern(ctx, from),
        moves: toMoves(ctx, n),
        span,
      };
    }
    case 'drop':
    case 'fresh':
      return { kind: n.name, patterns: toPatterns(ctx, n), span };
    default:
      throw new Error(`no move: ${n.name}`);
  }
}
