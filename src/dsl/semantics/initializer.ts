// How a weight starts: zeros(), ones(), constant(value), normal(std), uniform(low, high), or a number; drawn vectors
// may be scaled to length one: normal(1) |> unit().

import { nearestName } from '../../base/nearest-name.ts';
import type { Expr } from '../syntax/ast.ts';
import { evaluateArgs } from './calls.ts';
import { evaluate } from './expressions.ts';
import type { Initializer } from './model.ts';
import { complain, type Frame } from './trace.ts';
import { showExpr } from './type-names.ts';
import { showType } from './values.ts';

/** Initializers and their parameters, in order. */
export const initializerNames: Readonly<Record<string, readonly string[]>> = {
  zeros: [],
  ones: [],
  constant: ['value'],
  normal: ['std', 'mean'],
  uniform: ['low', 'high'],
};

export function initializerOf(frame: Frame, e: Expr): Initializer | undefined {
  const inner = unitOf(e);
  if (inner === undefined) return plainInitializer(frame, e);
  const of = initializerOf(frame, inner);
  if (of === undefined || of.kind === 'normal' || of.kind === 'uniform') return of && { kind: 'unit', of };
  complain(
    frame,
    'not-an-initializer',
    { got: `unit of ${showExpr(inner)}`, suggestion: undefined },
    e.span,
    { help: 'vectors of length one are drawn: normal(1) |> unit()' },
  );
  return undefined;
}

/** What stands in `… |> unit()` or `unit(…)`. */
function unitOf(e: Expr): Expr | undefined {
  const call = e.kind === 'pipe' ? e.right : e;
  if (call.kind !== 'call' || call.callee.kind !== 'name' || call.callee.text !== 'unit') return undefined;
  const [arg, more] = call.args;
  if (e.kind === 'pipe') return arg === undefined ? e.left : undefined;
  return more === undefined && arg?.name === undefined ? arg?.value : undefined;
}

function plainInitializer(frame: Frame, e: Expr): Initializer | undefined {
  const name = e.kind === 'call' && e.callee.kind === 'name' ? e.callee.text : undefined;
  const wanted = name === undefined ? undefined : initializerNames[name];
  if (e.kind !== 'call' || name === undefined || wanted === undefined) {
    const value = e.kind === 'number' || e.kind === 'unary' ? evaluate(frame, e) : undefined;
    const number =
      value?.kind === 'int' && typeof value.dim === 'number'
        ? value.dim
        : value?.kind === 'number'
          ? (value.value ?? 0)
          : undefined;
    if (number !== undefined) return { kind: 'constant', value: number };
    complain(
      frame,
      'not-an-initializer',
      { got: name ?? showExpr(e), suggestion: nearestName(name ?? '', Object.keys(initializerNames)) },
      e.span,
    );
    return undefined;
  }
  const numbers = new Map<string, number>();
  let next = 0;
  for (const a of evaluateArgs(frame, e.args)) {
    const key = a.name ?? wanted[next++];
    if (key === undefined || !wanted.includes(key)) {
      complain(
        frame,
        'unknown-argument',
        { callee: name, name: key ?? 'more', known: wanted, suggestion: nearestName(key ?? '', wanted) },
        a.span,
      );
      return undefined;
    }
    const number =
      a.value.kind === 'int'
        ? typeof a.value.dim === 'number'
          ? a.value.dim
          : 1
        : a.value.kind === 'number'
          ? (a.value.value ?? 1)
          : undefined;
    if (number === undefined) {
      if (a.value.kind !== 'error')
        complain(
          frame,
          'wrong-kind',
          { where: `${key} of ${name}`, expected: 'a number', got: showType(a.value) },
          a.span,
        );
      return undefined;
    }
    numbers.set(key, number);
  }
  const required = name === 'normal' ? ['std'] : wanted;
  const missing = required.find(k => !numbers.has(k));
  if (missing !== undefined) {
    complain(frame, 'missing-argument', { callee: name, name: missing, type: 'number' }, e.span);
    return undefined;
  }
  const get = (key: string): number => numbers.get(key) ?? 0;
  switch (name) {
    case 'zeros':
      return { kind: 'constant', value: 0 };
    case 'ones':
      return { kind: 'constant', value: 1 };
    case 'constant':
      return { kind: 'constant', value: get('value') };
    case 'normal':
      return { kind: 'normal', mean: get('mean'), std: get('std') };
    default:
      return { kind: 'uniform', low: get('low'), high: get('high') };
  }
}
