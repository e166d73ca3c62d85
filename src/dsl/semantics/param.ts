// Weights: `param weight: float[In, out] = normal(0.02) at most 4`.

import type { Dim } from '../../base/dim.ts';
import { dimLowerBound, dimSymbols, showDim } from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import type { Expr, ParamStatement } from '../syntax/ast.ts';
import { adapted } from './adapt.ts';
import { joinPath } from './call-block.ts';
import { nameInCopy, originalPath } from './copy.ts';
import { elementDType } from './emit.ts';
import { evaluate } from './expressions.ts';
import { initializerOf } from './initializer.ts';
import { noteRename } from './renames.ts';
import { stateNow } from './state.ts';
import { compareDims, complain, type Frame, here, type TracedWeight } from './trace.ts';
import { evaluateDim, wantedOf } from './types.ts';
import type { Element, Quality, TensorValue, Value } from './values.ts';
import { errorValue, showTensorType, showType } from './values.ts';

/** A weight at this body's path; a second call of the same part finds the first one's. */
export function traceParam(frame: Frame, statement: ParamStatement): Value {
  noteRename(frame, statement.name.text, statement.renamed);
  const declared = declaredTensor(frame, statement);
  const initializer = initializerOf(frame, statement.value);
  if (declared === undefined || initializer === undefined) return errorValue;
  const { element, quality } = declared;
  if (element.kind !== 'float' || quality !== undefined) {
    const got = showTensorType(declared);
    complain(
      frame,
      'wrong-kind',
      { where: `the weight ${declared.path}`, expected: 'plain floats, which gradients move', got },
      statement.type.span,
      {
        help:
          quality === undefined
            ? 'a state may hold it'
            : `promise it where it is read: ${quality === 'unit' ? 'unit' : 'softmax'}(…)`,
      },
    );
    return errorValue;
  }
  const atLeast = boundOf(frame, statement.atLeast);
  const atMost = boundOf(frame, statement.atMost);
  if (atLeast === 'wrong' || atMost === 'wrong') return errorValue;
  const { span } = statement;
  const value = ownTensor(frame, declared, { kind: 'weight', initializer, atLeast, atMost, span });
  return value.kind === 'tensor' ? adapted(frame, declared.path, value, span) : value;
}

/** The type and path of a weight or a state, its dims evaluated. */
export interface DeclaredTensor {
  readonly path: string;
  readonly element: Element;
  readonly quality: Quality;
  readonly dims: readonly Dim[];
}

/** What a param or state says it is; undefined where something is wrong, which is reported. */
export function declaredTensor(
  frame: Frame,
  { name, type }: Pick<ParamStatement, 'name' | 'type'>,
): DeclaredTensor | undefined {
  const path = joinPath(frame.path, name.text);
  if (type.kind === 'record' || type.dims?.some(d => d.kind === 'pack') === true) {
    complain(
      frame,
      'wrong-kind',
      { where: `the type of ${name.text}`, expected: 'a tensor of fixed size', got: 'a record or a pack' },
      type.span,
    );
    return undefined;
  }
  const wanted = wantedOf(frame, type, undefined);
  if (wanted?.element === undefined) return undefined;
  const dims: Dim[] = [];
  for (const d of wanted.dims) {
    const dim = d.kind === 'dim' ? evaluateDim(frame, d.value) : undefined;
    if (dim === undefined || !configured(frame, path, dim, d.span)) return undefined;
    dims.push(dim);
  }
  if (wanted.space !== undefined) dims.push(wanted.space);
  if (tooMany(frame, path, dims, type.span)) return undefined;
  return { path, element: wanted.element, quality: wanted.quality, dims };
}

/** A weight's or state's value: an input of the graph, made once for each path. In a copy it is a state that follows. */
export function ownTensor(
  frame: Frame,
  declared: DeclaredTensor,
  made: Pick<TracedWeight, 'kind' | 'initializer' | 'atLeast' | 'atMost' | 'span'>,
): Value {
  const { trace } = frame;
  const { path, element, quality, dims } = declared;
  const known = trace.weights.get(path);
  if (known !== undefined) {
    if (
      known.value.dims.length === dims.length &&
      dims.every((d, i) => compareDims(trace.facts, d, known.value.dims[i] ?? 0) === 'equal')
    )
      return stateNow(frame, known.value, made.span);
    const [before, after] = [known.value, declared].map(showTensorType) as [string, string];
    complain(frame, 'part-shape-changed', { path, before, after }, made.span);
    return errorValue;
  }
  if (!nameInCopy(frame, path.slice(path.lastIndexOf('.') + 1), made.span)) return errorValue;
  const { copy } = frame;
  const follows = copy === undefined ? undefined : { path: originalPath(copy, path), by: copy.by };
  const kind = follows === undefined ? made.kind : 'state';
  const id = trace.builder.input(path, kind, { dtype: elementDType(element), shape: dims });
  const value: TensorValue = { kind: 'tensor', id, element, dims, quality, keeps: [], origins: new Map() };
  const { initializer, atLeast, atMost } = made;
  const span = here(frame, made.span);
  trace.weights.set(path, { kind, path, value, initializer, atLeast, atMost, follows, span });
  trace.paths.set(id, path);
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
