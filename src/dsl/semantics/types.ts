// What a type expression asks for, with the dims that one call has bound.

import type { Dim } from '../../base/dim.ts';
import { nearestName } from '../../base/nearest-name.ts';
import type { Span } from '../../base/span.ts';
import type { Keep } from '../../ir/op.ts';
import type { DimExpr, Expr, NameExpr, TensorTypeExpr } from '../syntax/ast.ts';
import { evaluate } from './expressions.ts';
import { refuseUnits } from './quantity.ts';
import { lookUp, lookUpType, namesInReach, type Scope } from './scope.ts';
import type { Frame } from './trace.ts';
import { complain } from './trace.ts';
import { staticBases, tensorBases } from './type-names.ts';
import type { Element, Quality, TensorValue, Value } from './values.ts';
import { errorValue, float, showType } from './values.ts';

/** The dims of a pack at one call, and the one dim it is inside. */
export interface Pack {
  readonly name: string;
  readonly outer: readonly Dim[];
  readonly folded: Dim;
  readonly span: Span;
  /** Masks folded on the way in, by the folded mask, as they were outside. */
  readonly restored: Map<number, Keep>;
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
export function formalName(binding: Binding, d: DimExpr): string | undefined {
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
  // A field that has the name of its modality still names the vocabulary.
  if (value.kind === 'record') return value.modality?.vocabulary;
  return undefined;
}

/** Evaluates a dim expression of a type in the block's scope. */
export function evaluateDim(frame: Frame, e: Expr): Dim | undefined {
  const unbound = namesIn(e).filter(n => lookUp(frame.scope, n.text) === undefined);
  for (const n of unbound) {
    const dims = namesInReach(frame.scope).filter(
      name => asDim(lookUp(frame.scope, name)?.value ?? errorValue) !== undefined,
    );
    const suggestion = nearestName(n.text, dims);
    complain(frame, 'unbound-dim', { name: n.text, suggestion }, n.span);
  }
  if (unbound.length > 0) return undefined;
  const value = evaluate(frame, e);
  const dim = asDim(value);
  if (dim !== undefined) return dim;
  if (value.kind === 'number' && value.value !== undefined && Number.isInteger(value.value))
    return value.value;
  if (value.kind === 'number') {
    complain(frame, 'not-whole', { value: showType(value), where: 'a dim' }, e.span);
    return undefined;
  }
  if (value.kind === 'quantity') refuseUnits(frame, 'a dim', value, e.span);
  else if (value.kind !== 'error')
    complain(
      frame,
      'wrong-kind',
      { where: 'a dim', expected: 'a whole number or a dim', got: showType(value) },
      e.span,
    );
  return undefined;
}

/** The names that an arithmetic expression reads. */
function namesIn(e: Expr): readonly NameExpr[] {
  switch (e.kind) {
    case 'name':
      return [e];
    case 'unary':
      return namesIn(e.operand);
    case 'binary':
      return [...namesIn(e.left), ...namesIn(e.right)];
    default:
      return [];
  }
}

export function packOf(frame: Frame, type: TensorTypeExpr): DimExpr | undefined | 'error' {
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

/** The element type, quality and last dim that a type asks for: `shared[N...]` is `unit float[N..., shared]`. */
export interface Wanted {
  readonly element: Element | undefined;
  readonly quality: Quality;
  readonly dims: readonly DimExpr[];
  /** The dim of a space, standing after `dims`. */
  readonly space: Dim | undefined;
}

/** Names of modalities and spaces. */
function typesInReach(scope: Scope): readonly string[] {
  return namesInReach(scope).filter(n => {
    const kind = lookUp(scope, n)?.value.kind;
    return kind === 'modality' || kind === 'space';
  });
}

export function wantedOf(
  frame: Frame,
  type: TensorTypeExpr,
  lenient: Binding | undefined,
): Wanted | undefined {
  const dims = type.dims ?? [];
  const base = type.base.text;
  if (base === 'float') return { element: float, quality: type.qualifier, dims, space: undefined };
  if (base === 'tensor') return { element: undefined, quality: undefined, dims, space: undefined };
  if (base === 'mask') return { element: { kind: 'bool' }, quality: undefined, dims, space: undefined };
  if (base === 'index') {
    const of = type.of;
    if (of === undefined) {
      complain(frame, 'not-a-type', { name: 'index alone', suggestion: undefined }, type.span, {
        help: 'say what it points into: index(V)',
      });
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
  const named = lookUpType(frame.scope, base)?.value;
  if (named?.kind === 'space') return { element: float, quality: 'unit', dims, space: named.dim };
  if (named?.kind === 'error') return undefined;
  const known = [...staticBases, ...tensorBases, ...typesInReach(frame.scope)];
  complain(frame, 'not-a-type', { name: base, suggestion: nearestName(base, known) }, type.base.span);
  return undefined;
}
