// Positions chosen by index or by size, and keeps narrowed on purpose.

import type { Dim } from '../../../base/dim.ts';
import { showDim } from '../../../base/dim.ts';
import { userPlace } from '../../../base/span.ts';
import { specialTokens } from '../../../base/special-tokens.ts';
import type { Keep } from '../../../ir/op.ts';
import { alignMask, emitOp, emitOps, scalar } from '../emit.ts';
import type { Intrinsic, IntrinsicCall } from '../intrinsic.ts';
import { tensorArg } from '../intrinsic.ts';
import { compareDims, complain, here, keepKey } from '../trace.ts';
import { asDim } from '../types.ts';
import type { ErrorValue, TensorValue, Value } from '../values.ts';
import { errorValue, showType } from '../values.ts';
import { floatArg } from './elementwise.ts';
import { indexArg, pointsInto } from './indexing.ts';

const refuse = (call: IntrinsicCall, param: string, expected: string, got: Value): Value => {
  const where = `${param} of ${call.name}`;
  complain(
    call.frame,
    'wrong-kind',
    { where, expected, got: showType(got) },
    call.args.get(param)?.span ?? call.span,
  );
  return errorValue;
};

/** Whether these dims are the first ones of the value. */
const leads = (call: IntrinsicCall, dims: readonly Dim[], of: TensorValue): boolean =>
  dims.length <= of.dims.length &&
  dims.every((d, i) => compareDims(call.frame.trace.facts, d, of.dims[i] ?? 0) === 'equal');

const only: Intrinsic = {
  name: 'only',
  doc: 'x itself, of which only what the mask is true for counts from here on: the rest is dropped as padding is. The mask has the first axes of x, or all. With `tell: "…"`, what is dropped, training warns of it and counts it.',
  params: [
    { name: 'x', kind: 'tensor' },
    { name: 'mask', kind: 'tensor' },
    { name: 'tell', kind: 'static', optional: true },
  ],
  apply: call => {
    const x = tensorArg(call, 'x');
    const mask = tensorArg(call, 'mask');
    if (x.kind === 'error' || mask.kind === 'error') return errorValue;
    if (mask.element.kind !== 'bool' || mask.dims.length === 0 || !leads(call, mask.dims, x))
      return refuse(call, 'mask', `a mask over the first axes of ${showType(x)}`, mask);
    const axes = mask.dims.map((_, i) => i);
    const what = call.args.get('tell');
    if (what !== undefined) {
      if (what.value.kind !== 'string') return refuse(call, 'tell', 'a string', what.value);
      const before = [...x.keeps, ...mask.keeps].filter(k => k.axes.every(axis => axis < axes.length));
      const span = userPlace(here(call.frame, call.span));
      call.frame.trace.told.push({ what: what.value.value, mask: mask.id, keeps: before, span });
    }
    const keeps = new Map<string, Keep>();
    for (const k of [...x.keeps, ...mask.keeps, { mask: mask.id, axes }]) keeps.set(keepKey(k), k);
    return { ...x, keeps: [...keeps.values()] };
  },
};

const special: Intrinsic = {
  name: 'special',
  doc: 'True where a text has a special token (as `<end>`) and no piece of its own words.',
  params: [{ name: 'text', kind: 'any' }],
  apply: call => {
    const text = call.args.get('text')?.value ?? errorValue;
    const spec = text.kind === 'record' ? text.modality?.spec : undefined;
    const ids = text.kind === 'record' ? text.fields.get('ids') : undefined;
    if (spec?.kind !== 'text' || ids?.kind !== 'tensor') return refuse(call, 'text', 'a text', text);
    const first = scalar(call.frame, specialTokens(spec.tokenizer).length, ids.element);
    return emitOp(call.frame, call.span, 'less', [ids, first], {}, { element: { kind: 'bool' } });
  },
};

