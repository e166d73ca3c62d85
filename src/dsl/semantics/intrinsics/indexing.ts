// Functions around indices: positions on a dim as values.

import type { Dim } from '../../../base/dim.ts';
import { showDim } from '../../../base/dim.ts';
import { alignMask, emitOp } from '../emit.ts';
import type { Intrinsic, IntrinsicCall } from '../intrinsic.ts';
import { axisOf, intArg, tensorArg } from '../intrinsic.ts';
import { isSoft, weightsOf } from '../soft.ts';
import { compareDims, complain } from '../trace.ts';
import type { TensorValue, Value } from '../values.ts';
import { errorValue, showElement, showType } from '../values.ts';

export function indexArg(call: IntrinsicCall, name: string): TensorValue | undefined {
  const v = tensorArg(call, name);
  if (v.kind === 'error') return undefined;
  if (v.element.kind === 'index' || v.element.kind === 'int') return v;
  complain(
    call.frame,
    'wrong-kind',
    { where: `${name} of ${call.name}`, expected: 'an index', got: showType(v) },
    call.args.get(name)?.span ?? call.span,
  );
  return undefined;
}

/** An index points into this dim; reported otherwise. */
export function pointsInto(call: IntrinsicCall, index: TensorValue, dim: Dim): boolean {
  if (index.element.kind !== 'index') return true;
  if (compareDims(call.frame.trace.facts, index.element.of, dim) === 'equal') return true;
  complain(
    call.frame,
    'wrong-kind',
    {
      where: `the index of ${call.name}`,
      expected: `an index(${showDim(dim)})`,
      got: showElement(index.element),
    },
    call.args.get('index')?.span ?? call.span,
  );
  return false;
}

const gather: Intrinsic = {
  name: 'gather',
  doc: 'Rows of a table by index: table[V, …], index(V)[N…] → [N…, …].',
  params: [
    { name: 'table', kind: 'tensor' },
    { name: 'index', kind: 'tensor' },
  ],
  apply: call => {
    const table = tensorArg(call, 'table');
    const index = indexArg(call, 'index');
    const rows = table.kind === 'tensor' ? table.dims[0] : undefined;
    if (table.kind === 'error' || index === undefined || rows === undefined || !pointsInto(call, index, rows))
      return errorValue;
    if (isSoft(index)) return mixed(call, table, index);
    return emitOp(call.frame, call.span, 'gather', [table, index], {}, { element: table.element });
  },
};

/** Rows of a table by soft index: the mean of all rows with these weights. */
function mixed(call: IntrinsicCall, table: TensorValue, index: TensorValue): Value {
  const weights = weightsOf(index);
  const dims = {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [weights.dims.length - 1],
    rhsContract: [0],
  };
  return emitOp(call.frame, call.span, 'dot_general', [weights, table], dims, { element: table.element });
}

const take: Intrinsic = {
  name: 'take',
  doc: 'The value at an index along the last axis: x[N…, D], index(D)[N…] → [N…].',
  params: [
    { name: 'x', kind: 'tensor' },
    { name: 'index', kind: 'tensor' },
  ],
  apply: call => {
    const x = tensorArg(call, 'x');
    const index = indexArg(call, 'index');
    const last = x.kind === 'tensor' ? x.dims[x.dims.length - 1] : undefined;
    if (x.kind === 'error' || index === undefined || last === undefined || !pointsInto(call, index, last))
      return errorValue;
    const { frame, span } = call;
    const column = emitOp(
      frame,
      span,
      'reshape',
      [index],
      { shape: [...index.dims, 1] },
      { element: index.element },
    );
    if (column.kind === 'error') return errorValue;
    const taken = emitOp(
      frame,
      span,
      'take_along',
      [x, column],
      { axis: x.dims.length - 1 },
      { element: x.element },
    );
    return taken.kind === 'error'
      ? errorValue
      : emitOp(frame, span, 'reshape', [taken], { shape: index.dims }, { element: x.element });
  },
};

const iota: Intrinsic = {
  name: 'iota',
  doc: 'The positions of a dim in order: iota(T) is index(T)[T].',
  params: [{ name: 'size', kind: 'static' }],
  apply: call => {
    const given = call.args.get('size');
    if (given === undefined || given.value.kind === 'error') return errorValue;
    if (given.value.kind !== 'int') {
      complain(
        call.frame,
        'wrong-kind',
        { where: 'the size of iota', expected: 'a dim', got: showType(given.value) },
        given.span,
      );
      return errorValue;
    }
    const { dim } = given.value;
    return emitOp(
      call.frame,
      call.span,
      'iota',
      [],
      { dtype: 'i32', shape: [dim], axis: 0 },
      { element: { kind: 'index', of: dim } },
    );
  },
};

const places: Intrinsic = {
  name: 'places',
  doc: 'The place of each position along an axis, counting kept ones only: 0, 1, 2, … int[T], or int[N, T] where padding leaves holes.',
  params: [
    { name: 'x', kind: 'tensor' },
    { name: 'axis', kind: 'static', optional: true },
  ],
  apply: call => {
    const x = tensorArg(call, 'x');
    const wanted = intArg(call, 'axis', -2);
    if (x.kind === 'error' || wanted === undefined) return errorValue;
    const axis = axisOf(call, x, wanted, call.span);
    return axis === undefined ? errorValue : placesOf(call, x, axis);
  },
};

function placesOf(call: IntrinsicCall, x: TensorValue, axis: number): Value {
  const { frame, span } = call;
  const { builder, prefixes } = frame.trace;
  const size = x.dims[axis] ?? 1;
  // Where what is kept is a prefix, counting kept positions is counting positions.
  const holes = x.keeps.filter(k => k.axes.includes(axis) && !prefixes.has(k.mask));
  const [keep] = holes;
  if (keep === undefined)
    return emitOp(
      frame,
      span,
      'iota',
      [],
      { dtype: 'i32', shape: [size], axis: 0 },
      { element: { kind: 'int' } },
    );
  // place[t] = Σ_{s < t} kept[s]: a product with the strictly lower triangle of ones.
  const mask = alignMask(frame, { mask: keep.mask, axes: keep.axes }, axis + 1);
  const ones = builder.one('cast', [mask], { to: 'f32' });
  const rows = builder.one('iota', [], { dtype: 'i32', shape: [size, size], axis: 0 });
  const columns = builder.one('iota', [], { dtype: 'i32', shape: [size, size], axis: 1 });
  const before = builder.one('cast', [builder.one('less', [rows, columns])], { to: 'f32' });
  const rank = builder.shapeOf(ones).length;
  const counted = builder.one('dot_general', [ones, before], {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [rank - 1],
    rhsContract: [0],
  });
  const id = builder.one('cast', [counted], { to: 'i32' });
  return {
    kind: 'tensor',
    id,
    element: { kind: 'int' },
    dims: builder.shapeOf(id),
    quality: undefined,
    keeps: [],
    origins: x.origins,
  };
}

export const indexing: readonly Intrinsic[] = [gather, take, iota, places];
