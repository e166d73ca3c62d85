// Functions that move positions and compute nothing.

import type { Dim } from '../../../base/dim.ts';
import { dimEqual, dimProduct, showDim } from '../../../base/dim.ts';
import { emitOp } from '../emit.ts';
import type { Intrinsic, IntrinsicCall } from '../intrinsic.ts';
import { axisOf, intArg, tensorArg } from '../intrinsic.ts';
import { idsOf, joinTexts } from '../text-value.ts';
import { compareDims, complain } from '../trace.ts';
import { asDim } from '../types.ts';
import type { TensorValue, Value } from '../values.ts';
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

/** The list of whole numbers given as a shape; nominal dims count too. */
function shapeArg(call: IntrinsicCall): readonly Dim[] | undefined {
  const given = call.args.get('shape');
  if (given === undefined || given.value.kind === 'error') return undefined;
  const items = given.value.kind === 'list' ? given.value.items : [];
  const shape = items.map(asDim).filter(d => d !== undefined);
  if (given.value.kind === 'list' && shape.length === items.length) return shape;
  if (items.some(i => i.kind === 'error')) return undefined;
  const got = showType(given.value);
  complain(
    call.frame,
    'wrong-kind',
    { where: `the shape of ${call.name}`, expected: 'a list of whole numbers', got },
    given.span,
  );
  return undefined;
}

const reshape: Intrinsic = {
  name: 'reshape',
  doc: 'The same elements in another shape: reshape(x, [N, T, heads, D / heads]).',
  params: [
    { name: 'x', kind: 'tensor' },
    { name: 'shape', kind: 'static' },
  ],
  apply: call => {
    const x = tensorArg(call, 'x');
    const shape = shapeArg(call);
    if (x.kind === 'error' || shape === undefined) return errorValue;
    if (compareDims(call.frame.trace.facts, dimProduct(x.dims), dimProduct(shape)) !== 'equal') {
      const differ = dimEqual(dimProduct(x.dims), dimProduct(shape)) === 'different' ? 'is' : 'may be';
      complain(
        call.frame,
        'op-refused',
        {
          op: 'reshape',
          reason: `[${shape.map(showDim).join(', ')}] ${differ} of another size than ${showType(x)}`,
        },
        call.args.get('shape')?.span ?? call.span,
      );
      return errorValue;
    }
    return emitOp(call.frame, call.span, 'reshape', [x], { shape }, { element: x.element });
  },
};

const expand: Intrinsic = {
  name: 'expand',
  doc: 'The same values repeated along leading axes and axes of size 1: expand(x, [N, 1, D]).',
  params: [
    { name: 'x', kind: 'tensor' },
    { name: 'shape', kind: 'static' },
  ],
  apply: call => {
    const x = tensorArg(call, 'x');
    const shape = shapeArg(call);
    if (x.kind === 'error' || shape === undefined) return errorValue;
    return emitOp(call.frame, call.span, 'broadcast', [x], { shape }, { element: x.element });
  },
};

const concat: Intrinsic = {
  name: 'concat',
  doc: 'Tensors one after another along an axis; the first unless named. Of texts of one modality, one text behind the other.',
  params: [{ name: 'axis', kind: 'static', optional: true }],
  more: 'positional',
  apply: call => {
    const texts = call.args.has('axis') ? undefined : joinedTexts(call);
    if (texts !== undefined) return texts;
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

/** Texts one behind another; undefined where what is given aren't texts that fit. */
function joinedTexts(call: IntrinsicCall): Value | undefined {
  const [first, ...others] = call.rest.map(r => r.value);
  if (first === undefined || idsOf(first) === undefined) return undefined;
  return others.reduce<Value | undefined>(
    (text, next) => (text === undefined ? undefined : joinTexts(call.frame, call.span, text, next)),
    first,
  );
}

export const shapes: readonly Intrinsic[] = [transpose, reshape, expand, concat, rearrange];