const pick: Intrinsic = {
  name: 'pick',
  doc: 'Positions of a sequence by index: x[N…, T, …], index(T)[N…, K] → [N…, K, …]. What is picked from a dropped position is dropped.',
  params: [
    { name: 'x', kind: 'tensor' },
    { name: 'index', kind: 'tensor' },
  ],
  apply: call => {
    const x = tensorArg(call, 'x');
    const index = indexArg(call, 'index');
    if (x.kind === 'error' || index === undefined) return errorValue;
    const axis = index.dims.length - 1;
    const along = x.dims[axis];
    if (along === undefined || !leads(call, index.dims.slice(0, axis), x))
      return refuse(
        call,
        'index',
        `an index(${showDim(along ?? 1)}) with the first axes of ${showType(x)}`,
        index,
      );
    return pointsInto(call, index, along) ? pickAlong(call, x, index, axis) : errorValue;
  },
};

/** x[…, T, …] at index[…, K], and the masks of x in the same way: what comes from a dropped position stays dropped. */
function pickAlong(call: IntrinsicCall, x: TensorValue, index: TensorValue, axis: number): Value {
  const { frame } = call;
  const picked = takeRows(call, x, index, axis);
  if (picked.kind === 'error') return errorValue;
  const keeps: Keep[] = [...picked.keeps];
  for (const keep of x.keeps.filter(k => k.axes.includes(axis))) {
    const rank = Math.max(...keep.axes) + 1;
    const shape = x.dims.slice(0, rank);
    const id = frame.trace.builder.one('broadcast', [alignMask(frame, keep, rank)], { shape });
    const mask = takeRows(call, { ...x, id, element: { kind: 'bool' }, dims: shape, keeps: [] }, index, axis);
    if (mask.kind === 'tensor') keeps.push({ mask: mask.id, axes: shape.map((_, i) => i) });
  }
  return { ...picked, quality: axis < x.dims.length - 1 ? x.quality : undefined, keeps };
}

function takeRows(
  call: IntrinsicCall,
  x: TensorValue,
  index: TensorValue,
  axis: number,
): TensorValue | ErrorValue {
  const { frame, span } = call;
  const more = x.dims.slice(axis + 1);
  const { element } = index;
  const shape = [...index.dims, ...more.map(() => 1)];
  const column = more.length === 0 ? index : emitOp(frame, span, 'reshape', [index], { shape }, { element });
  if (column.kind === 'error') return errorValue;
  const wide = { shape: [...index.dims, ...more] };
  const every = more.length === 0 ? column : emitOp(frame, span, 'broadcast', [column], wide, { element });
  return every.kind === 'error'
    ? errorValue
    : emitOp(frame, span, 'take_along', [x, every], { axis }, { element: x.element });
}

const top: Intrinsic = {
  name: 'top_k',
  doc: 'The k largest along the last axis, largest first: { value, index }. Of equal ones the first; dropped positions come last.',
  params: [
    { name: 'x', kind: 'tensor' },
    { name: 'k', kind: 'static' },
  ],
  apply: call => {
    const x = floatArg(call, 'x');
    const given = call.args.get('k')?.value ?? errorValue;
    const of = x?.dims[x.dims.length - 1];
    if (x === undefined || of === undefined) return errorValue;
    const k = asDim(given);
    if (k === undefined) return refuse(call, 'k', 'a whole number', given);
    const { frame, span } = call;
    const outputs = emitOps(frame, span, 'top_k', [x], { k: typeof k === 'number' ? k : 1 });
    const [value, index] = (outputs ?? []).map(v => {
      // While checking, k may be a dim: then the shape is all that counts.
      const shape = [...x.dims.slice(0, -1), k];
      return typeof k === 'number' ? v : emitOp(frame, span, 'broadcast', [v], { shape });
    });
    if (value?.kind !== 'tensor' || index?.kind !== 'tensor') return errorValue;
    const fields = new Map<string, Value>([
      ['value', value],
      ['index', { ...index, element: { kind: 'index', of } }],
    ]);
    return { kind: 'record', fields, modality: undefined, lead: [] };
  },
};

export const picking: readonly Intrinsic[] = [only, special, pick, top];
