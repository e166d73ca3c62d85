// Dims bound by the arguments of one call, and the pack; what doesn't agree with what is bound is refused.

import type { Dim } from '../../base/dim.ts';
import { dimProduct, showDim } from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import type { DimExpr, TypeExpr } from '../syntax/ast.ts';
import { complainDims } from './emit.ts';
import { lookUpType } from './scope.ts';
import type { Frame } from './trace.ts';
import { compareDims, complain } from './trace.ts';
import { showExpr, showTypeExpr } from './type-names.ts';
import type { Binding } from './types.ts';
import { evaluateDim, formalName } from './types.ts';
import type { TensorValue, Value } from './values.ts';
import { errorValue, int, showType } from './values.ts';

export interface ParamPlace {
  readonly callee: string;
  readonly name: string;
  readonly type: TypeExpr;
  /** Where the argument stands, in the caller. */
  readonly span: Span;
  readonly paramSpan: Span;
}

/** Reports an argument that its parameter doesn't take. */
export function refuse(frame: Frame, place: ParamPlace, value: Value, reason: string): Value {
  const fields = value.kind === 'record' && value.modality !== undefined ? [...value.fields.keys()] : [];
  const wantsModality =
    place.type.kind !== 'record' && lookUpType(frame.scope, place.type.base.text)?.value.kind === 'modality';
  const why =
    reason === '' && fields.length > 0 && !wantsModality
      ? `its tensors are its fields: .${fields.join(', .')}`
      : reason === ''
        ? madeOf(frame, place.type, value)
        : reason;
  complain(
    frame,
    'argument-type',
    {
      callee: place.callee,
      param: place.name,
      expected: showTypeExpr(place.type),
      got: showType(value),
      why,
    },
    place.span,
    { related: [{ span: place.paramSpan, message: `${place.name} is declared here` }] },
  );
  return errorValue;
}

/** How a value that isn't of a type is made one of it: numbers of masks and indices, a text of ids. */
function madeOf(frame: Frame, type: TypeExpr, value: Value): string {
  if (value.kind !== 'tensor' || type.kind === 'record') return '';
  const { element } = value;
  if (type.base.text === 'float' && element.kind === 'bool')
    return 'to_float(x) makes numbers of it: 1 where it is true, else 0';
  if (type.base.text === 'float' && element.kind !== 'float')
    return 'an index names a position and is no number: to_float(x) makes it one, embedding(x, width: …) a vector';
  const named = lookUpType(frame.scope, type.base.text)?.value;
  if (named?.kind === 'modality' && named.info.spec.kind === 'text' && element.kind === 'index')
    return `these are ids; a text of the same length with other ids is made by: text with { ids: … }`;
  return '';
}

export function bindDim(
  binding: Binding,
  name: string,
  dim: Dim,
  place: ParamPlace,
  value: TensorValue | undefined,
): void {
  binding.bound.set(name, { dim, by: place.name, span: place.span, value });
  binding.scope.names.set(name, { value: int(dim), span: place.paramSpan });
}

export function matchDim(
  caller: Frame,
  body: Frame,
  binding: Binding,
  place: ParamPlace,
  d: DimExpr & { kind: 'dim' },
  actual: Dim,
  value: TensorValue,
): boolean {
  const name = formalName(binding, d);
  if (name !== undefined && !binding.bound.has(name)) {
    bindDim(binding, name, actual, place, value);
    return true;
  }
  const earlier = d.value.kind === 'name' ? binding.bound.get(d.value.text) : undefined;
  const expected = earlier?.dim ?? evaluateDim(body, d.value);
  if (expected === undefined) return false;
  if (compareDims(caller.trace.facts, expected, actual) === 'equal') return true;
  const label = d.value.kind === 'name' ? d.value.text : showExpr(d.value);
  if (earlier?.value !== undefined) {
    complainDims(
      caller,
      place.span,
      `${place.callee}: ${earlier.by} and ${place.name} share the dim ${label}`,
      earlier.value,
      value,
      expected,
      actual,
    );
  } else {
    refuse(caller, place, value, `${label} is ${showDim(expected)} and the argument has ${showDim(actual)}`);
  }
  return false;
}

export function bindPack(
  caller: Frame,
  binding: Binding,
  place: ParamPlace,
  pack: DimExpr & { kind: 'pack' },
  outer: readonly Dim[],
  value: TensorValue,
): boolean {
  const known = binding.pack;
  if (known === undefined) {
    const folded = dimProduct(outer);
    binding.pack = { name: pack.name.text, outer, folded, span: place.span, restored: new Map() };
    binding.scope.names.set(pack.name.text, { value: int(folded), span: pack.span });
    return true;
  }
  if (
    known.outer.length === outer.length &&
    known.outer.every((d, i) => compareDims(caller.trace.facts, d, outer[i] ?? 0) === 'equal')
  )
    return true;
  const show = (dims: readonly Dim[]): string => `[${dims.map(showDim).join(', ')}]`;
  refuse(
    caller,
    place,
    value,
    `${pack.name.text}... is ${show(known.outer)} in an earlier argument and ${show(outer)} here`,
  );
  return false;
}
