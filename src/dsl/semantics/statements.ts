// Statements of a body, traced in order.

import type { Dim } from '../../base/dim.ts';
import { dimSymbols, showDim } from '../../base/dim.ts';
import { nearestName } from '../../base/nearest-name.ts';
import { type Span, spanBetween } from '../../base/span.ts';
import type {
  Body,
  Expr,
  IfStatement,
  LetStatement,
  ParamStatement,
  RepeatStatement,
  RequireStatement,
  Statement,
} from '../syntax/ast.ts';
import { joinPath } from './call-block.ts';
import { definePart, evaluateArgs } from './calls.ts';
import { elementDType } from './emit.ts';
import { evaluate } from './expressions.ts';
import type { Initializer } from './model.ts';
import { childScope, lookUp } from './scope.ts';
import { compareDims, complain, type Frame, here } from './trace.ts';
import { evaluateDim, wantedOf } from './types.ts';
import type { TensorValue, Value } from './values.ts';
import { errorValue, showTensorType, showType } from './values.ts';

/** The value that a body returns. */
export function traceBody(frame: Frame, body: Body, name: string): Value {
  const value = traceStatements(frame, body.statements);
  if (value !== undefined) return value;
  complain(
    frame,
    'no-return',
    { name },
    {
      ...body.span,
      start: body.span.end - 1,
      line: body.span.endLine,
      column: Math.max(1, body.span.endColumn - 1),
    },
  );
  return errorValue;
}

function traceStatements(frame: Frame, statements: readonly Statement[]): Value | undefined {
  for (const [i, statement] of statements.entries()) {
    const rest = statements.slice(i + 1);
    if (statement.kind === 'return') {
      const value = evaluate(frame, statement.value);
      frame.scope.names.set(' return', { value, span: here(frame, statement.value.span) });
      const [after] = rest;
      const last = rest[rest.length - 1];
      if (after !== undefined && last !== undefined)
        complain(frame, 'after-return', {}, spanBetween(after.span, last.span));
      return value;
    }
    if (statement.kind === 'if') {
      const taken = traceIf(frame, statement, rest);
      if (taken.done) return taken.value;
      if (taken.value !== undefined) return taken.value;
      continue;
    }
    traceStatement(frame, statement);
  }
  return undefined;
}

type Plain = Exclude<Statement, { kind: 'return' } | { kind: 'if' }>;

function traceStatement(frame: Frame, statement: Plain): void {
  switch (statement.kind) {
    case 'let':
      traceLet(frame, statement);
      return;
    case 'assign': {
      const value = evaluate(frame, statement.value);
      const scope = frame.carries.get(statement.name.text);
      if (scope === undefined) {
        const known = lookUp(frame.scope, statement.name.text) !== undefined;
        complain(
          frame,
          'not-carried',
          { name: statement.name.text },
          statement.name.span,
          known ? {} : { help: `write: let ${statement.name.text} = …` },
        );
        return;
      }
      scope.names.set(statement.name.text, { value, span: statement.name.span });
      return;
    }
    case 'require':
      traceRequire(frame, statement);
      return;
    case 'param':
      declare(frame, statement.name.text, statement.name.span, traceParam(frame, statement));
      return;
    case 'part':
      declare(
        frame,
        statement.name.text,
        statement.name.span,
        definePart(frame, statement, joinPath(frame.path, statement.name.text)),
      );
      return;
    case 'repeat':
      traceRepeat(frame, statement);
      return;
    default:
      statement satisfies never;
  }
}

/** A local name; it may hide names of files, not other locals. */
function declare(frame: Frame, name: string, span: Span, value: Value): void {
  const known = lookUp(frame.scope, name);
  if (known !== undefined && isLocal(frame, name)) {
    complain(frame, 'shadowed-name', { name }, span, {
      related:
        known.span === undefined ? [] : [{ span: known.span, message: `the ${name} that is there already` }],
    });
  }
  frame.scope.names.set(name, { value, span });
}

/** Whether a name stands in a scope of this body: those hold the marker of none but files and models. */
function isLocal(frame: Frame, name: string): boolean {
  for (
    let at: typeof frame.scope | undefined = frame.scope;
    at !== undefined && !at.names.has(' file');
    at = at.parent
  ) {
    if (at.names.has(name)) return true;
  }
  return false;
}

function traceLet(frame: Frame, statement: LetStatement): void {
  const values = statement.values.map(e => evaluate(frame, e));
  if (values.length !== statement.names.length) {
    complain(
      frame,
      'wrong-kind',
      {
        where: 'let',
        expected: `${statement.names.length} values for ${statement.names.length} names`,
        got: `${values.length}`,
      },
      statement.span,
    );
    for (const n of statement.names) frame.scope.names.set(n.text, { value: errorValue, span: n.span });
    return;
  }
  for (const [i, n] of statement.names.entries()) declare(frame, n.text, n.span, values[i] ?? errorValue);
}

