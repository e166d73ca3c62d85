// Writing rows into a buffer, as into a queue that is a state.

import type { Dim } from '../../../base/dim.ts';
import type { ValueId } from '../../../ir/graph.ts';
import { alignMask, complainDims, emitOp } from '../emit.ts';
import type { Intrinsic, IntrinsicCall } from '../intrinsic.ts';
import { tensorArg } from '../intrinsic.ts';
import { atMost, compareDims, complain, here } from '../trace.ts';
import type { Element, TensorValue, Value } from '../values.ts';
import { errorValue, showType } from '../values.ts';

const put: Intrinsic = {
  name: 'put',
  doc: 'A buffer with rows written over it from a position on, around its end: buffer[K, …], rows[B, …], at: index(K). Where a row is dropped the buffer stays as it was.',
  params: [
    { name: 'buffer', kind: 'tensor' },
    { name: 'rows', kind: 'tensor' },
    { name: 'at', kind: 'tensor' },
  ],
  apply: call => {
    const [buffer, rows, at] = ['buffer', 'rows', 'at'].map(name => tensorArg(call, name));
    if (buffer?.kind !== 'tensor' || rows?.kind !== 'tensor' || at?.kind !== 'tensor') return errorValue;
    if (!fits(call, buffer, rows) || !pointsInto(call, buffer, at)) return errorValue;
    return written(call, buffer, rows, at);
  },
};

function sameElement({ frame }: IntrinsicCall, a: Element, b: Element): boolean {
  if (a.kind !== 'index' || b.kind !== 'index') return a.kind === b.kind;
  return compareDims(frame.trace.facts, a.of, b.of) === 'equal';
}

function fits(call: IntrinsicCall, buffer: TensorValue, rows: TensorValue): boolean {
  const { frame, span } = call;
  const refuse = (expected: string): boolean => {
    const place = { where: 'rows of put', expected, got: showType(rows) };
    complain(frame, 'wrong-kind', place, call.args.get('rows')?.span ?? span);
    return false;
  };
  const ranked = rows.dims.length === buffer.dims.length && rows.dims.length > 0;
  if (!ranked || !sameElement(call, buffer.element, rows.element))
    return refuse(`rows for ${showType(buffer)}`);
  if (atMost(rows.dims[0] ?? 1, buffer.dims[0] ?? 1) === false)
    return refuse(`at most as many rows as ${showType(buffer)} has`);
  for (const [i, dim] of buffer.dims.entries()) {
    const own = rows.dims[i] ?? 1;
    if (i === 0 || compareDims(frame.trace.facts, dim, own) === 'equal') continue;
    complainDims(frame, span, 'put writes rows as long as those of the buffer', buffer, rows, dim, own);
    return false;
  }
  return true;
}

function pointsInto(call: IntrinsicCall, buffer: TensorValue, at: TensorValue): boolean {
  const of: Element = { kind: 'index', of: buffer.dims[0] ?? 1 };
  if (at.dims.length === 0 && at.element.kind === 'index' && sameElement(call, at.element, of)) return true;
  const place = { where: 'at of put', expected: 'one index into the rows of the buffer', got: showType(at) };
  complain(call.frame, 'wrong-kind', place, call.args.get('at')?.span ?? call.span);
  return false;
}

/** Row i of the buffer becomes row j = (i − at) mod K of what is written, where there is one. */
function written(call: IntrinsicCall, buffer: TensorValue, rows: TensorValue, at: TensorValue): Value {
  const { frame, span } = call;
  const { builder } = frame.trace;
  builder.span = here(frame, span);
  const [size, count] = [buffer.dims[0] ?? 1, rows.dims[0] ?? 1];
  const whole = (dim: Dim, less = 0): ValueId =>
    builder.constant((typeof dim === 'number' ? dim : 1) - less, 'i32');
  const places = builder.one('iota', [], { dtype: 'i32', shape: [size], axis: 0 });
  const row = builder.one('rem', [builder.one('sub', [places, at.id]), whole(size)]);
  const index = builder.one('min', [row, whole(count, 1)]);
  const isWritten = builder.one('reshape', [builder.one('less', [row, whole(count)])], {
    shape: [size, ...buffer.dims.slice(1).map(() => 1)],
  });
  const real = rows.keeps.map(keep => {
    const mask = alignMask(frame, keep, rows.dims.length);
    return keep.axes.includes(0) ? builder.one('gather', [mask, index]) : mask;
  });
  const chosen = real.reduce((a, b) => builder.one('and', [a, b]), isWritten);
  const value = (id: ValueId, element: Element): TensorValue => ({
    ...buffer,
    id,
    element,
    dims: builder.shapeOf(id),
    keeps: [],
  });
  const picked = builder.one('gather', [rows.id, index]);
  const quality = buffer.quality === rows.quality ? buffer.quality : undefined;
  const { element, keeps } = buffer;
  return emitOp(
    frame,
    span,
    'select',
    [value(chosen, { kind: 'bool' }), value(picked, element), buffer],
    {},
    { element, keeps, ...(quality === undefined ? {} : { quality }) },
  );
}

export const buffers: readonly Intrinsic[] = [put];
