// How deep a tree is. Whoever walks it later recurses, so depth is bounded once, here, without recursion.

import type { Span } from '../../base/span.ts';

/** Deepest path of nodes in a file's tree. */
export const maxTreeDepth = 500;

/** The span of a node that lies deeper than the limit. */
export function tooDeep(root: { readonly span: Span }): Span | undefined {
  const stack: { readonly node: object; readonly depth: number; readonly span: Span }[] = [
    { node: root, depth: 0, span: root.span },
  ];
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const own = (top.node as { readonly span?: Span }).span ?? top.span;
    if (top.depth > maxTreeDepth) return own;
    const depth = Array.isArray(top.node) ? top.depth : top.depth + 1;
    for (const [key, value] of Object.entries(top.node)) {
      if (key !== 'span' && typeof value === 'object' && value !== null) {
        stack.push({ node: value as object, depth, span: own });
      }
    }
  }
  return undefined;
}
