// From values of the language to nodes of the graph: emitting an op with its padding rule, promoting static
// numbers, and broadcasting as the language allows it.

import type { Dim } from '../../base/dim.ts';
import { dimKey, showDim } from '../../base/dim.ts';
import type { DType } from '../../base/dtype.ts';
import type { Span } from '../../base/span.ts';
import type { Attrs, TensorType, ValueId } from '../../ir/graph.ts';
import type { Keep, OpDef } from '../../ir/op.ts';
import { OpFault } from '../../ir/op.ts';
import { refuseUnits } from './quantity.ts';
import type { Frame } from './trace.ts';
import { compareDims, complain, dimsCost, here, keepKey, spend } from './trace.ts';
import type { Element, ErrorValue, Quality, TensorValue, Value } from './values.ts';
import { errorValue, float, mergeOrigins, showTensorType, showType } from './values.ts';

export const elementDType = (element: Element): DType =>
  element.kind === 'float' || (element.kind === 'index' && element.soft === true)
    ? 'f32'
    : element.kind === 'bool'
      ? 'bool'
      : 'i32';

export interface EmitOptions {
  readonly element?: Element;
  readonly quality?: Quality;
  /** Skips the padding rule: the caller says what is kept. */
  readonly keeps?: readonly Keep[];
}

/** Emits an op with one output. Its inputs' dropped positions are filled where the op's padding rule asks for it. */
export function emitOp(
  frame: Frame,
  span: Span,
  op: string,
  inputs: readonly TensorValue[],
  attrs: Attrs = {},
  options: EmitOptions = {},
): TensorValue | ErrorValue {
  const outputs = emitOps(frame, span, op, inputs, attrs, options);
  return outputs === undefined ? errorValue : (outputs[0] ?? errorValue);
}

/** As emitOp, all outputs; undefined where the op's rules say no, which is reported. */
export function emitOps(
  frame: Frame,
  span: Span,
  op: string,
  inputs: readonly TensorValue[],
  attrs: Attrs = {},
  options: EmitOptions = {},
): readonly TensorValue[] | undefined {
  const { trace } = frame;
  const { builder } = trace;
  const before = builder.span;
  builder.span = here(frame, span);
  try {
    const given: ValueId[] = [];
    let cost = 10;
    let padded = false;
    for (const v of inputs) {
      if (v.element.kind === 'index' && v.element.soft === true) {
        complain(frame, 'soft-index', { op, got: showTensorType(v) }, span);
        return undefined;
      }
      given.push(v.id);
      cost += dimsCost(v.dims);
      padded ||= options.keeps === undefined && v.keeps.length > 0;
    }
    if (!spend(frame, span, cost)) return undefined;
    const { ids, keeps } = padded
      ? emitPadded(frame, op, inputs, attrs)
      : { ids: builder.emit(op, given, attrs), keeps: [] };
    const origins = mergeOrigins(inputs);
    return ids.map((id, i) => {
      const type = builder.typeOf(id);
      return {
        kind: 'tensor',
        id,
        element: options.element ?? elementOf(type, inputs),
        dims: type.shape,
        quality: options.quality,
        keeps: options.keeps ?? keeps[i] ?? [],
        origins,
      } satisfies TensorValue;
    });
  } catch (fault) {
    if (!(fault instanceof OpFault)) throw fault;
    complain(frame, 'op-refused', { op, reason: fault.message }, span, {
      notes: inputs.map((v, i) => `input ${i + 1}: ${showTensorType(v)}`),
    });
    return undefined;
  } finally {
    builder.span = before;
  }
}

function elementOf(type: TensorType, inputs: readonly TensorValue[]): Element {
  if (type.dtype === 'bool') return { kind: 'bool' };
  if (type.dtype !== 'i32') return float;
  return inputs.find(v => v.element.kind === 'index')?.element ?? { kind: 'int' };
}

function emitPadded(
  frame: Frame,
  op: string,
  inputs: readonly TensorValue[],
  attrs: Attrs,
): { readonly ids: readonly ValueId[]; readonly keeps: readonly (readonly Keep[])[] } {
  const { builder } = frame.trace;
  const def = builder.registry.get(op) as OpDef | undefined;
  if (def === undefined) throw new Error(`no op named ${op}`);
  const types = inputs.map(v => builder.typeOf(v.id));
  const query = {
    inputs: types,
    attrs,
    regions: [],
    dims: { same: (a: Dim, b: Dim) => compareDims(frame.trace.facts, a, b) === 'equal' },
  };
  const dtypes = def.dtype(query);
  const outputs = def.shape(query).map((shape, i) => ({ shape, dtype: dtypes[i] ?? 'f32' }));
  const { steady } = frame.trace;
  const flow = def.keep({ inputs: inputs.map(v => v.keeps), types, outputs, attrs, builder, steady });
  const ids = inputs.map(v => v.id);
  for (const fill of flow.fills) {
    const id = ids[fill.input];
    if (id !== undefined) ids[fill.input] = fillDropped(frame, id, fill.keep, fill.value, fill.free);
  }
  return { ids: builder.emit(op, ids, attrs), keeps: flow.outputs };
}

/** `value` (or, where `free`, any finite number) where `keep` drops, the value itself elsewhere. */
export function fillDropped(frame: Frame, id: ValueId, keep: Keep, value: number, free?: true): ValueId {
  const { builder, filled } = frame.trace;
  const key = `${id} ${keepKey(keep)} ${value} ${free}`;
  const known = filled.get(key);
  if (known !== undefined) return known;
  const type = builder.typeOf(id);
  const mask = alignMask(frame, keep, type.shape.length);
  const out = builder.one('select', [mask, id, builder.constant(value, type.dtype)], free && { free });
  filled.set(key, out);
  return out;
}

