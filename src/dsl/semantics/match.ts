// A parameter's type matched against its argument: the first bare place of a dim binds it, the others are checked.

import { showDim } from '../../base/dim.ts';
import type { TensorTypeExpr } from '../syntax/ast.ts';
import { bindDim, bindPack, matchDim, type ParamPlace, refuse } from './bind.ts';
import { isOfModality } from './modality-fields.ts';
import type { ModalityInfo } from './model.ts';
import { fold } from './pack.ts';
import { lookUpType } from './scope.ts';
import type { Frame } from './trace.ts';
import { compareDims, complain } from './trace.ts';
import type { Binding, Wanted } from './types.ts';
import { formalName, packOf, wantedOf } from './types.ts';
import type { RecordValue, TensorValue, Value } from './values.ts';
import { errorValue, showType } from './values.ts';

/**
 * Matches one argument against a parameter's type, binding dims; gives the value as the body sees it (leading dims
 * folded into the pack).
 */
export function matchParam(
  caller: Frame,
  body: Frame,
  binding: Binding,
  place: ParamPlace,
  value: Value,
): Value {
  if (value.kind === 'error') return value;
  const known = new Set(binding.bound.keys());
  const { pack } = binding;
  const matched = matchType(caller, body, binding, place, value);
  if (matched.kind !== 'error') return matched;
  // What a wrong argument has bound must not make the next one wrong.
  for (const name of [...binding.bound.keys()].filter(n => !known.has(n))) {
    binding.bound.delete(name);
    binding.scope.names.delete(name);
  }
  binding.pack = pack;
  return matched;
}

function matchType(caller: Frame, body: Frame, binding: Binding, place: ParamPlace, value: Value): Value {
  const { type } = place;
  if (type.kind === 'record') {
    if (value.kind !== 'record') return refuse(caller, place, value, '');
    const fields = new Map<string, Value>();
    for (const f of type.fields) {
      const field = value.fields.get(f.name.text);
      if (field === undefined) return refuse(caller, place, value, `it has no field ${f.name.text}`);
      fields.set(
        f.name.text,
        matchParam(
          caller,
          body,
          binding,
          { ...place, name: `${place.name}.${f.name.text}`, type: f.type },
          field,
        ),
      );
    }
    return { kind: 'record', fields, modality: undefined, lead: [] };
  }
  const named = lookUpType(body.scope, type.base.text)?.value;
  if (named?.kind === 'modality') return matchModality(caller, body, binding, place, type, named.info, value);
  if (value.kind !== 'tensor') return refuse(caller, place, value, '');
  if (type.base.text === 'tensor' && type.dims === undefined) return value;
  return matchTensor(caller, body, binding, place, type, value);
}

function matchTensor(
  caller: Frame,
  body: Frame,
  binding: Binding,
  place: ParamPlace,
  type: TensorTypeExpr,
  value: TensorValue,
): Value {
  const wanted = wantedOf(body, type, binding);
  if (wanted === undefined) return errorValue;
  if (!matchElement(caller, binding, place, type, wanted, value)) return errorValue;
  if (wanted.quality !== undefined && value.quality !== wanted.quality) {
    if (wanted.quality === 'unit') {
      complain(
        caller,
        'not-unit',
        { callee: place.callee, param: place.name, got: showType(value) },
        place.span,
        {
          related: [{ span: place.paramSpan, message: `${place.name} is declared here` }],
        },
      );
      return errorValue;
    }
    return refuse(caller, place, value, `it isn't known to be a ${wanted.quality}: softmax gives one`);
  }
  const packed = packOf(body, type);
  if (packed === 'error') return errorValue;
  const rest = wanted.dims.filter(d => d.kind === 'dim');
  const fixed = rest.length + (wanted.space === undefined ? 0 : 1);
  const lead = value.dims.length - fixed;
  if (lead < 0 || (packed === undefined && lead !== 0)) {
    const axes = (n: number): string => `${n} ${n === 1 ? 'axis' : 'axes'}`;
    return refuse(
      caller,
      place,
      value,
      `it has ${axes(value.dims.length)} and must have ${packed === undefined ? '' : 'at least '}${axes(fixed)}`,
    );
  }
  if (packed?.kind === 'pack' && !bindPack(caller, binding, place, packed, value.dims.slice(0, lead), value))
    return errorValue;
  for (const [i, d] of rest.entries()) {
    const actual = value.dims[lead + i];
    if (actual !== undefined && d.kind === 'dim' && !matchDim(caller, body, binding, place, d, actual, value))
      return errorValue;
  }
  if (wanted.space !== undefined) {
    const actual = value.dims[value.dims.length - 1];
    if (actual !== undefined && compareDims(caller.trace.facts, actual, wanted.space) !== 'equal')
      return refuse(caller, place, value, '');
  }
  return packed === undefined ? value : fold(body, binding, value, lead);
}

