// Functions that move positions and compute nothing.

import type { Dim } from '../../../base/dim.ts';
import { dimEqual, dimProduct, showDim } from '../../../base/dim.ts';
import { emitOp } from '../emit.ts';
import type { Intrinsic } from '../intrinsic.ts';
import { axisOf, intArg, tensorArg } from '../intrinsic.ts';
import { compareDims, complain } from '../trace.ts';
import type { TensorValue } from '../values.ts';
import { errorValue, showType } from '../values.ts';
import { rearrange } from './rearrange.ts';

const transpose: Intrinsic = {
  name: 'transpose',
  doc: 'The last two axes swapped.',
  params: [{ name: 'x', kind: 'tensor' }],
  apply: call => {
    const x = tensorArg(call, 'x');
    if (x.kind === 'error') return errorValue;
    const rank = x.dims.length;
    if (rank < 2) {
      complain(call.frame, 'axis-out-of-range', { axis: -2, type: showType(x) }, call.span);
      return errorValue;
    }
    const perm = x.dims.map((_, i) => (i === rank - 1 ? rank - 2 : i === rank - 2 ? rank - 1 : i));
    return emitOp(call.frame, call.span, 'transpose', [x], { perm }, { element: x.element });
  },
};

const reshape: Intrinsic = {
  name: 'reshape',
  doc: 'The same elements in another shape: reshape(x, [N, T, heads, D / heads]).',
  params: [
    { name: 'x', kind: 'tensor' },
    { name: 'shape', kind: 'static' },
  ],
  apply: call => {
    const x = tensorArg(call, 'x');
    const given = call.args.get('shape');
    if (x.kind === 'error' || given === undefined || given.value.kind === 'error') return errorValue;
    const items = given.value.kind === 'list' ? given.value.items : [];
    const shape: Dim[] = [];
    for (const item of items) if (item.kind === 'int') shape.push(item.dim);
    if (given.value.kind !== 'list' || shape.length !== items.length) {
      complain(
        call.frame,
        'wrong-kind',
        { where: 'the shape of reshape', expected: 'a list of whole numbers', got: showType(given.value) },
        given.span,
      );
      return errorValue;
    }
    if (compareDims(call.frame.trace.facts, dimProduct(x.dims), dimProduct(shape)) !== 'equal') {
      const differ = dimEqual(dimProduct(x.dims), dimProduct(shape)) === 'different' ? 'is' : 'may be';
      complain(
        call.frame,
        'op-refused',
        {
          op: 'reshape',
          reason: `[${shape.map(showDim).join(', ')}] ${differ} of another size than ${showType(x)}`,
        },
        given.span,
      );
      return errorValue;
    }
    return emitOp(call.frame, call.span, 'reshape', [x], { shape }, { element: x.element });
  },
};

const concat: Intrinsic = {
  name: 'concat',
  doc: 'Tensors one after another along an axis; the first unless named.',
  params: [{ name: 'axis', kind: 'static', optional: true }],
  more: 'positional',
  apply: call => {
    const values: TensorValue[] = [];
    for (const r of call.rest) {
      if (r.value.kind === 'tensor') values.push(r.value);
      else if (r.value.kind !== 'error')
        complain(
          call.frame,
          'wrong-kind',
          { where: 'what concat joins', expected: 'tensors', got: showType(r.value) },
          r.span,
        );
    }
    const [first] = values;
    const wanted = intArg(call, 'axis', 0);
    if (first === undefined || values.length !== call.rest.length || wanted === undefined) return errorValue;
    const axis = axisOf(call, first, wanted, call.span);
    return axis === undefined
      ? errorValue
      : emitOp(call.frame, call.span, 'concat', values, { axis }, { element: first.element });
  },
};

export const shapes: readonly Intrinsic[] = [transpose, reshape, concat, rearrange];
