// States: `state mean: float[C] = zeros()` is a weight without gradient; `update mean = …` says what it is after this
// step. A body reads a state as it stood before that body began, so a part that is called twice in one step goes on
// from what its first call left, and nothing else in the step sees an update.

import type { Span } from '../../base/span.ts';
import type { StateStatement, UpdateStatement } from '../syntax/ast.ts';
import { inCopy } from './copy.ts';
import { alignMask, asTensor, emitOp } from './emit.ts';
import { evaluate } from './expressions.ts';
import { initializerOf } from './initializer.ts';
import type { Initializer } from './model.ts';
import { type DeclaredTensor, declaredTensor, ownTensor } from './param.ts';
import { noteRename } from './renames.ts';
import { lookUp } from './scope.ts';
import { compareDims, complain, type Frame, here, type TracedWeight } from './trace.ts';
import type { ErrorValue, TensorValue, Value } from './values.ts';
import { errorValue, showTensorType, showType } from './values.ts';

/** A state at this body's path. */
export function traceState(frame: Frame, statement: StateStatement): Value {
  noteRename(frame, statement.name.text, statement.renamed);
  const declared = declaredTensor(frame, statement);
  const initializer = initializerOf(frame, statement.value);
  if (declared === undefined || initializer === undefined) return errorValue;
  const wrong = misfit(declared, initializer);
  if (wrong !== undefined) {
    const state = showTensorType(declared);
    complain(
      frame,
      'state-changes',
      { name: statement.name.text, state, when: 'starts as', got: wrong },
      statement.value.span,
    );
    return errorValue;
  }
  const { span } = statement;
  return ownTensor(frame, declared, {
    kind: 'state',
    initializer,
    atLeast: undefined,
    atMost: undefined,
    span,
  });
}

/** What an initializer gives instead of what the state's type promises. */
function misfit({ element, quality, dims }: DeclaredTensor, initializer: Initializer): string | undefined {
  if (element.kind !== 'float') {
    const value = initializer.kind === 'constant' ? initializer.value : Number.NaN;
    if (!Number.isInteger(value)) return 'numbers that are not whole';
    if (element.kind === 'bool')
      return value === 0 || value === 1 ? undefined : `${value}, where false is 0 and true is 1`;
    const size =
      element.kind === 'index' && typeof element.of === 'number' ? element.of : Number.POSITIVE_INFINITY;
    return element.kind === 'int' || (value >= 0 && value < size) ? undefined : `${value}, which is outside`;
  }
  if (quality === 'unit')
    return initializer.kind === 'unit' ? undefined : 'vectors of any length: end it with |> unit()';
  if (quality !== 'simplex') return undefined;
  const [size] = dims.slice(-1);
  const even =
    initializer.kind === 'constant' &&
    typeof size === 'number' &&
    Math.abs(initializer.value * size - 1) < 1e-6;
  return even ? undefined : 'what need not have the sum 1: constant(1 / size) has';
}

/** A state as this body reads it: as the updates before the body left it. */
export function stateNow(frame: Frame, value: TensorValue, span: Span): TensorValue {
  const { trace, since } = frame;
  if (trace.updates.length === 0 && frame.copy === undefined) return value;
  const own = inCopy(frame, value, span);
  const path = trace.paths.get(own.id);
  if (path === undefined) return own;
  return trace.updates.slice(0, since).findLast(u => u.path === path)?.value ?? own;
}

/** Whether the part in whose body this stands learns; undefined where both ways are checked. Copies never do. */
export function isLearning(frame: Frame): boolean | undefined {
  return frame.copy === undefined && frame.trace.learning(frame.path);
}

/** `update NAME = expr`: evaluated where the part learns, and what it gives is no way for gradients. */
export function traceUpdate(frame: Frame, statement: UpdateStatement): void {
  const { trace } = frame;
  const state = stateOf(frame, statement);
  const { name, span } = statement;
  if (state === undefined || isLearning(frame) === false) return;
  const earlier = frame.updated.get(state.path);
  frame.updated.set(state.path, here(frame, span));
  const { round } = frame;
  const isOwn = round?.path !== undefined && state.path.startsWith(`${round.path}.`);
  if (earlier !== undefined || (round !== undefined && !isOwn)) {
    const related = earlier === undefined ? [] : [{ span: earlier, message: 'the first one' }];
    complain(
      frame,
      'updated-twice',
      { name: name.text, by: earlier === undefined ? round?.by : undefined },
      span,
      { related },
    );
    return;
  }
  const given = evaluate(frame, statement.value);
  if (given.kind === 'error') return;
  const after = asTensor(
    frame,
    given,
    statement.value.span,
    `what ${name.text} becomes`,
    state.value.element,
  );
  if (after.kind === 'error') return;
  if (!fits(frame, state.value, after)) {
    const params = {
      name: name.text,
      state: showTensorType(state.value),
      when: 'becomes',
      got: showType(after),
    } as const;
    complain(frame, 'state-changes', params, statement.value.span, {
      related: [{ span: state.span, message: `${name.text} is declared here` }],
    });
    return;
  }
  const kept = keepOld(frame, statement, stateNow(frame, state.value, span), after);
  if (kept.kind === 'error') return;
  const id = trace.builder.one('stop_gradient', [kept.id]);
  trace.paths.set(id, state.path);
  trace.updates.push({
    path: state.path,
    by: frame.path,
    value: { ...state.value, id },
    span: here(frame, span),
  });
}

function stateOf(frame: Frame, { name }: UpdateStatement): TracedWeight | undefined {
  const found = lookUp(frame.scope, name.text)?.value;
  if (found?.kind === 'error') return undefined;
  const path = found?.kind === 'tensor' ? frame.trace.paths.get(found.id) : undefined;
  const weight = path === undefined ? undefined : frame.trace.weights.get(path);
  if (weight?.kind === 'state' && weight.path.split('.').at(-1) === name.text) return weight;
  const got =
    found === undefined
      ? 'nothing here'
      : weight?.kind !== 'weight'
        ? showType(found)
        : 'a weight, which the optimizer moves';
  complain(frame, 'not-a-state', { name: name.text, got }, name.span);
  return undefined;
}

function fits(frame: Frame, state: TensorValue, after: TensorValue): boolean {
  const same = (a: TensorValue['dims'][number], b: typeof a): boolean =>
    compareDims(frame.trace.facts, a, b) === 'equal';
  const [a, b] = [state.element, after.element];
  const element = a.kind === b.kind && (a.kind !== 'index' || b.kind !== 'index' || same(a.of, b.of));
  const shape =
    state.dims.length === after.dims.length && state.dims.every((d, i) => same(d, after.dims[i] ?? 0));
  return element && shape && (state.quality === undefined || state.quality === after.quality);
}

/** Where the new value is dropped the state stays as it was. */
function keepOld(
  frame: Frame,
  { span }: UpdateStatement,
  before: TensorValue,
  after: TensorValue,
): TensorValue | ErrorValue {
  let value: TensorValue | ErrorValue = after;
  for (const keep of after.keeps) {
    const id = alignMask(frame, keep, after.dims.length);
    const mask: TensorValue = {
      ...after,
      id,
      element: { kind: 'bool' },
      dims: frame.trace.builder.shapeOf(id),
      keeps: [],
    };
    value =
      value.kind === 'error'
        ? value
        : emitOp(frame, span, 'select', [mask, value, before], {}, { keeps: [] });
  }
  return value;
}