function matchElement(
  caller: Frame,
  binding: Binding,
  place: ParamPlace,
  type: TensorTypeExpr,
  wanted: Wanted,
  value: TensorValue,
): boolean {
  if (type.base.text === 'index') {
    if (value.element.kind !== 'index' && value.element.kind !== 'int') {
      refuse(caller, place, value, '');
      return false;
    }
    if (value.element.kind === 'int') return true;
    const of = type.of;
    const name =
      of?.kind === 'name' ? formalName(binding, { kind: 'dim', value: of, span: of.span }) : undefined;
    if (name !== undefined && !binding.bound.has(name)) {
      bindDim(binding, name, value.element.of, place, value);
      return true;
    }
    const expected = wanted.element?.kind === 'index' ? wanted.element.of : undefined;
    if (expected === undefined || compareDims(caller.trace.facts, expected, value.element.of) === 'equal')
      return true;
    const earlier = name === undefined ? undefined : binding.bound.get(name);
    complain(
      caller,
      'two-vocabularies',
      { callee: place.callee, a: showDim(expected), b: showDim(value.element.of) },
      place.span,
      {
        related:
          earlier === undefined
            ? []
            : [{ span: earlier.span, message: `${earlier.by} makes ${name} ${showDim(expected)}` }],
      },
    );
    return false;
  }
  if (wanted.element !== undefined && wanted.element.kind !== value.element.kind) {
    refuse(caller, place, value, '');
    return false;
  }
  return true;
}

/** What keeps a record of one modality from being one of another. */
function whyNot(value: Value, info: ModalityInfo): string {
  const other = value.kind === 'record' ? value.modality : undefined;
  const given = other?.spec;
  if (other?.name === info.name)
    return `${other.path} and ${info.path} are two modalities: take the other model's, modality NAME = Other.${info.name}`;
  if (given?.kind === 'video' && info.spec.kind === 'image')
    return 'a video has pictures in its field frames';
  if (given?.kind !== 'image' || info.spec.kind !== 'image') return '';
  const size = (s: { readonly height: number; readonly width: number }): string => `${s.height} × ${s.width}`;
  return size(given) === size(info.spec) ? '' : `it is ${size(given)}, and ${info.name} ${size(info.spec)}`;
}

function matchModality(
  caller: Frame,
  body: Frame,
  binding: Binding,
  place: ParamPlace,
  type: TensorTypeExpr,
  info: ModalityInfo,
  value: Value,
): Value {
  if (value.kind !== 'record' || !isOfModality(value.modality, info))
    return refuse(caller, place, value, whyNot(value, info));
  const packed = packOf(body, type);
  if (packed === 'error') return errorValue;
  const rest = (type.dims ?? []).filter(d => d.kind === 'dim');
  const own = info.axes.length;
  // picture[N...] names only leading dims; caption[N..., T] its own axis too, which may be left out.
  const [sample] = info.components;
  const first = sample === undefined ? undefined : value.fields.get(sample.name);
  if (first?.kind !== 'tensor') return errorValue;
  const named = packed === undefined ? rest.length - value.lead.length : rest.length;
  const ownNamed = packed === undefined ? Math.max(0, Math.min(own, named)) : Math.min(own, rest.length);
  const leadDims = rest.slice(0, rest.length - ownNamed);
  if (packed === undefined && leadDims.length !== value.lead.length) return refuse(caller, place, value, '');
  if (packed?.kind === 'pack') {
    const outer = value.lead.slice(0, value.lead.length - leadDims.length);
    if (value.lead.length < leadDims.length || !bindPack(caller, binding, place, packed, outer, first))
      return value.lead.length < leadDims.length ? refuse(caller, place, value, '') : errorValue;
  }
  const skip = value.lead.length - leadDims.length;
  for (const [i, d] of leadDims.entries()) {
    const actual = value.lead[skip + i];
    if (actual !== undefined && d.kind === 'dim' && !matchDim(caller, body, binding, place, d, actual, first))
      return errorValue;
  }
  for (const [i, d] of rest.slice(rest.length - ownNamed).entries()) {
    const actual = first.dims[value.lead.length + i];
    if (actual !== undefined && d.kind === 'dim' && !matchDim(caller, body, binding, place, d, actual, first))
      return errorValue;
  }
  if (packed === undefined || skip === 1) return value;
  const fields = new Map<string, Value>();
  for (const [name, v] of value.fields)
    fields.set(name, v.kind === 'tensor' ? fold(body, binding, v, skip) : v);
  const { starts } = value;
  return {
    kind: 'record',
    fields,
    modality: info,
    lead: [binding.pack?.folded ?? 1, ...value.lead.slice(skip)],
    ...(starts === undefined ? {} : { starts: () => fold(body, binding, starts(), skip) }),
  } satisfies RecordValue;
}
