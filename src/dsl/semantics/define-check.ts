// A block checked where it is defined, for all its uses: every dim of its parameters is a symbol.

import { dimSymbol } from '../../base/dim.ts';
import type { Param, TypeExpr } from '../syntax/ast.ts';
import { inBindingOrder } from './binding-order.ts';
import { evaluate } from './expressions.ts';
import { formalValue } from './formal.ts';
import { keepsPromise } from './promise.ts';
import { childScope, type Scope } from './scope.ts';
import { traceBody } from './statements.ts';
import { staticArg } from './static-arg.ts';
import { complain, type Frame, startBody, type Trace } from './trace.ts';
import { isStaticType } from './type-names.ts';
import type { Binding } from './types.ts';
import type { Callable, Value } from './values.ts';
import { errorValue, int } from './values.ts';

/** Traces a callable with formal arguments; what it returns, or the error value where something is wrong. */
export function checkDefinition(trace: Trace, callable: Callable, scope: Scope, path: string): Value {
  const inner = childScope(scope);
  const frame = startBody(trace, { scope: inner, path });
  const binding: Binding = { scope: inner, bound: new Map(), pack: undefined };
  const seen = new Set<string>();
  let ok = true;
  const bind = (p: Param, value: Value): void => {
    inner.names.set(p.name.text, { value, span: p.span });
    if (value.kind === 'error') ok = false;
  };
  for (const p of callable.params) {
    if (seen.has(p.name.text))
      complain(frame, 'defined-twice', { name: p.name.text, what: 'parameter' }, p.name.span);
    seen.add(p.name.text);
    if (!withoutDims(frame, p.type)) ok = false;
    if (isStaticType(p.type)) bind(p, formalStatic(frame, p));
  }
  for (const p of inBindingOrder(callable.params))
    if (!isStaticType(p.type)) bind(p, formalValue(frame, binding, p.type, p.name.text));
  // Defaults may read the dims of the other parameters.
  for (const p of callable.params) {
    if (p.fallback === undefined) continue;
    const value = evaluate(frame, p.fallback);
    if (isStaticType(p.type)) staticArg(frame, callable.name.text, p, value, p.fallback.span);
  }
  if (callable.result !== undefined && !withoutDims(frame, callable.result)) ok = false;
  if (!ok) return errorValue;
  const result = traceBody(frame, callable.body, callable.name.text);
  if (result.kind === 'error') return result;
  if (
    callable.result !== undefined &&
    !keepsPromise(frame, binding, callable.name.text, callable.result, result)
  )
    return errorValue;
  return result;
}

/** Brackets behind what is known before the model runs would mean nothing. */
function withoutDims(frame: Frame, type: TypeExpr): boolean {
  if (type.kind === 'record') return type.fields.every(f => withoutDims(frame, f.type));
  if (type.dims === undefined || !isStaticType(type)) return true;
  complain(frame, 'static-with-dims', { base: type.base.text }, type.span);
  return false;
}

/** A static parameter of which only its kind is known. */
function formalStatic(frame: Frame, p: Param): Value {
  const kind = p.type.kind === 'tensor' ? p.type.base.text : '';
  const fallback = (): Value => (p.fallback === undefined ? errorValue : evaluate(frame, p.fallback));
  switch (kind) {
    case 'int':
    case 'dim': {
      // A setting may be 0 or less; what is a dim may not.
      const least = kind === 'int' ? { min: Number.NEGATIVE_INFINITY } : {};
      return int(
        dimSymbol({ id: `${frame.path}:${p.name.text}`, name: p.name.text, role: 'config', ...least }),
      );
    }
    case 'number':
      return { kind: 'number', value: undefined };
    case 'time':
    case 'frequency':
      return {
        kind: 'quantity',
        amount: undefined,
        power: kind === 'time' ? 1 : -1,
        unit: undefined,
        made: undefined,
      };
    case 'bool':
      return { kind: 'bool', value: undefined, facts: [] };
    case 'string':
      return p.fallback === undefined ? { kind: 'string', value: '' } : fallback();
    case 'block':
      return { kind: 'unknown-block', name: p.name.text };
    case 'axes':
      return p.fallback === undefined ? int(-1) : fallback();
    case 'list':
      return p.fallback === undefined ? { kind: 'list', items: [] } : fallback();
    case 'model':
      complain(
        frame,
        'wrong-kind',
        {
          where: `${p.name.text}, a parameter of a block,`,
          expected: 'a tensor or a setting: models are taken by models alone',
          got: 'a model',
        },
        p.span,
      );
      return errorValue;
    default:
      return errorValue;
  }
}
