// `scan`: a body run once for each position along an axis, in order, with what it carries from one position to the
// next. While checking it runs once over a symbolic axis; in lowering it is unrolled, so that passes, gradients and
// engines see plain nodes. Weights of the body are at the path of the body around it: one set for all positions.

import { type Dim, dimUpperBound } from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import type { ScanStatement } from '../syntax/ast.ts';
import { assignedIn, plain, sameType } from './carries.ts';
import { complainDims } from './emit.ts';
import { evaluate } from './expressions.ts';
import { collectedValue } from './scan-collect.ts';
import { passedOn, type Scanned, type StepKeep, stepKeeps, valueAt } from './scan-step.ts';
import { childScope, isLocal, lookUp } from './scope.ts';
import { traceStatements } from './statements.ts';
import { type Collecting, compareDims, complain, type Frame, fullTank, here } from './trace.ts';
import type { Value } from './values.ts';
import { errorValue, showType } from './values.ts';

export function traceScan(frame: Frame, statement: ScanStatement): void {
  const { statements } = statement.body;
  const carried = [...new Set(assignedIn(statements))].filter(n => lookUp(frame.scope, n) !== undefined);
  const collects = statements.filter(s => s.kind === 'collect');
  if (carried.length === 0 && collects.length === 0)
    complain(frame, 'scan-gives-nothing', {}, headOf(statement));
  const scanned = scannedBy(frame, statement);
  const size = scanned?.[0]?.size;
  const gathered =
    scanned === undefined || size === undefined
      ? undefined
      : runSteps(frame, statement, scanned, size, carried);
  for (const { name } of collects) {
    const steps = gathered?.get(name.text);
    const value =
      steps === undefined || scanned === undefined || size === undefined
        ? errorValue
        : collectedValue(frame, name.span, scanned, size, steps, statement.reverse);
    frame.scope.names.set(name.text, { value, span: name.span });
  }
}

/** The statement without its body. */
function headOf({ span, body }: ScanStatement): Span {
  return { ...span, end: body.span.start, endLine: body.span.line, endColumn: body.span.column };
}

/** The scanned values with their axis; undefined where they don't go together, which is reported. */
function scannedBy(frame: Frame, statement: ScanStatement): readonly Scanned[] | undefined {
  const along = statement.along === undefined ? 1 : axisFrom(frame, statement);
  const scanned: Scanned[] = [];
  for (const [i, e] of statement.values.entries()) {
    const value = evaluate(frame, e);
    const name = statement.names[i];
    if (value.kind === 'error' || name === undefined || along === undefined) continue;
    if (value.kind !== 'tensor') {
      complain(
        frame,
        'wrong-kind',
        { where: 'what scan goes along', expected: 'a tensor', got: showType(value) },
        e.span,
      );
      continue;
    }
    const axis = along < 0 ? value.dims.length + along : along;
    const size = value.dims[axis];
    if (size === undefined) {
      complain(
        frame,
        'axis-out-of-range',
        { axis: along, type: showType(value) },
        e.span,
        statement.along === undefined
          ? { help: 'scan goes along axis 1, the first behind the pack, unless it says: along 0' }
          : {},
      );
      continue;
    }
    const [first] = scanned;
    if (first !== undefined && compareDims(frame.trace.facts, first.size, size) !== 'equal') {
      complainDims(
        frame,
        e.span,
        'scan goes through its values together',
        first.value,
        value,
        first.size,
        size,
      );
      continue;
    }
    scanned.push({ name: name.text, span: e.span, value, axis, size });
  }
  return scanned.length === statement.values.length && scanned.length > 0 ? scanned : undefined;
}

function axisFrom(frame: Frame, { along }: ScanStatement): number | undefined {
  if (along === undefined) return undefined;
  const value = evaluate(frame, along);
  if (value.kind === 'int' && typeof value.dim === 'number') return value.dim;
  if (value.kind !== 'error')
    complain(
      frame,
      'wrong-kind',
      { where: 'the axis behind along', expected: 'a whole number', got: showType(value) },
      along.span,
    );
  return undefined;
}

type Gathered = ReadonlyMap<string, readonly Value[]>;

