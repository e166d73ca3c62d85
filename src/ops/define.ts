// The one way to make an op: everything about it in one record.

import type { Attrs } from '../ir/graph.ts';
import type { OpDef } from '../ir/op.ts';

/** Leaving out a field doesn't compile; the attrs of the op type every rule. */
export function defineOp<A extends Attrs>(def: OpDef<A>): OpDef<A> {
  return def;
}
