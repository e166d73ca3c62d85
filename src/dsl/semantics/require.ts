// `require`: a static condition on config and dims. One that is known is held to; one that isn't yet is met by callers.

import type { Dim } from '../../base/dim.ts';
import { dimLowerBound, dimUpperBound, showDim } from '../../base/dim.ts';
import { isStd } from '../../base/span.ts';
import type { Expr, RequireStatement } from '../syntax/ast.ts';
import { printExpr } from '../syntax/print-expr.ts';
import { evaluate } from './expressions.ts';
import { lookUp } from './scope.ts';
import { compareDims, complain, type Frame } from './trace.ts';
import { showType } from './values.ts';

/** False where the condition doesn't hold: nothing after it in the body is looked at. */
export function traceRequire(frame: Frame, statement: RequireStatement): boolean {
  const value = evaluate(frame, statement.condition);
  if (value.kind === 'error') return true;
  if (value.kind !== 'bool') {
    complain(
      frame,
      value.kind === 'tensor' ? 'not-static' : 'wrong-kind',
      value.kind === 'tensor'
        ? { where: 'what require asks' }
        : ({ where: 'what require asks', expected: 'a condition', got: showType(value) } as never),
      statement.condition.span,
    );
    return true;
  }
  if (value.value === false || value.canFail === true) {
    refuse(frame, statement);
    return false;
  }
  frame.trace.facts.push(
    ...value.facts.filter(f => compareDims(frame.trace.facts, f.left, f.right) === 'unknown'),
  );
  return true;
}

/** The mistake is the call's, where there is one: it gave what the block doesn't take. */
function refuse(frame: Frame, statement: RequireStatement): void {
  const condition = printExpr(statement.condition);
  const facts = factsOf(frame, statement.condition);
  const { via } = frame;
  if (via === undefined || isStd(statement.span.file)) {
    complain(frame, 'requirement-failed', { condition, facts }, statement.span);
    return;
  }
  const { via: outer, ...call } = via;
  complain({ ...frame, via: outer }, 'requirement-failed', { condition, facts }, call, {
    related: [{ span: statement.span, message: 'required here' }],
  });
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
      if (value?.kind === 'int') return [`${n} is ${showSize(value.dim)}`];
      if (value?.kind === 'number' && value.value !== undefined) return [`${n} is ${value.value}`];
      return [];
    })
    .join(', ');
}

/** `16`, `shared (12)`, `T (up to 8)`. */
function showSize(dim: Dim): string {
  const most = typeof dim === 'number' ? undefined : dimUpperBound(dim);
  if (most === undefined) return showDim(dim);
  const exact = dimLowerBound(dim) === most;
  return `${showDim(dim)} (${exact ? '' : 'up to '}${most})`;
}
