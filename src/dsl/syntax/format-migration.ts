// Migrations: a move a line.

import type { Migration, Move } from './ast.ts';
import type { Comments } from './comments.ts';
import { type Doc, group } from './doc.ts';
import { exprDoc, quoted } from './format-expr.ts';
import { patternsDoc } from './format-pattern.ts';
import { braces, rowsOf } from './layout.ts';

export const migrationDoc = (c: Comments, m: Migration): Doc => [
  `migrate from ${quoted(m.from.text)} `,
  movesDoc(c, m),
];

function movesDoc(c: Comments, { moves, span }: Pick<Migration, 'moves' | 'span'>): Doc {
  const rows = moves.map(m => ({ span: m.span, print: () => moveDoc(c, m) }));
  return braces(rowsOf(c, rows, () => c.beforeEnd(span)));
}

function moveDoc(c: Comments, m: Move): Doc {
  switch (m.kind) {
    case 'give':
      return group([`${m.path.text} = `, exprDoc(c, m.value)]);
    case 'each': {
      const from = m.from === undefined ? '' : ` = ${m.from.text}`;
      return [`each ${m.layers.text}${from} `, movesDoc(c, m)];
    }
    case 'drop':
    case 'fresh':
      return [`${m.kind} `, patternsDoc(c, m.patterns)];
  }
}
