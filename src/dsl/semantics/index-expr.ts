// x[..., :-1, 0, new]: slices and single positions of axes, and new axes of size 1.

import type { Dim } from '../../base/dim.ts';
import { dimAdd, dimSub, dimUpperBound, showDim } from '../../base/dim.ts';
import type { Expr, IndexExpr, IndexItem } from '../syntax/ast.ts';
import { evaluate } from './expressions.ts';
import { moveOp } from './soft.ts';
import type { Frame } from './trace.ts';
import { complain } from './trace.ts';
import { asDim } from './types.ts';
import type { TensorValue, Value } from './values.ts';
import { errorValue, showType } from './values.ts';

type Step =
  | { readonly kind: 'whole' }
  | { readonly kind: 'new' }
  | { readonly kind: 'slice'; readonly from: Dim; readonly to: Dim; readonly drop: boolean };

export function evaluateIndex(frame: Frame, e: IndexExpr): Value {
  const object = evaluate(frame, e.object);
  if (object.kind === 'error') return object;
  if (object.kind === 'list') return listItem(frame, e, object.items);
  if (object.kind !== 'tensor') {
    complain(
      frame,
      'wrong-kind',
      { where: 'what […] reads from', expected: 'a tensor', got: showType(object) },
      e.object.span,
    );
    return errorValue;
  }
  const items = spelledOut(frame, e, object);
  if (items === undefined) return errorValue;
  const steps: Step[] = [];
  let axis = 0;
  for (const item of items) {
    if (item.kind === 'new') {
      steps.push({ kind: 'new' });
      continue;
    }
    const size = object.dims[axis] ?? 1;
    axis += 1;
    const step = stepOf(frame, item, size, object);
    if (step === undefined) return errorValue;
    steps.push(step);
  }
  return applySteps(frame, e, object, steps);
}

function listItem(frame: Frame, e: IndexExpr, items: readonly Value[]): Value {
  const [only, more] = e.items;
  const at = only?.kind === 'at' && more === undefined ? evaluate(frame, only.value) : undefined;
  const found =
    at?.kind === 'int' && typeof at.dim === 'number'
      ? items[at.dim < 0 ? items.length + at.dim : at.dim]
      : undefined;
  if (found !== undefined) return found;
  complain(
    frame,
    'wrong-kind',
    {
      where: 'the place in a list',
      expected: `a whole number below ${items.length}`,
      got: at === undefined ? 'something else' : showType(at),
    },
    e.span,
  );
  return errorValue;
}

/** The items with `...` replaced by whole axes, and whole axes added at the end. */
function spelledOut(frame: Frame, e: IndexExpr, object: TensorValue): readonly IndexItem[] | undefined {
  const reading = e.items.filter(i => i.kind === 'at' || i.kind === 'slice').length;
  const missing = object.dims.length - reading;
  if (missing < 0) {
    complain(frame, 'axis-out-of-range', { axis: object.dims.length, type: showType(object) }, e.span);
    return undefined;
  }
  const wholes = Array.from(
    { length: missing },
    (): IndexItem => ({ kind: 'slice', from: undefined, to: undefined, span: e.span }),
  );
  const at = e.items.findIndex(i => i.kind === 'ellipsis');
  if (at < 0) return [...e.items, ...wholes];
  return [...e.items.slice(0, at), ...wholes, ...e.items.slice(at + 1)].filter(i => i.kind !== 'ellipsis');
}

function stepOf(frame: Frame, item: IndexItem, size: Dim, object: TensorValue): Step | undefined {
  if (item.kind === 'at') {
    const from = position(frame, item.value, size);
    if (from === undefined) return undefined;
    if (typeof from === 'number' && typeof size === 'number' && (from < 0 || from >= size)) {
      complain(
        frame,
        'bad-setting',
        {
          setting: `position ${from}`,
          reason: `is outside of the axis: it has ${size} positions (${showType(object)})`,
        },
        item.span,
      );
      return undefined;
    }
    return { kind: 'slice', from, to: dimAdd(from, 1), drop: true };
  }
  if (item.kind !== 'slice') return { kind: 'whole' };
  if (item.from === undefined && item.to === undefined) return { kind: 'whole' };
  const from = item.from === undefined ? 0 : position(frame, item.from, size);
  const to = item.to === undefined ? size : position(frame, item.to, size);
  if (from === undefined || to === undefined) return undefined;
  const leaves =
    typeof from === 'number' && typeof to === 'number' && typeof size === 'number' && (from < 0 || to > size);
  const length = dimUpperBound(dimSub(to, from));
  if (leaves || (length !== undefined && length < 1)) {
    complain(
      frame,
      'bad-setting',
      {
        setting: `the slice ${showDim(from)}:${showDim(to)}`,
        reason: `holds nothing or leaves the axis: it has ${showDim(size)} positions (${showType(object)})`,
      },
      item.span,
    );
    return undefined;
  }
  return { kind: 'slice', from, to, drop: false };
}

/** A position counted from the start: −1 is the last, and what has a minus counts from the end. */
function position(frame: Frame, e: Expr, size: Dim): Dim | undefined {
  const value = evaluate(frame, e);
  const dim = asDim(value);
  if (dim === undefined) {
    if (value.kind !== 'error')
      complain(
        frame,
        'wrong-kind',
        {
          where: 'a position in […]',
          expected: 'a whole number; gather and take read at indices',
          got: showType(value),
        },
        e.span,
      );
    return undefined;
  }
  const upper = dimUpperBound(dim);
  const fromEnd = (e.kind === 'unary' && e.op === '-') || (upper !== undefined && upper < 0);
  return fromEnd ? dimAdd(size, dim) : dim;
}

function applySteps(frame: Frame, e: IndexExpr, object: TensorValue, steps: readonly Step[]): Value {
  let at: TensorValue = object;
  const reading = steps.filter(s => s.kind !== 'new');
  if (reading.some(s => s.kind === 'slice')) {
    const starts = reading.map(s => (s.kind === 'slice' ? s.from : 0));
    const limits = reading.map((s, i) => (s.kind === 'slice' ? s.to : (object.dims[i] ?? 1)));
    const sliced = moveOp(frame, e.span, 'slice', at, last => ({
      starts: [...starts, ...last.map(() => 0)],
      limits: [...limits, ...last],
      strides: [...starts, ...last].map(() => 1),
    }));
    if (sliced.kind === 'error') return errorValue;
    at = { ...sliced, quality: undefined };
  }
  if (steps.some(s => s.kind === 'new' || (s.kind === 'slice' && s.drop))) {
    const dims: Dim[] = [];
    let axis = 0;
    for (const s of steps) {
      if (s.kind === 'new') dims.push(1);
      else {
        if (!(s.kind === 'slice' && s.drop)) dims.push(at.dims[axis] ?? 1);
        axis += 1;
      }
    }
    const shaped = moveOp(frame, e.span, 'reshape', at, last => ({ shape: [...dims, ...last] }));
    return shaped.kind === 'error'
      ? shaped
      : { ...shaped, quality: keepsLast(steps) ? object.quality : undefined };
  }
  return at;
}

/** The last axis is whole, so what is promised of it stays true. */
function keepsLast(steps: readonly Step[]): boolean {
  return steps[steps.length - 1]?.kind === 'whole';
}
