// `collect NAME = …`: one value for each position of a scan, put together along its axis.

import type { Dim } from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import type { ValueId } from '../../ir/graph.ts';
import type { Keep } from '../../ir/op.ts';
import type { CollectStatement } from '../syntax/ast.ts';
import { emitOp } from './emit.ts';
import { evaluate } from './expressions.ts';
import { leadsWith, ownMasks, type Scanned, withoutAxis, withoutStep } from './scan-step.ts';
import { isLocal } from './scope.ts';
import { complain, type Frame, keepKey } from './trace.ts';
import type { TensorValue, Value } from './values.ts';
import { errorValue, showType } from './values.ts';

/** `collect NAME = …`: the value of this position, which the rest of the body sees under the name too. */
export function traceCollect(frame: Frame, statement: CollectStatement): void {
  const { name } = statement;
  const value = evaluate(frame, statement.value);
  const { collecting } = frame;
  if (collecting === undefined || collecting.scope !== frame.scope) {
    complain(frame, 'collect-misplaced', { name: name.text }, statement.span);
    return;
  }
  const outer = frame.scope.parent;
  const known = collecting.values.get(name.text);
  if (
    known !== undefined ||
    frame.scope.names.has(name.text) ||
    (outer !== undefined && isLocal(outer, name.text))
  ) {
    complain(frame, 'shadowed-name', { name: name.text }, name.span);
    return;
  }
  if (value.kind !== 'tensor' && value.kind !== 'error')
    complain(
      frame,
      'wrong-kind',
      { where: 'what is collected', expected: 'a tensor', got: showType(value) },
      statement.value.span,
    );
  const kept = value.kind === 'tensor' ? value : errorValue;
  collecting.values.set(name.text, { value: kept, span: name.span });
  frame.scope.names.set(name.text, { value: kept, span: name.span });
}

/**
 * The values of all positions along a new axis where the scanned one was. It is kept where the position is real, and
 * otherwise as each value is.
 */
export function collectedValue(
  frame: Frame,
  span: Span,
  scanned: readonly Scanned[],
  size: Dim,
  steps: readonly Value[],
  reverse: boolean,
): Value {
  const values = steps.filter(v => v.kind === 'tensor');
  const [first] = values;
  const along = scanned[0]?.axis ?? 0;
  if (first === undefined || values.length !== steps.length) return errorValue;
  const axis = Math.min(along, first.dims.length);
  const { element } = first;
  const rows: TensorValue[] = [];
  for (const v of values) {
    const shape = [...v.dims.slice(0, axis), 1, ...v.dims.slice(axis)];
    const row = emitOp(frame, span, 'reshape', [v], { shape }, { element, keeps: [] });
    if (row.kind === 'error') return errorValue;
    rows.push(row);
  }
  const dims = [...first.dims.slice(0, axis), size, ...first.dims.slice(axis)];
  const quality =
    values.every(v => v.quality === first.quality) && axis < first.dims.length ? first.quality : undefined;
  const keeps = collectedKeeps(frame, scanned, axis, values, dims);
  const options = { element, keeps, ...(quality === undefined ? {} : { quality }) };
  if (frame.trace.mode === 'lower') return emitOp(frame, span, 'concat', rows, { axis }, options);
  const spread = emitOp(frame, span, 'broadcast', rows.slice(-1), { shape: dims }, options);
  if (spread.kind === 'error' || spread.element.kind === 'bool') return spread;
  const after = dims.slice(axis + 1).map(() => 1);
  const id = scanned.reduce((v, s) => readThrough(frame, v, s, after, reverse), spread.id);
  return { ...spread, id };
}

/**
 * For who asks what a value of a check has read: each position of what is collected has read the scanned positions up
 * to its own, or in reverse from its own on. The number itself means nothing.
 */
function readThrough(
  frame: Frame,
  value: ValueId,
  { value: from, axis, size }: Scanned,
  after: readonly Dim[],
  reverse: boolean,
): ValueId {
  if (from.element.kind === 'bool') return value;
  const { builder } = frame.trace;
  const { dtype } = builder.typeOf(value);
  const others = from.dims.flatMap((_, i) => (i === axis ? [] : [i]));
  const numbers = builder.one('cast', [from.id], { to: 'f32' });
  const each =
    others.length === 0 ? numbers : builder.one('reduce_max', [numbers], { axes: others, keepdims: false });
  const square = [size, size];
  const [rows, columns] = [0, 1].map(a => builder.one('iota', [], { dtype: 'i32', shape: square, axis: a }));
  const order = reverse ? [rows, columns] : [columns, rows];
  const isRead = builder.one('less_equal', order as ValueId[]);
  const seen = builder.one('select', [
    isRead,
    builder.one('broadcast', [each], { shape: square }),
    builder.constant(-1e30),
  ]);
  const most = builder.one('reduce_max', [seen], { axes: [1], keepdims: false });
  const shaped = builder.one('reshape', [most], { shape: [size, ...after] });
  return builder.one('max', [value, dtype === 'f32' ? shaped : builder.one('cast', [shaped], { to: dtype })]);
}

function collectedKeeps(
  frame: Frame,
  scanned: readonly Scanned[],
  axis: number,
  values: readonly TensorValue[],
  dims: readonly Dim[],
): readonly Keep[] {
  const found = new Map<string, Keep>();
  const put = (keep: Keep): void => {
    found.set(keepKey(keep), keep);
  };
  // Real where the scanned position is: the masks of the scanned values themselves.
  const masks = values.map((): ValueId[] => []);
  for (const s of scanned)
    for (const keep of s.value.keeps) {
      if (!keep.axes.includes(s.axis)) continue;
      for (const [i, own] of masks.entries()) own.push(withoutAxis(frame, keep, s.axis, i).mask);
      if (s.axis === axis && leadsWith(frame, dims, keep)) put(keep);
    }
  const others = values.map((v, i) => {
    const own = ownMasks(frame, masks[i] ?? []);
    return v.keeps.flatMap(k => withoutStep(frame, k, own));
  });
  const everywhere = (others[0] ?? []).filter(k => others.every(o => o.some(x => keepKey(x) === keepKey(k))));
  const shifted = (axes: readonly number[]): readonly number[] => axes.map(a => (a < axis ? a : a + 1));
  for (const keep of everywhere) put({ mask: keep.mask, axes: shifted(keep.axes) });
  // Masks that change from position to position are put together as the values are.
  const same = new Set(everywhere.map(keepKey));
  const changing = others.map(o => o.filter(k => !same.has(keepKey(k))));
  for (const axes of new Map(changing.flat().map(k => [k.axes.join(), k.axes])).values()) {
    const { builder } = frame.trace;
    const at = axes.filter(a => a < axis).length;
    const shape = axes.map(a => values[0]?.dims[a] ?? 1);
    const one = [...shape.slice(0, at), 1, ...shape.slice(at)];
    const each = changing.map((keeps): ValueId => {
      const own = keeps.filter(k => k.axes.join() === axes.join()).map(k => k.mask);
      const mask = own.reduce<ValueId | undefined>(
        (a, b) => (a === undefined ? b : builder.one('and', [a, b])),
        undefined,
      );
      return mask === undefined
        ? builder.constant(1, 'bool', one)
        : builder.one('reshape', [mask], { shape: one });
    });
    const mask = builder.one('concat', each, { axis: at });
    put({
      mask,
      axes: [...axes.filter(a => a < axis), axis, ...axes.filter(a => a >= axis).map(a => a + 1)],
    });
  }
  return [...found.values()];
}
