// Statements of a body, traced in order.

import { type Span, spanBetween } from '../../base/span.ts';
import type { Body, LetStatement, Statement } from '../syntax/ast.ts';
import { traceIf } from './branches.ts';
import { joinPath } from './call-block.ts';
import { evaluate } from './expressions.ts';
import { traceParam } from './param.ts';
import { definePart } from './part.ts';
import { noteRename } from './renames.ts';
import { traceRepeat } from './repeat.ts';
import { traceRequire } from './require.ts';
import { traceScan } from './scan.ts';
import { traceCollect } from './scan-collect.ts';
import { isLocal, lookUp } from './scope.ts';
import { traceState, traceUpdate } from './state.ts';
import { complain, type Frame } from './trace.ts';
import { warnIdleStates } from './updates.ts';
import type { Value } from './values.ts';
import { errorValue } from './values.ts';

/** The value that a body returns. */
export function traceBody(frame: Frame, body: Body, name: string): Value {
  const value = traceStatements(frame, body.statements);
  if (frame.trace.mode === 'check') warnIdleStates(frame, body.statements);
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

export function traceStatements(frame: Frame, statements: readonly Statement[]): Value | undefined {
  for (const [i, statement] of statements.entries()) {
    if (statement.kind === 'return') {
      const value = evaluate(frame, statement.value);
      frame.scope.names.set(' return', { value, span: statement.value.span });
      const after = statements[i + 1];
      const last = statements[statements.length - 1];
      if (after !== undefined && last !== undefined)
        complain(frame, 'after-return', {}, spanBetween(after.span, last.span));
      return value;
    }
    if (statement.kind === 'if') {
      const taken = traceIf(frame, statement, statements.slice(i + 1));
      if (taken.done) return taken.value;
      if (taken.value !== undefined) return taken.value;
      continue;
    }
    if (!traceStatement(frame, statement)) return errorValue;
  }
  return undefined;
}

type Plain = Exclude<Statement, { kind: 'return' } | { kind: 'if' }>;

/** False where the body can't go on. */
function traceStatement(frame: Frame, statement: Plain): boolean {
  switch (statement.kind) {
    case 'let':
      traceLet(frame, statement);
      return true;
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
        if (!known) frame.scope.names.set(statement.name.text, { value, span: statement.name.span });
        return true;
      }
      scope.names.set(statement.name.text, { value, span: statement.name.span });
      return true;
    }
    case 'require':
      return traceRequire(frame, statement);
    case 'param':
      declare(frame, statement.name.text, statement.name.span, traceParam(frame, statement));
      return true;
    case 'state':
      declare(frame, statement.name.text, statement.name.span, traceState(frame, statement));
      return true;
    case 'update':
      traceUpdate(frame, statement);
      return true;
    case 'part':
      noteRename(frame, statement.name.text, statement.renamed);
      declare(
        frame,
        statement.name.text,
        statement.name.span,
        definePart(frame, statement, joinPath(frame.path, statement.name.text)),
      );
      return true;
    case 'repeat':
      traceRepeat(frame, statement);
      return true;
    case 'scan':
      traceScan(frame, statement);
      return true;
    case 'collect':
      traceCollect(frame, statement);
      return true;
    default:
      return statement satisfies never;
  }
}

/** A local name; it may hide names of files, not other locals. */
function declare(frame: Frame, name: string, span: Span, value: Value): void {
  const known = lookUp(frame.scope, name);
  // A weight may be called as the setting that decides whether it is there: if bias { param bias … }.
  const decided =
    known?.value.kind === 'bool' &&
    (value.kind === 'tensor' || value.kind === 'error') &&
    frame.trace.weights.has(joinPath(frame.path, name));
  if (known !== undefined && isLocal(frame.scope, name) && !decided) {
    complain(frame, 'shadowed-name', { name }, span, {
      related:
        known.span === undefined ? [] : [{ span: known.span, message: `the ${name} that is there already` }],
    });
  }
  frame.scope.names.set(name, { value, span });
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
