// Lists of patterns of weights, as many on a line as fit.

import type { WeightPattern } from './ast.ts';
import type { Comments } from './comments.ts';
import { type Doc, group, indent, line } from './doc.ts';
import { continued, goOn } from './layout.ts';

export function patternsDoc(c: Comments, patterns: readonly WeightPattern[]): Doc {
  const [first, ...more] = patterns as [WeightPattern, ...WeightPattern[]];
  const rest = more.map(p => [',', group(goOn(c, p.span, line, () => p.text))]);
  return [first.text, indent(continued, rest)];
}
