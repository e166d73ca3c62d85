// Type expressions against values: a parameter's type is matched against its argument, the first bare place of a
// dim binds it, the others are checked; a promised result is held to.

import type { Dim } from '../../base/dim.ts';
import { type DimRole, dimProduct, dimSymbol, showDim } from '../../base/dim.ts';
import { nearestName } from '../../base/nearest-name.ts';
import type { Span } from '../../base/span.ts';
import type { DimExpr, TensorTypeExpr, TypeExpr } from '../syntax/ast.ts';
import { complainDims, emitOp } from './emit.ts';
import { evaluate } from './expressions.ts';
import type { ModalityInfo } from './model.ts';
import { lookUp, namesInReach, type Scope } from './scope.ts';
import type { Frame } from './trace.ts';
import { compareDims, complain } from './trace.ts';
import type { Element, Quality, RecordValue, TensorValue, Value } from './values.ts';
import { errorValue, float, int, showType } from './values.ts';

export const staticBases = ['int', 'number', 'bool', 'string', 'block', 'dim', 'axes', 'list'] as const;
export type StaticBase = (typeof staticBases)[number];
export const tensorBases = ['float', 'index', 'tensor', 'mask'] as const;

export function isStaticBase(name: string): name is StaticBase {
  return (staticBases as readonly string[]).includes(name);
}

/** A static parameter is known before the model runs; a bare `float` may be either and counts as a tensor. */
export function isStaticType(type: TypeExpr): boolean {
  return type.kind === 'tensor' && isStaticBase(type.base.text);
}

/** As written, for messages. */
export function showTypeExpr(type: TypeExpr): string {
  if (type.kind === 'record')
    return `{ ${type.fields.map(f => `${f.name.text}: ${showTypeExpr(f.type)}`).join(', ')} }`;
  const of = type.of === undefined ? '' : `(${showExpr(type.of)})`;
  const dims =
    type.dims === undefined
      ? ''
      : `[${type.dims.map(d => (d.kind === 'pack' ? `${d.name.text}...` : showExpr(d.value))).join(', ')}]`;
  return `${type.qualifier === undefined ? '' : `${type.qualifier} `}${type.base.text}${of}${dims}`;
}

function showExpr(e: import('../syntax/ast.ts').Expr): string {
  switch (e.kind) {
    case 'number':
      return e.text;
    case 'name':
      return e.text;
    case 'binary':
      return `${showExpr(e.left)} ${e.op} ${showExpr(e.right)}`;
    case 'field':
      return `${showExpr(e.object)}.${e.field.text}`;
    default:
      return '…';
  }
}

/** The dims of a pack at one call, and the one dim it is inside. */
export interface Pack {
  readonly name: string;
  readonly outer: readonly Dim[];
  readonly folded: Dim;
  readonly span: Span;
  /** Masks folded on the way in, by the folded mask, as they were outside. */
  readonly restored: Map<number, import('../../ir/op.ts').Keep>;
}

/** What matching the parameters of one call has learnt. */
export interface Binding {
  /** The scope of the body: formal dims become ints in it. */
  readonly scope: Scope;
  readonly bound: Map<
    string,
    { readonly dim: Dim; readonly by: string; readonly span: Span; readonly value: TensorValue | undefined }
  >;
  pack: Pack | undefined;
}

/** A named dim of a type: a formal one if it means nothing else where the block stands. */
function formalName(binding: Binding, d: DimExpr): string | undefined {
  if (d.kind !== 'dim' || d.value.kind !== 'name') return undefined;
  const known = lookUp(binding.scope, d.value.text);
  const meansSomething =
    known !== undefined &&
    (asDim(known.value) !== undefined || known.value.kind === 'number' || known.value.kind === 'error');
  return meansSomething ? undefined : d.value.text;
}

/** A value that may stand as a dim: a whole number, a space, a vocabulary, the vocabulary of a text modality. */
export function asDim(value: Value): Dim | undefined {
  if (value.kind === 'int' || value.kind === 'space') return value.dim;
  if (value.kind === 'modality') return value.info.vocabulary;
  return undefined;
}

