// What a call gives where the callee has a mistake of its own: a value of the type that it promises, so that what
// depends on it is checked all the same. Where nothing is promised, nothing is known.

import type { Span } from '../../base/span.ts';
import { bindParams } from './call-block.ts';
import { formalValue } from './formal.ts';
import { unfold } from './pack.ts';
import { childScope } from './scope.ts';
import { type Frame, here, startBody } from './trace.ts';
import type { Binding } from './types.ts';
import { type BlockValue, type BoundArg, errorValue, type Value } from './values.ts';

/** The promised result for these arguments. What doesn't fit stays unsaid: it may be the callee's own mistake. */
export function promisedValue(
  frame: Frame,
  block: BlockValue,
  assigned: ReadonlyMap<string, BoundArg>,
  span: Span,
): Value {
  const { trace } = frame;
  // Its weights are missing: what is said of weights would be wrong.
  trace.missing.push(block.name);
  const { result } = block.callable;
  const scope = childScope(block.scope);
  const path = block.path ?? block.name;
  const quiet = { ...trace, report: () => undefined };
  const body = startBody(quiet, { scope, path, via: here(frame, span) });
  const binding: Binding = { scope, bound: new Map(), pack: undefined };
  if (!bindParams({ ...frame, trace: quiet }, body, binding, block, assigned) || result === undefined)
    return errorValue;
  return unfold(frame, binding.pack, formalValue(body, binding, result, block.name), true);
}
