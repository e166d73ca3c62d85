// The promise of a block: the type behind its arrow, to which what it returns is held.

import type { Dim } from '../../base/dim.ts';
import { dimKey, showDim } from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import type { TensorTypeExpr, TypeExpr } from '../syntax/ast.ts';
import type { ModalityInfo } from './model.ts';
import { lookUp, lookUpType } from './scope.ts';
import { compareDims, complain, type Frame, here } from './trace.ts';
import { isStaticType, showTypeExpr } from './type-names.ts';
import { asDim, type Binding, evaluateDim, wantedOf } from './types.ts';
import type { TensorValue, Value } from './values.ts';
import { errorValue, showElement, showType } from './values.ts';

/** Whether a result is what was promised; told with both sides otherwise. */
export function keepsPromise(
  body: Frame,
  binding: Binding,
  name: string,
  type: TypeExpr,
  value: Value,
): boolean {
  if (value.kind === 'error') return false;
  const why = (reason: string): boolean => {
    complain(
      body,
      'broken-promise',
      { name, promised: showPromise(body, type), returned: showType(value), why: reason },
      returnSpan(body, type),
      {
        related: [
          { span: here(body, type.span), message: `promised: ${showPromise(body, type)}` },
          ...(value.kind === 'tensor' ? originsOf(value) : []),
        ],
      },
    );
    return false;
  };
  if (type.kind === 'record') {
    if (value.kind !== 'record') return why('');
    const missing = type.fields.find(f => !value.fields.has(f.name.text));
    if (missing !== undefined) return why(`the field ${missing.name.text} is missing`);
    return type.fields.every(f =>
      keepsPromise(
        body,
        binding,
        `${name}.${f.name.text}`,
        f.type,
        value.fields.get(f.name.text) ?? errorValue,
      ),
    );
  }
  if (type.base.text === 'tensor' && type.dims === undefined) return value.kind === 'tensor' || why('');
  if (isStaticType(type)) return isOfStatic(type.base.text, value) || why('');
  const named = lookUpType(body.scope, type.base.text)?.value;
  if (named?.kind === 'modality') return isOfModality(body, binding, type, named.info, value) || why('');
  if (value.kind !== 'tensor') return why('');
  const wanted = wantedOf(body, type, undefined);
  if (wanted === undefined) return false;
  const dims: Dim[] = [];
  for (const d of wanted.dims) {
    const found =
      d.kind === 'pack'
        ? (binding.pack?.folded ?? asDim(lookUp(body.scope, d.name.text)?.value ?? errorValue))
        : evaluateDim(body, d.value);
    if (found === undefined && d.kind === 'pack') {
      complain(body, 'unbound-dim', { name: `${d.name.text}...`, suggestion: undefined }, d.span);
    }
    if (found === undefined) return false;
    dims.push(found);
  }
  if (wanted.space !== undefined) dims.push(wanted.space);
  const space = wanted.space === undefined ? undefined : showDim(wanted.space);
  const place = space === undefined ? '' : `end with |> into(${type.base.text})`;
  if (wanted.element !== undefined && wanted.element.kind !== value.element.kind)
    return why(`it promises ${showElement(wanted.element)}`);
  if (
    wanted.element?.kind === 'index' &&
    value.element.kind === 'index' &&
    compareDims(body.trace.facts, wanted.element.of, value.element.of) !== 'equal'
  ) {
    return why(`it points into ${showDim(value.element.of)}, not into ${showDim(wanted.element.of)}`);
  }
  if (dims.length + 1 === value.dims.length) return why(oneTooMany(body, dims, value.dims));
  if (dims.length !== value.dims.length) return why(place);
  const wrong = dims.findIndex((d, i) => compareDims(body.trace.facts, d, value.dims[i] ?? 0) !== 'equal');
  if (wrong >= 0) return why(place);
  if (wanted.quality !== undefined && value.quality !== wanted.quality) {
    return why(
      place !== ''
        ? place
        : wanted.quality === 'unit'
          ? 'unit(x) makes vectors of length one'
          : 'softmax(x) makes a distribution',
    );
  }
  return true;
}

/** Whether a value is of a modality, with these leading dims and, where they are written, these of its own. */
function isOfModality(
  body: Frame,
  binding: Binding,
  type: TensorTypeExpr,
  info: ModalityInfo,
  value: Value,
): boolean {
  if (value.kind !== 'record' || value.modality?.path !== info.path) return false;
  const [first] = info.components;
  const sample = first === undefined ? undefined : value.fields.get(first.name);
  if (sample?.kind !== 'tensor') return false;
  const dims = (type.dims ?? []).map(d =>
    d.kind === 'pack'
      ? (binding.pack?.folded ?? asDim(lookUp(body.scope, d.name.text)?.value ?? errorValue))
      : evaluateDim(body, d.value),
  );
  const least = value.lead.length;
  return (
    dims.length >= least &&
    dims.length <= least + info.axes.length &&
    dims.every((d, i) => d !== undefined && compareDims(body.trace.facts, d, sample.dims[i] ?? 0) === 'equal')
  );
}

/** What takes away the first axis that isn't promised. */
function oneTooMany(body: Frame, dims: readonly Dim[], found: readonly Dim[]): string {
  const fits = (d: Dim, i: number): boolean => compareDims(body.trace.facts, d, found[i] ?? 0) === 'equal';
  const axis = dims.findIndex((d, i) => !fits(d, i));
  const more = axis < 0 ? dims.length : axis;
  return `the axis of size ${showDim(found[more] ?? 1)} is one too many: mean(axis: ${more - found.length}) takes it away`;
}

function originsOf(value: TensorValue): readonly { span: Span; message: string }[] {
  return value.dims.flatMap(d => {
    const origin = value.origins.get(dimKey(d));
    return origin === undefined ? [] : [{ span: origin.span, message: origin.text }];
  });
}

/** Whether a static value is of a static type; a whole number is a number too. */
function isOfStatic(base: string, value: Value): boolean {
  if (base === 'dim') return asDim(value) !== undefined;
  if (value.kind === 'quantity') return value.power === (base === 'time' ? 1 : base === 'frequency' ? -1 : 0);
  return base === value.kind || (base === 'number' && value.kind === 'int');
}

/** Where the promise was broken: the return that the body took. */
function returnSpan(body: Frame, type: TypeExpr): Span {
  return lookUp(body.scope, ' return')?.span ?? type.span;
}

function showPromise(body: Frame, type: TypeExpr): string {
  if (type.kind === 'record') return showTypeExpr(type);
  const named = lookUpType(body.scope, type.base.text)?.value;
  if (named?.kind !== 'space') return showTypeExpr(type);
  const dims = [
    ...(type.dims ?? []).map(d =>
      d.kind === 'pack'
        ? `${d.name.text}...`
        : showTypeExpr({ ...type, dims: [d] }).slice(type.base.text.length + 1, -1),
    ),
    named.name,
  ];
  return `unit float[${dims.join(', ')}]`;
}