function traceRequire(frame: Frame, statement: RequireStatement): void {
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

/** A weight at this body's path; a second call of the same part finds the first one's. */
export function traceParam(frame: Frame, statement: ParamStatement): Value {
  const { type } = statement;
  const path = joinPath(frame.path, statement.name.text);
  if (type.kind === 'record' || type.dims?.some(d => d.kind === 'pack') === true) {
    complain(
      frame,
      'wrong-kind',
      {
        where: `the type of ${statement.name.text}`,
        expected: 'a tensor of fixed size',
        got: 'a record or a pack',
      },
      type.span,
    );
    return errorValue;
  }
  const wanted = wantedOf(frame, type, undefined);
  const initializer = initializerOf(frame, statement.value);
  if (wanted?.element === undefined || initializer === undefined) return errorValue;
  const dims: Dim[] = [];
  for (const d of wanted.dims) {
    const dim = d.kind === 'dim' ? evaluateDim(frame, d.value) : undefined;
    if (dim === undefined) return errorValue;
    if (!configured(frame, path, dim, d.span)) return errorValue;
    dims.push(dim);
  }
  if (wanted.space !== undefined) dims.push(wanted.space);
  const atLeast = boundOf(frame, statement.atLeast);
  const atMost = boundOf(frame, statement.atMost);
  if (atLeast === 'wrong' || atMost === 'wrong') return errorValue;
  const known = frame.trace.weights.get(path);
  if (known !== undefined) {
    if (
      known.value.dims.length === dims.length &&
      dims.every((d, i) => compareDims(frame.trace.facts, d, known.value.dims[i] ?? 0) === 'equal')
    )
      return known.value;
    const after = showTensorType({ element: wanted.element, dims, quality: undefined });
    complain(
      frame,
      'part-shape-changed',
      { path, before: showTensorType(known.value), after },
      statement.span,
    );
    return errorValue;
  }
  const id = frame.trace.builder.input(path, 'weight', { dtype: elementDType(wanted.element), shape: dims });
  const value: TensorValue = {
    kind: 'tensor',
    id,
    element: wanted.element,
    dims,
    quality: undefined,
    keeps: [],
    origins: new Map(),
  };
  frame.trace.weights.set(path, {
    path,
    value,
    initializer,
    atLeast,
    atMost,
    span: here(frame, statement.span),
  });
  return value;
}

/** A weight's size is written in the spec; it never comes with the data. */
function configured(frame: Frame, path: string, dim: Dim, span: Span): boolean {
  const symbol = dimSymbols(dim).find(s => s.role === 'data' || s.role === 'pack');
  if (symbol === undefined) {
    if (typeof dim !== 'number' || dim >= 1) return true;
    complain(
      frame,
      'bad-setting',
      { setting: `a dim of ${path}`, reason: `must be at least 1; it is ${dim}` },
      span,
    );
    return false;
  }
  const why = symbol.role === 'pack' ? 'counts the examples' : 'comes with each batch';
  complain(frame, 'weight-of-data-size', { path, dim: showDim(dim), why }, span);
  return false;
}

function boundOf(frame: Frame, e: Expr | undefined): number | undefined | 'wrong' {
  if (e === undefined) return undefined;
  const value = evaluate(frame, e);
  if (value.kind === 'number') return value.value;
  if (value.kind === 'int') return typeof value.dim === 'number' ? value.dim : undefined;
  if (value.kind !== 'error')
    complain(
      frame,
      'wrong-kind',
      { where: 'a bound of a weight', expected: 'a number', got: showType(value) },
      e.span,
    );
  return 'wrong';
}

const initializerNames: Readonly<Record<string, readonly string[]>> = {
  zeros: [],
  ones: [],
  constant: ['value'],
  normal: ['std', 'mean'],
  uniform: ['low', 'high'],
};

function initializerOf(frame: Frame, e: Expr): Initializer | undefined {
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
      { got: name ?? 'this', suggestion: nearestName(name ?? '', Object.keys(initializerNames)) },
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

function traceRepeat(frame: Frame, statement: RepeatStatement): void {
  const count = evaluate(frame, statement.count);
  if (count.kind === 'error') return;
  if (count.kind !== 'int') {
    complain(
      frame,
      count.kind === 'tensor' ? 'not-static' : 'wrong-kind',
      (count.kind === 'tensor'
        ? { where: 'how often repeat runs' }
        : { where: 'how often repeat runs', expected: 'a whole number', got: showType(count) }) as never,
      statement.count.span,
    );
    return;
  }
  const times = typeof count.dim === 'number' ? count.dim : undefined;
  if (times !== undefined && (times < 0 || times > 10_000)) {
    complain(
      frame,
      'bad-setting',
      { setting: 'repeat', reason: `runs from 0 to 10,000 times; this is ${times}` },
      statement.count.span,
    );
    return;
  }
  const name = statement.name?.text ?? 'repeat';
  const known = frame.uses.get(name);
  if (known !== undefined)
    complain(frame, 'twin-parts', { name }, statement.name?.span ?? statement.span, {
      related: [{ span: here(frame, known.span), message: 'the first one' }],
    });
  frame.uses.set(name, { span: statement.span, owns: true });
  const carried = [...new Set(assignedIn(statement.body.statements))].filter(
    n => lookUp(frame.scope, n) !== undefined,
  );
  const runs = frame.trace.mode === 'check' ? Math.min(times ?? 1, 1) : (times ?? 1);
  for (let i = 0; i < runs; i++) {
    const scope = childScope(frame.scope);
    const carries = new Map(carried.map(n => [n, scope]));
    for (const n of carried) {
      const binding = lookUp(frame.scope, n);
      if (binding !== undefined) scope.names.set(n, binding);
    }
    const before = new Map(carried.map(n => [n, scope.names.get(n)?.value]));
    const inner: Frame = {
      ...frame,
      scope,
      path: joinPath(frame.path, `${name}.${i}`),
      carries,
      uses: new Map(),
    };
    const returned = traceStatements(inner, statement.body.statements);
    if (returned !== undefined && returned.kind !== 'error')
      complain(
        frame,
        'wrong-kind',
        { where: 'repeat', expected: 'no return in its body', got: 'one' },
        statement.span,
      );
    for (const n of carried) {
      const after = scope.names.get(n);
      const was = before.get(n);
      if (after === undefined || was === undefined) continue;
      if (!sameType(frame, was, after.value)) {
        complain(
          frame,
          'carry-changes',
          { name: n, before: showType(was), after: showType(after.value) },
          after.span ?? statement.span,
        );
        after.value.kind === 'tensor' && scope.names.set(n, { value: errorValue, span: after.span });
      }
      const target = frame.carries.get(n) ?? frame.scope;
      const value = scope.names.get(n);
      if (value !== undefined) target.names.set(n, value);
    }
  }
}

function assignedIn(statements: readonly Statement[]): readonly string[] {
  return statements.flatMap(s => {
    if (s.kind === 'assign') return [s.name.text];
    if (s.kind === 'repeat') return assignedIn(s.body.statements);
    if (s.kind === 'if')
      return [...assignedIn(s.then.statements), ...assignedIn(s.otherwise?.statements ?? [])];
    return [];
  });
}

/** One type apart from what is promised of the last axis. */
function sameType(frame: Frame, a: Value, b: Value): boolean {
  if (a.kind === 'error' || b.kind === 'error') return true;
  if (a.kind === 'record' && b.kind === 'record') {
    return (
      a.fields.size === b.fields.size &&
      [...a.fields].every(([n, v]) => sameType(frame, v, b.fields.get(n) ?? errorValue))
    );
  }
  if (a.kind !== 'tensor' || b.kind !== 'tensor') return a.kind === b.kind;
  return (
    a.element.kind === b.element.kind &&
    a.dims.length === b.dims.length &&
    a.dims.every((d, i) => compareDims(frame.trace.facts, d, b.dims[i] ?? 0) === 'equal')
  );
}

/**
 * A static condition takes one branch. One that depends on a parameter of the block being defined takes both, each
 * under what the condition says; what comes back must have one type.
 */
function traceIf(
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
      { ...frame, scope: childScope(frame.scope), uses: new Map(frame.uses) },
      statements,
    );
    frame.trace.facts.length = known;
    return value;
  };
  if (condition.value !== undefined) {
    const taken = condition.value ? statement.then.statements : (statement.otherwise?.statements ?? []);
    const scope = childScope(frame.scope);
    const value = traceStatements({ ...frame, scope }, taken);
    carryReturn(frame, scope);
    return { done: false, value };
  }
  const first = branch([...statement.then.statements], condition.facts);
  const second = branch([...(statement.otherwise?.statements ?? [])], []);
  if (first === undefined && second === undefined) return { done: false, value: undefined };
  const other =
    (first === undefined || second === undefined) && rest.length > 0
      ? traceStatements(frame, rest)
      : undefined;
  const values = [first, second, other].filter(v => v !== undefined);
  const [a, ...more] = values;
  for (const b of more) {
    if (a !== undefined && !sameType(frame, a, b))
      complain(frame, 'branches-differ', { a: showType(a), b: showType(b) }, statement.span);
  }
  return { done: true, value: values[values.length - 1] };
}

function carryReturn(frame: Frame, scope: Frame['scope']): void {
  const returned = scope.names.get(' return');
  if (returned !== undefined) frame.scope.names.set(' return', returned);
}
