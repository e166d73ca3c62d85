// Weights: `param weight: float[In, out] = normal(0.02) at most 4`.

import type { Dim } from '../../base/dim.ts';
import { dimLowerBound, dimSymbols, showDim } from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import type { Expr, ParamStatement } from '../syntax/ast.ts';
import { joinPath } from './call-block.ts';
import { elementDType } from './emit.ts';
import { evaluate } from './expressions.ts';
import { initializerOf } from './initializer.ts';
import { compareDims, complain, type Frame, here } from './trace.ts';
import { evaluateDim, wantedOf } from './types.ts';
import type { TensorValue, Value } from './values.ts';
import { errorValue, showTensorType, showType } from './values.ts';

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
  if (tooMany(frame, path, dims, type.span)) return errorValue;
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

const mostNumbers = 2 ** 31 - 1;

/** Whether a weight has more numbers than any engine holds in one tensor, which is reported. */
function tooMany(frame: Frame, path: string, dims: readonly Dim[], span: Span): boolean {
  const sizes = dims.map(d => dimLowerBound(d) ?? 1);
  const count = sizes.reduce((n, size) => n * Math.max(1, size), 1);
  if (count <= mostNumbers) return false;
  const limit = `${dims.map(showDim).join(' × ')} is more than ${mostNumbers} numbers`;
  complain(frame, 'too-large', { what: `the weight ${path}`, limit }, span);
  return true;
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
