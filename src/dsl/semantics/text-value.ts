// Texts as values: a modality's record that was made and not read, and what joins two of them.

import type { Dim } from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import { ends, specialTokens } from '../../base/special-tokens.ts';
import type { ValueId } from '../../ir/graph.ts';
import type { Keep } from '../../ir/op.ts';
import { alignMask, emitOp } from './emit.ts';
import type { ModalityInfo } from './model.ts';
import { asSoft, isSoft, softened, weightsOf } from './soft.ts';
import { compareDims, type Frame } from './trace.ts';
import type { Element, ErrorValue, RecordValue, TensorValue, Value } from './values.ts';
import { errorValue } from './values.ts';

/** The text of a modality that has these ids; their last axis is the text's own. */
export function textOf(info: ModalityInfo, ids: TensorValue): RecordValue {
  return {
    kind: 'record',
    fields: new Map([['ids', ids]]),
    modality: info,
    lead: ids.dims.slice(0, -1),
  };
}

/** A text's ids; undefined of another value. */
export function idsOf(value: Value): TensorValue | undefined {
  if (value.kind !== 'record' || value.modality?.spec.kind !== 'text') return undefined;
  const ids = value.fields.get('ids');
  return ids?.kind === 'tensor' ? ids : undefined;
}

export const vocabularyElement = (info: ModalityInfo): Element => ({
  kind: 'index',
  of: info.vocabulary ?? 1,
});

/** Masks over the last axis as one over all axes, and those of the leading axes alone. */
export interface Split {
  readonly rows: readonly Keep[];
  /** bool[lead…, T]; undefined where every position is kept. */
  readonly along: ValueId | undefined;
}

export function splitKeeps(frame: Frame, value: TensorValue): Split {
  const { builder } = frame.trace;
  const last = value.dims.length - 1;
  const masks = value.keeps.filter(k => k.axes.includes(last)).map(k => alignMask(frame, k, last + 1));
  const rows = value.keeps.filter(k => !k.axes.includes(last));
  const [first, ...rest] = masks;
  if (first === undefined) return { rows, along: undefined };
  const all = rest.reduce((m, n) => builder.one('and', [m, n]), first);
  return { rows, along: builder.one('broadcast', [all], { shape: value.dims }) };
}

/** A keep of all axes of a value of this rank. */
export const wholeKeep = (mask: ValueId, rank: number): Keep => ({
  mask,
  axes: Array.from({ length: rank }, (_, i) => i),
});

/** One text behind another, row by row; undefined where they aren't texts of one modality and equal rows. */
export function joinTexts(frame: Frame, span: Span, a: Value, b: Value): Value | undefined {
  const [left, right] = [idsOf(a), idsOf(b)];
  const info = a.kind === 'record' ? a.modality : undefined;
  if (left === undefined || right === undefined || info === undefined || b.kind !== 'record')
    return undefined;
  const { facts } = frame.trace;
  const sameRows =
    left.dims.length === right.dims.length &&
    left.dims.slice(0, -1).every((d, i) => compareDims(facts, d, right.dims[i] ?? 0) === 'equal');
  if (info.path !== b.modality?.path || !sameRows) return undefined;
  const axis = left.dims.length - 1;
  const ids =
    isSoft(left) || isSoft(right)
      ? softJoined(frame, span, left, right)
      : emitOp(frame, span, 'concat', [left, right], { axis }, { element: left.element });
  return ids.kind === 'error' ? ids : textOf(info, ids);
}

function softJoined(
  frame: Frame,
  span: Span,
  left: TensorValue,
  right: TensorValue,
): TensorValue | ErrorValue {
  const [a, b] = [softened(frame, span, left), softened(frame, span, right)];
  if (a.kind === 'error' || b.kind === 'error' || a.element.kind !== 'index') return errorValue;
  const axis = left.dims.length - 1;
  const both = emitOp(frame, span, 'concat', [weightsOf(a), weightsOf(b)], { axis });
  return both.kind === 'error' ? both : asSoft(both, a.element.of);
}

/** A text of the one token with which a text of this modality begins, in each row. */
export function beginText(frame: Frame, span: Span, info: ModalityInfo, lead: readonly Dim[]): Value {
  const ids = emitOp(
    frame,
    span,
    'constant',
    [],
    { dtype: 'i32', shape: [...lead, 1], value: specialIds(info).begin },
    { element: vocabularyElement(info) },
  );
  return ids.kind === 'error' ? errorValue : textOf(info, ids);
}

/** The ids of the tokens with which a text begins and ends. */
export function specialIds({ spec }: ModalityInfo): { readonly begin: number; readonly end: number } {
  if (spec.kind !== 'text') throw new Error(`${spec.kind} has no tokens`);
  return ends(specialTokens(spec.tokenizer));
}
