// Fields of the data: what a parameter of an objective, an export or a measure may be fed with. `tags: index(Tag)[B, T]`
// goes along the axis of another field, `text: text[B, T]`; `start: index(T)[B]` points into one.

import type { Param } from '../syntax/ast.ts';
import type { Declared } from './declare.ts';
import { homeOf } from './extend.ts';
import type { LabelSet, ModalityInfo } from './model.ts';
import { lookUp } from './scope.ts';
import { complain } from './trace.ts';
import { showTypeExpr } from './type-names.ts';
import { evaluateDim } from './types.ts';

/** The axis of another field, of a modality that has one. */
export interface FieldAxis {
  /** The name of that field. */
  readonly along: string;
  readonly modality: ModalityInfo;
  /** How long it is at most. */
  readonly length: number;
}

export type Field =
  | {
      readonly kind: 'modality';
      readonly info: ModalityInfo;
      /** How many of them a row has at most, where it has several. */
      readonly many: number | undefined;
    }
  | { readonly kind: 'labels'; readonly labels: LabelSet }
  | { readonly kind: 'number' }
  /** A label, and a number, for some of the positions of an axis. */
  | { readonly kind: 'tags'; readonly labels: LabelSet; readonly axis: FieldAxis }
  | { readonly kind: 'numbers'; readonly axis: FieldAxis }
  /** One position on an axis. */
  | { readonly kind: 'place'; readonly axis: FieldAxis };

/** The field that a parameter binds by name, beside the others; reported where its type can't come from data. */
export function fieldOf(
  declared: Declared,
  p: Param,
  among: readonly Param[],
  refusal: 'field-type' | 'export-parameter' = 'field-type',
): Field | undefined {
  const { frame } = declared;
  const { type } = p;
  const refuse = (): undefined => {
    const base = type.kind === 'record' ? '' : type.base.text;
    const place = declared.labels.has(base) ? { help: `a label of them is index(${base})[B]` } : {};
    complain(frame, refusal, { name: p.name.text, got: showTypeExpr(type) }, type.span, place);
    return undefined;
  };
  if (type.kind === 'record' || type.dims === undefined || type.dims.length === 0) return refuse();
  const info = declared.modalities.get(type.base.text);
  if (info !== undefined) {
    const many = manyOf(declared, p, info);
    return many !== 'refused' && fitsLength(declared, p, info) ? { kind: 'modality', info, many } : undefined;
  }
  if (lookUp(declared.scope, type.base.text)?.value.kind === 'error') return undefined;
  const base = type.base.text;
  const of = type.of?.kind === 'name' ? type.of.text : undefined;
  const labels = of === undefined ? undefined : declared.labels.get(of);
  if (base === 'index' && labels === undefined && of !== undefined) {
    if (lookUp(declared.scope, of)?.value.kind === 'error') return undefined;
    const axis = type.dims.length === 1 ? axisNamed(declared, of, among) : undefined;
    return axis === undefined ? refuse() : { kind: 'place', axis };
  }
  if (base !== 'float' && labels === undefined) return refuse();
  if (type.dims.length === 1) return labels === undefined ? { kind: 'number' } : { kind: 'labels', labels };
  const [, last, more] = type.dims;
  const name = last?.kind === 'dim' && last.value.kind === 'name' ? last.value.text : undefined;
  if (name === undefined || more !== undefined) return refuse();
  const axis = axisNamed(declared, name, among);
  if (axis !== undefined)
    return labels === undefined ? { kind: 'numbers', axis } : { kind: 'tags', labels, axis };
  complain(frame, 'field-axis', { name: p.name.text, axis: name }, last?.span ?? type.span);
  return undefined;
}

/** The axis of that name that some field's modality has of its own. */
function axisNamed(declared: Declared, name: string, among: readonly Param[]): FieldAxis | undefined {
  for (const p of among) {
    if (p.type.kind !== 'tensor') continue;
    const modality = declared.modalities.get(p.type.base.text);
    const dims = p.type.dims ?? [];
    // A list of texts has no one axis.
    const last = dims.length === 2 ? dims[1] : undefined;
    const length = modality?.axes[0];
    if (last?.kind !== 'dim' || last.value.kind !== 'name' || last.value.text !== name) continue;
    if (modality?.axes.length === 1 && typeof length === 'number')
      return { along: p.name.text, modality, length };
  }
  return undefined;
}

