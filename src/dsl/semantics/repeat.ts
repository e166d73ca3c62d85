// `repeat`: a body traced once for each layer (once in all where a block is checked), and what it carries from one
// to the next.

import { showDim } from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import type { RepeatStatement } from '../syntax/ast.ts';
import { joinPath, nodesOf } from './call-block.ts';
import { assignedIn, plain, sameType } from './carries.ts';
import { evaluate } from './expressions.ts';
import { noteRename } from './renames.ts';
import { childScope, lookUp } from './scope.ts';
import { traceStatements } from './statements.ts';
import { complain, type Frame, here } from './trace.ts';
import { errorValue, showType } from './values.ts';

export function traceRepeat(frame: Frame, statement: RepeatStatement): void {
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
  const place = statement.name?.span ?? keyword(statement.span);
  noteRename(frame, name, statement.renamed);
  const owned = ownedBy(frame);
  const carried = [...new Set(assignedIn(statement.body.statements))].filter(
    n => lookUp(frame.scope, n) !== undefined,
  );
  if (times !== undefined && !countLayers(frame, statement, joinPath(frame.path, name), times)) return;
  const runs = frame.trace.mode === 'check' ? Math.min(times ?? 1, 1) : (times ?? 1);
  for (let i = 0; i < runs; i++) {
    const scope = childScope(frame.scope);
    const carries = new Map(carried.map(n => [n, scope]));
    for (const n of carried) {
      const binding = lookUp(frame.scope, n);
      if (binding !== undefined) scope.names.set(n, { ...binding, value: plain(binding.value) });
    }
    const firstNode = nodesOf(frame.trace);
    const before = new Map(carried.map(n => [n, scope.names.get(n)?.value]));
    const path = joinPath(frame.path, `${name}.${i}`);
    const inner: Frame = {
      ...frame,
      scope,
      path,
      carries,
      uses: new Map(),
      round: { by: 'repeat', path },
    };
    const returned = traceStatements(inner, statement.body.statements);
    if (frame.trace.mode === 'check')
      frame.trace.runs.push({
        path: joinPath(frame.path, name),
        times,
        firstNode,
        lastNode: nodesOf(frame.trace),
      });
    if (returned !== undefined && returned.kind !== 'error')
      complain(frame, 'return-in-loop', { by: 'repeat' }, scope.names.get(' return')?.span ?? place);
    for (const n of carried) {
      const after = scope.names.get(n);
      const was = before.get(n);
      if (after === undefined || was === undefined) continue;
      if (!sameType(frame, was, after.value)) {
        complain(
          frame,
          'carry-changes',
          { by: 'repeat', name: n, before: showType(was), after: showType(after.value) },
          after.span ?? statement.span,
          (was.kind === 'int' || was.kind === 'number') && after.value.kind === 'tensor'
            ? {
                help: `begin with a tensor: let ${n} = expand(0, [${after.value.dims.map(showDim).join(', ')}])`,
              }
            : {},
        );
        after.value.kind === 'tensor' && scope.names.set(n, { value: errorValue, span: after.span });
      }
      const target = frame.carries.get(n) ?? frame.scope;
      const value = scope.names.get(n);
      if (value !== undefined) target.names.set(n, value);
    }
  }
  const owns = ownedBy(frame) > owned;
  const earlier = frame.uses.get(name);
  if (earlier !== undefined && (owns || earlier.owns))
    complain(frame, 'twin-repeats', { name: statement.name === undefined ? 'repeat' : name }, place, {
      related: [{ span: here(frame, earlier.span), message: 'the first one' }],
    });
  else frame.uses.set(name, { span: place, owns });
}

const ownedBy = ({ trace }: Frame): number => trace.weights.size + trace.draws.size;

/** The word `repeat`. */
function keyword(span: Span): Span {
  const { length } = 'repeat';
  return { ...span, end: span.start + length, endLine: span.line, endColumn: span.column + length };
}

const mostLayers = 10_000;

/** Notes how often the repeat at `path` runs; false where repeats inside repeats are too many, which is reported. */
function countLayers(frame: Frame, statement: RepeatStatement, path: string, times: number): boolean {
  const { repeats } = frame.trace;
  repeats.set(path, times);
  let layers = 1;
  const met: string[] = [];
  for (const part of `${path}.0`.split('.')) {
    layers *= (part === '0' ? repeats.get(met.join('.')) : undefined) ?? 1;
    met.push(part);
  }
  if (frame.trace.mode === 'lower' || layers <= mostLayers) return true;
  complain(
    frame,
    'too-large',
    { what: 'this repeat', limit: `with those around it, it makes ${layers} layers; at most ${mostLayers}` },
    statement.count.span,
  );
  return false;
}