/** Evaluates a dim expression of a type in the block's scope. */
export function evaluateDim(frame: Frame, e: import('../syntax/ast.ts').Expr): Dim | undefined {
  if (e.kind === 'name' && lookUp(frame.scope, e.text) === undefined) {
    complain(
      frame,
      'unbound-dim',
      { name: e.text, suggestion: nearestName(e.text, namesInReach(frame.scope)) },
      e.span,
    );
    return undefined;
  }
  const value = evaluate(frame, e);
  const dim = asDim(value);
  if (dim !== undefined) return dim;
  if (value.kind === 'number' && value.value !== undefined && Number.isInteger(value.value))
    return value.value;
  if (value.kind === 'number') {
    complain(frame, 'not-whole', { value: showType(value), where: 'a dim' }, e.span);
    return undefined;
  }
  if (value.kind !== 'error')
    complain(
      frame,
      'wrong-kind',
      { where: 'a dim', expected: 'a whole number or a dim', got: showType(value) },
      e.span,
    );
  return undefined;
}

function packOf(frame: Frame, type: TensorTypeExpr): DimExpr | undefined | 'error' {
  const dims = type.dims ?? [];
  const packs = dims.filter(d => d.kind === 'pack');
  const [pack] = packs;
  if (pack === undefined) return undefined;
  if (packs.length > 1 || dims[0] !== pack) {
    const wrong = packs[1] ?? pack;
    complain(frame, 'pack-misplaced', { name: wrong.kind === 'pack' ? wrong.name.text : '' }, wrong.span);
    return 'error';
  }
  return pack;
}

export interface ParamPlace {
  readonly callee: string;
  readonly name: string;
  readonly type: TypeExpr;
  /** Where the argument stands, in the caller. */
  readonly span: Span;
  readonly paramSpan: Span;
}

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
  const named = lookUp(body.scope, type.base.text)?.value;
  if (named?.kind === 'modality') return matchModality(caller, body, binding, place, type, named.info, value);
  if (value.kind !== 'tensor') return refuse(caller, place, value, '');
  if (type.base.text === 'tensor') return value;
  return matchTensor(caller, body, binding, place, type, value);
}

