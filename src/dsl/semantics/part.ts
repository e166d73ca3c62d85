// Parts: `part n = f(config)`, an instance of a block with its settings, called later.

import { nearestName } from '../../base/nearest-name.ts';
import type { PartMember } from '../syntax/ast.ts';
import { calleeOf, evaluateArgs } from './calls.ts';
import { defineCopy } from './copy.ts';
import { evaluate } from './expressions.ts';
import { complain, type Frame } from './trace.ts';
import { isStaticType } from './type-names.ts';
import type { BoundArg, Value } from './values.ts';
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
  if (callee.kind !== 'block') {
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
  const statics = callee.callable.params.filter(p => isStaticType(p.type));
  const args: BoundArg[] = [];
  let next = 0;
  for (const a of evaluateArgs(frame, e.args)) {
    const name = a.name ?? statics[next++]?.name.text;
    const known = callee.callable.params.map(p => p.name.text);
    if (name === undefined) {
      complain(
        frame,
        'too-many-arguments',
        { callee: callee.name, takes: statics.length, known: statics.map(p => p.name.text) },
        a.span,
      );
      return errorValue;
    }
    if (!known.includes(name)) {
      complain(
        frame,
        'unknown-argument',
        { callee: callee.name, name, known, suggestion: nearestName(name, known) },
        a.span,
      );
      return errorValue;
    }
    args.push({ ...a, name });
  }
  return { kind: 'part', name: member.name.text, path, block: callee, args };
}
