// Blocks written in place: `c => write(c)`. What is in reach where one is written stays in reach in it; its parameters
// are whatever its callee gives it. What it owns stands at the caller's path and the name it is called by there.

import type { Span } from '../../base/span.ts';
import type { LambdaExpr } from '../syntax/ast.ts';
import { isTwin, joinPath } from './call-block.ts';
import { evaluate } from './expressions.ts';
import { childScope, isLocal, lookUp } from './scope.ts';
import { complain, type Frame, here, nested, spend, startBody } from './trace.ts';
import type { BoundArg, LambdaValue, Value } from './values.ts';
import { errorValue } from './values.ts';

export function evaluateLambda(frame: Frame, e: LambdaExpr): Value {
  const met = new Set<string>();
  for (const p of e.params) {
    if (met.has(p.text)) complain(frame, 'defined-twice', { name: p.text, what: 'parameter' }, p.span);
    else if (isLocal(frame.scope, p.text)) {
      const known = lookUp(frame.scope, p.text)?.span;
      complain(frame, 'shadowed-name', { name: p.text }, p.span, {
        related: known === undefined ? [] : [{ span: known, message: `the ${p.text} that is there already` }],
      });
    }
    met.add(p.text);
  }
  return { kind: 'lambda', expr: e, scope: frame.scope };
}

/** Traces the body with these arguments, by place or by name. */
export function callLambda(
  frame: Frame,
  lambda: LambdaValue,
  name: string,
  args: readonly BoundArg[],
  span: Span,
): Value {
  const { trace } = frame;
  const { params, body } = lambda.expr;
  const key = `${lambda.expr.span.file}:${lambda.expr.span.start} =>`;
  if (!spend(frame, span, 20)) return errorValue;
  const assigned = assignPlaces(frame, lambda, name, args, span);
  if (assigned === undefined || [...assigned.values()].some(v => v.kind === 'error')) return errorValue;
  if (trace.stack.includes(key)) {
    complain(frame, 'recursive-block', { name }, span);
    return errorValue;
  }
  if (isTwin(frame, name, span, false)) return errorValue;
  return nested(frame, span, 4, errorValue, () => {
    const scope = childScope(lambda.scope);
    for (const p of params)
      scope.names.set(p.text, { value: assigned.get(p.text) ?? errorValue, span: p.span });
    const path = joinPath(frame.path, name);
    const inner = startBody(trace, { scope, path, via: here(frame, span), copy: frame.copy });
    const owned = trace.weights.size + trace.draws.size;
    trace.stack.push(key);
    try {
      const value = evaluate(inner, body);
      const owns = trace.weights.size + trace.draws.size > owned;
      if (!isTwin(frame, name, span, owns)) frame.uses.set(name, { span, owns });
      return value;
    } finally {
      trace.stack.pop();
    }
  });
}

function assignPlaces(
  frame: Frame,
  lambda: LambdaValue,
  name: string,
  args: readonly BoundArg[],
  span: Span,
): ReadonlyMap<string, Value> | undefined {
  const known = lambda.expr.params.map(p => p.text);
  const assigned = new Map<string, Value>();
  const related = [{ span: lambda.expr.span, message: `${name} is written here` }];
  for (const a of args) {
    const param = a.name ?? known.find(k => !assigned.has(k) && !args.some(b => b.name === k));
    if (param === undefined) {
      const params = { callee: name, takes: known.length, known };
      complain(frame, 'too-many-arguments', params, a.span, { related });
      return undefined;
    }
    if (!known.includes(param)) {
      const params = { callee: name, name: param, known, suggestion: undefined };
      complain(frame, 'unknown-argument', params, a.span, { related });
      return undefined;
    }
    assigned.set(param, a.value);
  }
  const missing = known.find(k => !assigned.has(k));
  if (missing === undefined) return assigned;
  complain(frame, 'missing-argument', { callee: name, name: missing, type: 'a value' }, span, { related });
  return undefined;
}