function refuse(frame: Frame, place: ParamPlace, value: Value, why: string): Value {
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

/** The element type, quality and last dim that a type asks for: `shared[N...]` is `unit float[N..., shared]`. */
export interface Wanted {
  readonly element: Element | undefined;
  readonly quality: Quality;
  readonly dims: readonly DimExpr[];
  /** The dim of a space, standing after `dims`. */
  readonly space: Dim | undefined;
}

export function wantedOf(
  frame: Frame,
  type: TensorTypeExpr,
  lenient: Binding | undefined,
): Wanted | undefined {
  const dims = type.dims ?? [];
  const base = type.base.text;
  if (base === 'float') return { element: float, quality: type.qualifier, dims, space: undefined };
  if (base === 'mask') return { element: { kind: 'bool' }, quality: undefined, dims, space: undefined };
  if (base === 'index') {
    const of = type.of;
    if (of === undefined) {
      complain(
        frame,
        'not-a-type',
        { name: 'index', suggestion: 'index(…), which says what it points into' },
        type.span,
      );
      return undefined;
    }
    if (
      of.kind === 'name' &&
      lenient !== undefined &&
      formalName(lenient, { kind: 'dim', value: of, span: of.span }) !== undefined
    ) {
      const bound = lenient.bound.get(of.text);
      return {
        element: bound === undefined ? undefined : { kind: 'index', of: bound.dim },
        quality: undefined,
        dims,
        space: undefined,
      };
    }
    const dim = evaluateDim(frame, of);
    return dim === undefined
      ? undefined
      : { element: { kind: 'index', of: dim }, quality: undefined, dims, space: undefined };
  }
  const named = lookUp(frame.scope, base)?.value;
  if (named?.kind === 'space') return { element: float, quality: 'unit', dims, space: named.dim };
  const known = [...staticBases, ...tensorBases, ...namesInReach(frame.scope)];
  complain(frame, 'not-a-type', { name: base, suggestion: nearestName(base, known) }, type.base.span);
  return undefined;
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

function bindDim(
  binding: Binding,
  name: string,
  dim: Dim,
  place: ParamPlace,
  value: TensorValue | undefined,
): void {
  binding.bound.set(name, { dim, by: place.name, span: place.span, value });
  binding.scope.names.set(name, { value: int(dim), span: place.paramSpan });
}

function matchDim(
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

function bindPack(
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

/** The value with its leading dims as one; its masks are kept to be put back where the result unfolds. */
export function fold(body: Frame, binding: Binding, value: TensorValue, lead: number): TensorValue {
  const pack = binding.pack;
  if (pack === undefined || lead === 1) return value;
  const folded = emitOp(
    body,
    pack.span,
    'reshape',
    [value],
    { shape: [pack.folded, ...value.dims.slice(lead)] },
    { element: value.element, quality: value.quality },
  );
  if (folded.kind === 'error') return value;
  for (const [i, keep] of folded.keeps.entries()) {
    const outside = value.keeps[i];
    if (outside !== undefined && folded.keeps.length === value.keeps.length) {
      pack.restored.set(keep.mask, outside);
      if (body.trace.prefixes.has(outside.mask) && outside.axes.length > 1)
        body.trace.prefixes.add(keep.mask);
    }
  }
  return folded;
}

/** A result whose first dim is the pack, with the pack's dims outside again. */
export function unfold(body: Frame, pack: Pack | undefined, value: Value, leads: boolean): Value {
  if (pack === undefined || pack.outer.length === 1) return value;
  if (value.kind === 'record') {
    return {
      ...value,
      fields: new Map([...value.fields].map(([name, v]) => [name, unfold(body, pack, v, leads)])),
    };
  }
  if (value.kind !== 'tensor' || !leads || value.dims.length === 0) return value;
  const first = value.dims[0];
  if (first === undefined || compareDims(body.trace.facts, first, pack.folded) !== 'equal') return value;
  const shift = pack.outer.length - 1;
  const out = emitOp(
    body,
    pack.span,
    'reshape',
    [value],
    { shape: [...pack.outer, ...value.dims.slice(1)] },
    { element: value.element, quality: value.quality },
  );
  if (out.kind === 'error') return value;
  const keeps = value.keeps.map((keep, i) => {
    const outside = pack.restored.get(keep.mask);
    const span = outside?.axes.filter(a => a < pack.outer.length).length ?? 0;
    // The same mask in the same places: the one from outside stands for it again.
    if (outside !== undefined && keep.axes[0] === 0) {
      return {
        mask: outside.mask,
        axes: [...outside.axes.slice(0, span), ...keep.axes.slice(1).map(a => a + shift)],
      };
    }
    return out.keeps[i] ?? keep;
  });
  return { ...out, keeps };
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
  if (value.kind !== 'record' || value.modality !== info.name) return refuse(caller, place, value, '');
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
  return {
    kind: 'record',
    fields,
    modality: info.name,
    lead: [binding.pack?.folded ?? 1, ...value.lead.slice(skip)],
  } satisfies RecordValue;
}

/** A value of a parameter while its block is checked for all uses: dims are symbols. */
export function formalValue(frame: Frame, binding: Binding, type: TypeExpr, name: string): Value {
  if (type.kind === 'record') {
    return {
      kind: 'record',
      modality: undefined,
      lead: [],
      fields: new Map(
        type.fields.map(f => [f.name.text, formalValue(frame, binding, f.type, `${name}.${f.name.text}`)]),
      ),
    };
  }
  const dimOf = (d: DimExpr): Dim | undefined => {
    if (d.kind === 'pack') {
      const known =
        binding.pack?.folded ??
        dimSymbol({ id: `${frame.path}:${d.name.text}`, name: d.name.text, role: 'pack' });
      binding.pack ??= {
        name: d.name.text,
        outer: [known],
        folded: known,
        span: d.span,
        restored: new Map(),
      };
      binding.scope.names.set(d.name.text, { value: int(known), span: d.span });
      return known;
    }
    return formalDim(frame, binding, d);
  };
  const named = lookUp(frame.scope, type.base.text)?.value;
  if (named?.kind === 'modality') return formalModality(frame, binding, type, named.info, name, dimOf);
  if (type.base.text === 'tensor') {
    const dims = ['A', 'B', 'C'].map(n =>
      dimSymbol({ id: `${frame.path}:${name}.${n}`, name: n, role: 'formal' }),
    );
    return inputValue(frame, name, float, undefined, dims);
  }
  if (packOf(frame, type) === 'error') return errorValue;
  // index(V) may bind V before any other place does.
  if (
    type.of?.kind === 'name' &&
    formalName(binding, { kind: 'dim', value: type.of, span: type.of.span }) !== undefined
  ) {
    formalDim(frame, binding, { kind: 'dim', value: type.of, span: type.of.span });
  }
  const wanted = wantedOf(frame, type, undefined);
  if (wanted === undefined) return errorValue;
  const dims: Dim[] = [];
  for (const d of wanted.dims) {
    const dim = dimOf(d);
    if (dim === undefined) return errorValue;
    dims.push(dim);
  }
  if (wanted.space !== undefined) dims.push(wanted.space);
  return inputValue(frame, name, wanted.element ?? { kind: 'int' }, wanted.quality, dims);
}

/** A modality's record whose leading dims come with the batch and whose own axes are at most as long as it says. */
function formalModality(
  frame: Frame,
  binding: Binding,
  type: TensorTypeExpr,
  info: ModalityInfo,
  name: string,
  dimOf: (d: DimExpr) => Dim | undefined,
): Value {
  const written = type.dims ?? [];
  const packed = packOf(frame, type);
  if (packed === 'error') return errorValue;
  // picture[N...], caption[N..., T], caption[B], caption[B, T]: the last ones are its own where there is a leading one.
  const own = Math.min(info.axes.length, Math.max(0, written.length - 1));
  const lead = written.slice(0, written.length - own);
  const leadDims = lead.map(d => (d.kind === 'pack' ? dimOf(d) : formalDim(frame, binding, d, 'data')));
  const ownDims = info.axes.map((axis, i) => {
    const d = written[lead.length + i];
    const max = typeof axis === 'number' ? { max: axis } : {};
    if (frame.trace.mode === 'lower') return axis;
    if (d === undefined)
      return dimSymbol({ id: `${frame.path}:${name}.length`, name: `${name}.length`, role: 'data', ...max });
    if (d.kind === 'pack') return undefined;
    return formalDim(frame, binding, d, 'data', max);
  });
  const dims = [...leadDims, ...ownDims];
  if (dims.some(d => d === undefined)) return errorValue;
  const known = dims.filter(d => d !== undefined);
  return modalityValue(frame, info, known.slice(0, lead.length), known.slice(lead.length), name);
}

function formalDim(
  frame: Frame,
  binding: Binding,
  d: DimExpr & { kind: 'dim' },
  role: DimRole = 'formal',
  bound: { readonly max?: number } = {},
): Dim | undefined {
  const name = formalName(binding, d);
  if (name === undefined) return evaluateDim(frame, d.value);
  const dim = dimSymbol({ id: `${frame.path}:${name}`, name, role, ...bound });
  binding.bound.set(name, { dim, by: name, span: d.span, value: undefined });
  binding.scope.names.set(name, { value: int(dim), span: d.span });
  return dim;
}

export function inputValue(
  frame: Frame,
  name: string,
  element: Element,
  quality: Quality,
  dims: readonly Dim[],
): TensorValue {
  const dtype = element.kind === 'float' ? 'f32' : element.kind === 'bool' ? 'bool' : 'i32';
  const id = frame.trace.builder.input(name, 'feed', { dtype, shape: dims });
  return { kind: 'tensor', id, element, dims, quality, keeps: [], origins: new Map() };
}

/** A modality's record: inputs with these leading dims and these sizes of its own axes. */
export function modalityValue(
  frame: Frame,
  info: ModalityInfo,
  lead: readonly Dim[],
  own: readonly Dim[],
  name: string,
): RecordValue {
  const fields = new Map<string, Value>();
  for (const c of info.components) {
    fields.set(
      c.name,
      inputValue(frame, `${name}.${c.name}`, c.element, undefined, [...lead, ...own, ...c.inner]),
    );
  }
  return { kind: 'record', fields, modality: info.name, lead };
}
