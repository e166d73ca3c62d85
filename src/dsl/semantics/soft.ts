// Soft indices: weights over all entries of a dim where one entry would stand. In the graph they are floats with one
// more axis, the dim itself; in the language they have the type of the index that they stand for, and few operations
// take them. They let gradients through what was chosen.

import type { Dim } from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import { emitOp } from './emit.ts';
import type { Frame } from './trace.ts';
import type { ErrorValue, TensorValue } from './values.ts';
import { float } from './values.ts';

export const isSoft = (v: TensorValue): boolean => v.element.kind === 'index' && v.element.soft === true;

/** The weights as the floats that they are: index(V)[N…] → float[N…, V]. */
export function weightsOf(v: TensorValue): TensorValue {
  return v.element.kind === 'index' ? { ...v, element: float, dims: [...v.dims, v.element.of] } : v;
}

/** Floats [N…, V] as soft indices into V. */
export function asSoft(v: TensorValue, of: Dim): TensorValue {
  return { ...v, element: { kind: 'index', of, soft: true }, dims: v.dims.slice(0, -1), quality: undefined };
}

/** An op that moves positions, on a value that may be soft: attributes for both forms. */
export function moveOp(
  frame: Frame,
  span: Span,
  op: string,
  value: TensorValue,
  attrs: (last: readonly Dim[]) => Record<string, number | readonly Dim[]>,
): TensorValue | ErrorValue {
  const { element, quality } = value;
  if (element.kind !== 'index' || element.soft !== true)
    return emitOp(frame, span, op, [value], attrs([]), { element, quality });
  const moved = emitOp(frame, span, op, [weightsOf(value)], attrs([element.of]), { element: float });
  return moved.kind === 'error' ? moved : asSoft(moved, element.of);
}

/** Indices as soft ones: 1 at the entry, 0 elsewhere. */
export function softened(frame: Frame, span: Span, v: TensorValue): TensorValue | ErrorValue {
  if (v.element.kind !== 'index' || v.element.soft === true) return v;
  const { of } = v.element;
  const shape = [...v.dims, 1];
  const column = emitOp(frame, span, 'reshape', [v], { shape }, { element: v.element });
  const attrs = { dtype: 'i32', shape: [of], axis: 0 };
  const entries = emitOp(frame, span, 'iota', [], attrs, { element: { kind: 'int' } });
  if (column.kind === 'error' || entries.kind === 'error') return column;
  const same = emitOp(frame, span, 'equal', [column, entries], {}, { element: { kind: 'bool' } });
  if (same.kind === 'error') return same;
  const ones = emitOp(frame, span, 'cast', [same], { to: 'f32' }, { element: float });
  return ones.kind === 'error' ? ones : asSoft(ones, of);
}

/** The entries with the most weight. */
export function hardened(frame: Frame, span: Span, v: TensorValue): TensorValue | ErrorValue {
  if (v.element.kind !== 'index' || v.element.soft !== true) return v;
  const { of } = v.element;
  const axis = v.dims.length;
  return emitOp(frame, span, 'argmax', [weightsOf(v)], { axis }, { element: { kind: 'index', of } });
}
