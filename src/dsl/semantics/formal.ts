// Values of parameters while their block is checked for all its uses: every dim is a symbol.

import type { Dim } from '../../base/dim.ts';
import { type DimRole, dimSymbol } from '../../base/dim.ts';
import type { DimExpr, TensorTypeExpr, TypeExpr } from '../syntax/ast.ts';
import { elementDType } from './emit.ts';
import type { ModalityInfo } from './model.ts';
import { lookUpType } from './scope.ts';
import type { Frame } from './trace.ts';
import type { Binding } from './types.ts';
import { evaluateDim, formalName, packOf, wantedOf } from './types.ts';
import type { Element, Quality, RecordValue, TensorValue, Value } from './values.ts';
import { errorValue, float, int } from './values.ts';

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
  const named = lookUpType(frame.scope, type.base.text)?.value;
  if (named?.kind === 'modality') return formalModality(frame, binding, type, named.info, name, dimOf);
  if (type.base.text === 'tensor' && type.dims === undefined) {
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
  // Of a tensor of any elements floats stand for all.
  const element = wanted.element ?? (type.base.text === 'tensor' ? float : { kind: 'int' });
  return inputValue(frame, name, element, wanted.quality, dims);
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
  const shape = element.kind === 'index' && element.soft === true ? [...dims, element.of] : dims;
  const id = frame.trace.builder.input(name, 'feed', { dtype: elementDType(element), shape });
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
  if (info.spec.kind !== 'text') return { kind: 'record', fields, modality: info, lead };
  let made: TensorValue | undefined;
  const starts = (): TensorValue => {
    made ??= inputValue(frame, `${name}.starts`, { kind: 'bool' }, undefined, [...lead, ...own]);
    return made;
  };
  return { kind: 'record', fields, modality: info, lead, starts };
}