/** A keep's mask with a dim of 1 for every axis it doesn't cover, so that it broadcasts over `rank` axes. */
export function alignMask(frame: Pick<Frame, 'trace'>, keep: Keep, rank: number): ValueId {
  const { builder } = frame.trace;
  const dims = builder.shapeOf(keep.mask);
  if (keep.axes.length === rank) return keep.mask;
  const shape: Dim[] = [];
  for (let axis = keep.axes[0] ?? 0; axis < rank; axis++) {
    const at = keep.axes.indexOf(axis);
    shape.push(at < 0 ? 1 : (dims[at] ?? 1));
  }
  return shape.length === dims.length ? keep.mask : builder.one('reshape', [keep.mask], { shape });
}

/** A constant of the language as a scalar of the graph; an unknown one (in a definition) stands as 1. */
export function scalar(frame: Frame, value: number | undefined, element: Element = float): TensorValue {
  return {
    kind: 'tensor',
    id: frame.trace.builder.constant(value ?? 1, elementDType(element)),
    element,
    dims: [],
    quality: undefined,
    keeps: [],
    origins: new Map(),
  };
}

/** A static number beside tensors of integers is whole and fits them. */
function numeric(
  frame: Frame,
  value: number | undefined,
  element: Element,
  span: Span,
  where: string,
): TensorValue | ErrorValue {
  if (value !== undefined && elementDType(element) === 'i32') {
    if (!Number.isInteger(value)) {
      complain(frame, 'not-whole', { value: String(value), where }, span);
      return errorValue;
    }
    if (Math.abs(value) >= 2 ** 31) {
      complain(frame, 'too-large', { what: where, limit: `${value} is more than ${2 ** 31 - 1}` }, span);
      return errorValue;
    }
  }
  return scalar(frame, value, element);
}

/** A tensor, or a static number as a scalar; anything else is reported. */
export function asTensor(
  frame: Frame,
  value: Value,
  span: Span,
  where: string,
  element: Element = float,
): TensorValue | ErrorValue {
  switch (value.kind) {
    case 'tensor':
    case 'error':
      return value;
    case 'int':
      return numeric(frame, typeof value.dim === 'number' ? value.dim : undefined, element, span, where);
    case 'number':
      return numeric(frame, value.value, element, span, where);
    case 'bool':
      return scalar(frame, value.value === undefined ? undefined : Number(value.value), { kind: 'bool' });
    case 'quantity':
      refuseUnits(frame, where, value, span);
      return errorValue;
    default:
      complain(frame, 'wrong-kind', { where, expected: 'a tensor', got: showType(value) }, span);
      return errorValue;
  }
}

/**
 * The dims that two operands have together: only a literal 1 and missing leading dims broadcast. Undefined where
 * they don't fit, which is reported with both sides.
 */
export function broadcastDims(
  frame: Frame,
  span: Span,
  what: string,
  a: TensorValue,
  b: TensorValue,
): boolean {
  const rank = Math.min(a.dims.length, b.dims.length);
  for (let i = 1; i <= rank; i++) {
    const left = a.dims[a.dims.length - i];
    const right = b.dims[b.dims.length - i];
    if (left === undefined || right === undefined || left === 1 || right === 1) continue;
    if (compareDims(frame.trace.facts, left, right) === 'equal') continue;
    const help = leadingHelp(frame, a, b);
    complainDims(frame, span, `${what} pairs axes from the last one`, a, b, left, right, help);
    return false;
  }
  return true;
}

/** What to write where the axes of the value with fewer of them are the first ones of the other. */
function leadingHelp(frame: Frame, a: TensorValue, b: TensorValue): string | undefined {
  const [short, long] = a.dims.length < b.dims.length ? [a, b] : [b, a];
  const more = long.dims.length - short.dims.length;
  const leads = short.dims.every((d, i) => compareDims(frame.trace.facts, d, long.dims[i] ?? 0) === 'equal');
  if (more === 0 || short.dims.length === 0 || !leads) return undefined;
  const [given, wanted] = [short, long].map(v => `[${v.dims.map(showDim).join(', ')}]`);
  return `axes of size 1 at the end make ${given} fit ${wanted}: …[..., ${Array(more).fill('new').join(', ')}]`;
}

/** Tells that two dims differ, where each side comes from, and for which sizes. */
export function complainDims(
  frame: Frame,
  span: Span,
  what: string,
  a: TensorValue,
  b: TensorValue,
  left: Dim,
  right: Dim,
  help?: string,
): void {
  const told =
    help === undefined && showDim(left) === showDim(right)
      ? `two models declare ${showDim(left)}, each for itself: take the used model's, as in labels ${showDim(left)} = Other.${showDim(left)}`
      : help;
  const sides: readonly (readonly [TensorValue, Dim])[] = [
    [a, left],
    [b, right],
  ];
  const origins = sides.flatMap(([v, dim]) => v.origins.get(dimKey(dim)) ?? []);
  complain(
    frame,
    'dims-differ',
    {
      what,
      left: showTensorType(a),
      right: showTensorType(b),
      a: showDim(left),
      b: showDim(right),
      counterexample: counterexample(left, right),
    },
    span,
    {
      related: origins.map(o => ({ span: o.span, message: o.text })),
      ...(told === undefined ? {} : { help: told }),
    },
  );
}

/** Sizes for which two symbolic dims differ; undefined where one is a number, which needs no example. */
export function counterexample(a: Dim, b: Dim): string | undefined {
  if (typeof a === 'number' || typeof b === 'number') return undefined;
  const left = showDim(a);
  const right = showDim(b);
  return left !== right && /^\w+$/.test(left) && /^\w+$/.test(right)
    ? `${left} = 2 and ${right} = 3`
    : undefined;
}
