// Which calls of parts stand in which, and which of them a picture opens.

import type { PartCall, Trace } from '../dsl/semantics/trace.ts';

export interface CallTree {
  readonly call: PartCall;
  readonly inner: readonly CallTree[];
  /** Whether an encoder is called in it. */
  readonly holdsEncoder: boolean;
  /** Whether a part in it owns weights. */
  readonly holdsWeights: boolean;
}

/** A trace's calls as trees, in their order. */
export function callTrees(trace: Trace, isEncoder: (call: PartCall) => boolean): readonly CallTree[] {
  const owners = new Set([...trace.weights.keys()].map(path => path.slice(0, path.lastIndexOf('.'))));
  const open: CallTree[] = [];
  for (const call of trace.calls) {
    let from = open.length;
    while (from > 0 && (open[from - 1]?.call.depth ?? 0) > call.depth) from -= 1;
    const inner = open.splice(from);
    open.push({
      call,
      inner,
      holdsEncoder: inner.some(t => t.holdsEncoder || isEncoder(t.call)),
      holdsWeights: inner.some(t => t.holdsWeights || owners.has(t.call.path)),
    });
  }
  return open;
}

/** The repeats between a body's path and a path in it: `a.layers.0` in `a` is `layers`. */
export function repeatsBetween(outer: string, inner: string): readonly string[] {
  const rest = outer === '' ? inner : inner.startsWith(`${outer}.`) ? inner.slice(outer.length + 1) : '';
  const names = rest === '' ? [] : rest.split('.');
  return names.filter((_, i) => names[i + 1] === '0' && i % 2 === 0);
}
