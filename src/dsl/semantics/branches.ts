// `if`: one branch where the condition is known, both where it depends on a parameter of the block being defined.

import type { IfStatement, Statement } from '../syntax/ast.ts';
import { sameType } from './carries.ts';
import { evaluate } from './expressions.ts';
import { childScope } from './scope.ts';
import { traceStatements } from './statements.ts';
import { complain, type Frame } from './trace.ts';
import type { Value } from './values.ts';
import { errorValue, showType } from './values.ts';

/**
 * A static condition takes one branch. One that depends on a parameter of the block being defined takes both, each
 * under what the condition says; what comes back must have one type.
 */
export function traceIf(
  frame: Frame,
  statement: IfStatement,
  rest: readonly Statement[],
): { readonly done: boolean; readonly value: Value | undefined } {
  const condition = evaluate(frame, statement.condition);
  if (condition.kind === 'error') return { done: true, value: errorValue };
  if (condition.kind !== 'bool') {
    complain(frame, 'not-static', { where: 'the condition of if' }, statement.condition.span, {
      help: 'where(condition, a, b) chooses position by position',
    });
    return { done: true, value: errorValue };
  }
  const branch = (statements: readonly Statement[], facts: typeof condition.facts): Value | undefined => {
    const known = frame.trace.facts.length;
    frame.trace.facts.push(...facts);
    const value = traceStatements(
      {
        ...frame,
        scope: childScope(frame.scope),
        uses: new Map(frame.uses),
        updated: new Map(frame.updated),
      },
      statements,
    );
    frame.trace.facts.length = known;
    return value;
  };
  if (condition.value !== undefined) {
    const taken = condition.value ? statement.body.statements : (statement.otherwise?.statements ?? []);
    const scope = childScope(frame.scope);
    const value = traceStatements({ ...frame, scope }, taken);
    carryReturn(frame, scope);
    return { done: false, value };
  }
  const known = new Set(frame.trace.weights.keys());
  const first = branch([...statement.body.statements], condition.facts);
  // What the first way owns isn't there on the other, which may have a part of the same name.
  const back = first === undefined ? () => undefined : setAside(frame, known);
  const second = branch([...(statement.otherwise?.statements ?? [])], []);
  const other =
    (first === undefined || second === undefined) && (first ?? second) !== undefined && rest.length > 0
      ? traceStatements(frame, rest)
      : undefined;
  back();
  if (first === undefined && second === undefined) return { done: false, value: undefined };
  // One way through the body returns nothing.
  if ((first === undefined || second === undefined) && other === undefined)
    return { done: true, value: undefined };
  const others = [second, other].filter(v => v !== undefined);
  const [value, ...more] = first === undefined ? others : [first, ...others];
  if (value === undefined) return { done: true, value: undefined };
  // What the first branch gives has its type only where the condition holds.
  const facts = frame.trace.facts.length;
  if (first !== undefined) frame.trace.facts.push(...condition.facts);
  for (const b of more) {
    if (!sameType(frame, value, b))
      complain(frame, 'branches-differ', { a: showType(value), b: showType(b) }, statement.span);
  }
  frame.trace.facts.length = facts;
  return { done: true, value: joined([value, ...more]) };
}

/** Takes out the weights that came after `known`; what it gives puts back those that aren't there again. */
function setAside({ trace }: Frame, known: ReadonlySet<string>): () => void {
  const added = [...trace.weights].filter(([path]) => !known.has(path));
  for (const [path] of added) trace.weights.delete(path);
  return () => {
    for (const [path, weight] of added) if (!trace.weights.has(path)) trace.weights.set(path, weight);
  };
}

/** One of several values of one type, promised only what all of them promise. */
export function joined(values: readonly Value[]): Value {
  const last = values[values.length - 1] ?? errorValue;
  if (values.some(v => v.kind === 'error')) return errorValue;
  if (last.kind === 'record') {
    const fields = [...last.fields.keys()].map(name => {
      const own = values.map(v => (v.kind === 'record' ? v.fields.get(name) : undefined) ?? errorValue);
      return [name, joined(own)] as const;
    });
    return { ...last, fields: new Map(fields) };
  }
  if (last.kind !== 'tensor') return last;
  const agreed = values.every(v => v.kind === 'tensor' && v.quality === last.quality);
  return agreed ? last : { ...last, quality: undefined };
}

function carryReturn(frame: Frame, scope: Frame['scope']): void {
  const returned = scope.names.get(' return');
  if (returned !== undefined) frame.scope.names.set(' return', returned);
}