/** Runs the body for each position; what was collected stands in the order of the axis. */
function runSteps(
  frame: Frame,
  statement: ScanStatement,
  scanned: readonly Scanned[],
  size: Dim,
  carried: readonly string[],
): Gathered | undefined {
  const { trace } = frame;
  const { builder } = trace;
  // A check follows what is carried until each value may have come from every other.
  const rounds = Math.min(carried.length + 1, 4);
  const count = trace.mode === 'lower' && typeof size === 'number' ? size : rounds;
  const { span } = builder;
  builder.span = here(frame, headOf(statement));
  const gathered = new Map<string, Value[]>();
  const before = new Map(frame.uses);
  for (let i = 0; i < count; i++) {
    const at = statement.reverse ? count - 1 - i : i;
    const fuel = trace.fuel.left;
    // Parts of the body have one name for all positions.
    const uses = new Map(before);
    const calls = trace.calls.length;
    trace.steps.push(at);
    const place = trace.mode === 'lower' ? at : 0;
    // What is wrong in the body was said in the first round.
    const round = trace.mode === 'check' && i > 0 ? { ...trace, report: () => undefined } : trace;
    const collected = oneStep({ ...frame, uses, trace: round }, statement, scanned, place, carried);
    trace.steps.pop();
    // Who looks at the calls sees those of one round.
    if (round !== trace) trace.calls.length = calls;
    for (const [name, use] of uses) frame.uses.set(name, use);
    if (collected === undefined || tooLong(frame, statement, size, fuel - trace.fuel.left)) {
      builder.span = span;
      return undefined;
    }
    for (const [name, { value }] of collected) {
      const values = gathered.get(name) ?? [];
      values.push(value);
      gathered.set(name, values);
    }
  }
  builder.span = span;
  if (statement.reverse && trace.mode === 'lower') for (const values of gathered.values()) values.reverse();
  return gathered;
}

/** The body at one position, and the next values of what it carries; undefined where something is wrong. */
function oneStep(
  frame: Frame,
  statement: ScanStatement,
  scanned: readonly Scanned[],
  at: number,
  carried: readonly string[],
): Collecting['values'] | undefined {
  const scope = childScope(frame.scope);
  const keeps = stepKeeps(frame, scanned, at);
  for (const s of scanned) {
    const value = valueAt(frame, s, at);
    if (value.kind === 'error') return undefined;
    if (isLocal(frame.scope, s.name)) {
      complain(frame, 'shadowed-name', { name: s.name }, s.span);
      return undefined;
    }
    scope.names.set(s.name, { value, span: s.span });
  }
  const before = new Map<string, Value>();
  for (const n of carried) {
    const binding = lookUp(frame.scope, n);
    if (binding === undefined) continue;
    before.set(n, plain(binding.value));
    scope.names.set(n, { ...binding, value: plain(binding.value) });
  }
  const collecting: Collecting = { scope, values: new Map() };
  const carries = new Map(carried.map(n => [n, scope]));
  const inner: Frame = { ...frame, scope, carries, collecting, round: { by: 'scan', path: undefined } };
  const returned = traceStatements(inner, statement.body.statements);
  if (returned !== undefined && returned.kind !== 'error')
    complain(frame, 'return-in-loop', { by: 'scan' }, scope.names.get(' return')?.span ?? headOf(statement));
  let sound = true;
  for (const [n, was] of before) {
    const after = scope.names.get(n);
    if (after === undefined) continue;
    const span = after.span ?? statement.span;
    const next = nextValue(frame, span, n, was, after.value, keeps);
    if (next.kind === 'error') sound = false;
    (frame.carries.get(n) ?? frame.scope).names.set(n, { value: next, span: after.span });
  }
  return sound ? collecting.values : undefined;
}

/** The next value of what is carried: the new one where the position is real, the old one elsewhere. */
function nextValue(
  frame: Frame,
  span: Span,
  name: string,
  was: Value,
  after: Value,
  keeps: readonly StepKeep[],
): Value {
  if (was.kind === 'error' || after.kind === 'error') return errorValue;
  if (!sameType(frame, was, after)) {
    complain(
      frame,
      'carry-changes',
      { by: 'scan', name, before: showType(was), after: showType(after) },
      span,
    );
    return errorValue;
  }
  if (was.kind === 'tensor' || was.kind === 'record') return passedOn(frame, span, was, after, keeps);
  complain(
    frame,
    'wrong-kind',
    { where: `what scan carries, ${name},`, expected: 'a tensor', got: showType(was) },
    span,
    {
      help: 'begin with a tensor, as expand(0, [N]) is',
    },
  );
  return errorValue;
}

/** Whether all positions together would take more than a model may, told from the cost of the first. */
function tooLong(frame: Frame, statement: ScanStatement, size: Dim, cost: number): boolean {
  const longest = typeof size === 'number' ? size : dimUpperBound(size);
  if (longest === undefined || cost * longest <= fullTank().left) return false;
  const operations = Math.ceil(cost / 10);
  complain(
    frame,
    'too-large',
    {
      what: 'this scan',
      limit: `${longest} positions of some ${operations} operations make ${longest * operations}; a model has at most 200,000`,
    },
    headOf(statement),
  );
  return true;
}
