// `require`: a static condition on config and dims. One that is known is held to; one that isn't yet is met by callers.

import { showDim } from '../../base/dim.ts';
import type { Expr, RequireStatement } from '../syntax/ast.ts';
import { evaluate } from './expressions.ts';
import { lookUp } from './scope.ts';
import { compareDims, complain, type Frame } from './trace.ts';
import { showType } from './values.ts';

export function traceRequire(frame: Frame, statement: RequireStatement): void {
  const value = evaluate(frame, statement.condition);
  if (value.kind === 'error') return;
  if (value.kind !== 'bool') {
    complain(
      frame,
      value.kind === 'tensor' ? 'not-static' : 'wrong-kind',
      value.kind === 'tensor'
        ? { where: 'what require asks' }
        : ({ where: 'what require asks', expected: 'a condition', got: showType(value) } as never),
      statement.condition.span,
    );
    return;
  }
  if (value.value === false) {
    complain(
      frame,
      'requirement-failed',
      { condition: showCondition(statement.condition), facts: factsOf(frame, statement.condition) },
      statement.span,
    );
    return;
  }
  frame.trace.facts.push(
    ...value.facts.filter(f => compareDims(frame.trace.facts, f.left, f.right) === 'unknown'),
  );
}

function showCondition(e: Expr): string {
  switch (e.kind) {
    case 'binary':
      return `${showCondition(e.left)} ${e.op} ${showCondition(e.right)}`;
    case 'name':
      return e.text;
    case 'number':
      return e.text;
    case 'unary':
      return `${e.op === 'not' ? 'not ' : e.op}${showCondition(e.operand)}`;
    default:
      return '…';
  }
}

/** What the names in a condition are: `T is 32, max is 24`. */
function factsOf(frame: Frame, e: Expr): string {
  const names = new Set<string>();
  const visit = (x: Expr): void => {
    if (x.kind === 'name') names.add(x.text);
    else if (x.kind === 'binary') {
      visit(x.left);
      visit(x.right);
    } else if (x.kind === 'unary') visit(x.operand);
  };
  visit(e);
  return [...names]
    .flatMap(n => {
      const value = lookUp(frame.scope, n)?.value;
      if (value?.kind === 'int') return [`${n} is ${showDim(value.dim)}`];
      if (value?.kind === 'number' && value.value !== undefined) return [`${n} is ${value.value}`];
      return [];
    })
    .join(', ');
}
