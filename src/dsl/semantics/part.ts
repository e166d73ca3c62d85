// Parts: `part n = f(config)`, an instance of a block with its settings, called later.

import { nearestName } from '../../base/nearest-name.ts';
import type { CallExpr, Expr, PartMember } from '../syntax/ast.ts';
import { calleeOf, evaluateArgs } from './calls.ts';
import { defineCopy } from './copy.ts';
import { evaluate } from './expressions.ts';
import { complain, type Frame } from './trace.ts';
import { isBlockParam, isStaticType } from './type-names.ts';
import type { BlockValue, BoundArg, Value } from './values.ts';
import { errorValue, showType } from './values.ts';

/** `part n = f(config)`: static arguments now, tensors with each call. */
export function definePart(frame: Frame, member: PartMember, path: string): Value {
  const { value: e, follows } = member;
  if (follows !== undefined) return defineCopy(frame, member, follows, path);
  if (e.kind !== 'call') {
    const value = evaluate(frame, e);
    // An alias of a part or encoder: the same weights under another name.
    if (value.kind === 'part' || value.kind === 'error') return value;
    if (value.kind === 'block')
      return value.path === undefined
        ? { kind: 'part', name: member.name.text, path, block: value, args: [] }
        : value;
    complain(
      frame,
      'wrong-kind',
      {
        where: 'a part',
        expected: 'a block with its settings, as in embedding(width: 64)',
        got: showType(value),
      },
      e.span,
    );
    return errorValue;
  }
  const callee = calleeOf(frame, e.callee);
  if (callee.kind === 'error') return callee;
  if (callee.kind === 'block') return withSettings(frame, callee, e, member.name.text, path);
  complain(
    frame,
    'wrong-kind',
    {
      where: 'a part',
      expected: 'a block with its settings, as in embedding(width: 64)',
      got: showType(callee),
    },
    e.callee.span,
  );
  return errorValue;
}

/**
 * A call given for a block, `activation: leaky(slope: 0.1)`: the block with these settings, to be called by who takes
 * it. Undefined where the expression is something else.
 */
export function blockInPlace(frame: Frame, e: Expr): Value | undefined {
  if (e.kind !== 'call') return undefined;
  const callee = calleeOf(frame, e.callee);
  if (callee.kind === 'error') return callee;
  if (callee.kind !== 'block') return undefined;
  return withSettings(frame, callee, e, callee.name, callee.path);
}

/** A block with static arguments: by name, or by place among its static parameters. */
function withSettings(
  frame: Frame,
  block: BlockValue,
  e: CallExpr,
  partName: string,
  path: string | undefined,
): Value {
  const statics = block.callable.params.filter(p => isStaticType(p.type));
  const takesBlock = (name: string | undefined, place: number): boolean => {
    const p = statics.find((s, i) => (name === undefined ? i === place : s.name.text === name));
    return p !== undefined && isBlockParam(p);
  };
  const args: BoundArg[] = [];
  let next = 0;
  for (const a of evaluateArgs(frame, e.args, takesBlock)) {
    const name = a.name ?? statics[next++]?.name.text;
    const known = block.callable.params.map(p => p.name.text);
    if (name === undefined) {
      complain(
        frame,
        'too-many-arguments',
        { callee: block.name, takes: statics.length, known: statics.map(p => p.name.text) },
        a.span,
      );
      return errorValue;
    }
    if (!known.includes(name)) {
      complain(
        frame,
        'unknown-argument',
        { callee: block.name, name, known, suggestion: nearestName(name, known) },
        a.span,
      );
      return errorValue;
    }
    args.push({ ...a, name });
  }
  return { kind: 'part', name: partName, path, block, args };
}