/** Whether the length that a field's type says is one of its modality, which is reported otherwise. */
function fitsLength(declared: Declared, p: Param, info: ModalityInfo): boolean {
  const length = ownLength(declared, p);
  const [most] = info.axes;
  if (length === undefined || typeof most !== 'number' || (length >= 1 && length <= most)) return true;
  const own = p.type.kind === 'tensor' ? p.type.dims?.at(-1) : undefined;
  const reason = `must be from 1 to ${most}, the length of ${info.name}; it is ${length}`;
  const setting = `the length of ${p.name.text}`;
  complain(declared.frame, 'bad-setting', { setting, reason }, own?.span ?? p.type.span);
  return false;
}

/** How many texts a row has: 5 of `captions: caption[B, 5, T]`. */
function manyOf(declared: Declared, p: Param, info: ModalityInfo): number | undefined | 'refused' {
  const dims = p.type.kind === 'tensor' ? (p.type.dims ?? []) : [];
  const count = dims[1];
  if (dims.length <= 1 + info.axes.length || count === undefined) return undefined;
  const name = p.name.text;
  const refuse = (why: string): 'refused' => {
    complain(declared.frame, 'several-in-a-row', { name, of: info.name, why }, p.type.span);
    return 'refused';
  };
  if (info.spec.kind !== 'text') return refuse('of texts alone a row may have several');
  if (dims.length > 3 || count.kind === 'pack') return refuse('a row has one list of them');
  const named = count.value.kind === 'name' ? lookUp(declared.scope, count.value.text) : undefined;
  if (count.value.kind === 'name' && named === undefined)
    return refuse(`how many must be a number, and ${count.value.text} is none`);
  const many = evaluateDim(declared.frame, count.value);
  if (typeof many !== 'number') return many === undefined ? 'refused' : refuse('how many must be a number');
  return many >= 1 && many <= 1024 ? many : refuse(`how many must be from 1 to 1024; it is ${many}`);
}

/** The length at which a field's text is read, where its type says one: `prompt: text[B, 64]`. */
export function ownLength(declared: Declared, p: Param): number | undefined {
  const { type } = p;
  const info = type.kind === 'tensor' ? declared.modalities.get(type.base.text) : undefined;
  const d =
    type.kind === 'tensor' && type.dims !== undefined
      ? type.dims[Math.max(1, type.dims.length - 1)]
      : undefined;
  if (info?.spec.kind !== 'text' || d?.kind !== 'dim') return undefined;
  const { scope, frame } = homeOf(declared, p);
  if (d.value.kind === 'name' && lookUp(scope, d.value.text) === undefined) return undefined;
  const dim = evaluateDim(frame, d.value);
  return typeof dim === 'number' ? dim : undefined;
}

/** Whether a parameter could be bound to a field of the data. */
export function isField(declared: Declared, p: Param, among: readonly Param[]): boolean {
  const trace = { ...declared.frame.trace, report: () => undefined };
  return fieldOf({ ...declared, frame: { ...declared.frame, trace } }, p, among) !== undefined;
}

/** The name of a parameter's leading dim. */
export function leadName(p: Param): string | undefined {
  const first = p.type.kind === 'tensor' ? p.type.dims?.[0] : undefined;
  if (first?.kind === 'pack') return first.name.text;
  return first?.kind === 'dim' && first.value.kind === 'name' ? first.value.text : undefined;
}

/** The parameters with those of modalities first: they say how long the axes are that others go along. */
export function modalitiesFirst(declared: Declared, params: readonly Param[]): readonly Param[] {
  const isModality = (p: Param): boolean =>
    p.type.kind === 'tensor' && declared.modalities.has(p.type.base.text);
  return [...params.filter(isModality), ...params.filter(p => !isModality(p))];
}
