// A prompt made ready to be continued: its closing <end> is left out, and what it keeps is moved to the end of its
// axis, where the new tokens follow. A prompt of nothing begins at <begin>.

import type { Dim } from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import type { ValueId } from '../../ir/graph.ts';
import type { Keep } from '../../ir/op.ts';
import type { ModalityInfo } from './model.ts';
import { specialIds, splitKeeps, wholeKeep } from './text-value.ts';
import { type Frame, here } from './trace.ts';
import type { TensorValue } from './values.ts';

/** Which rows go on, and what is kept so far; undefined where nothing ends. */
export interface Going {
  readonly rows: readonly Keep[];
  readonly kept: ValueId | undefined;
  readonly alive: ValueId | undefined;
  readonly end: number | undefined;
}

export const leadOf = (prompt: TensorValue): readonly Dim[] => prompt.dims.slice(0, -1);

export const allTrue = (frame: Frame, shape: readonly Dim[]): ValueId =>
  frame.trace.builder.one('constant', [], { dtype: 'bool', shape, value: 1 });

export function alignedPrompt(
  frame: Frame,
  span: Span,
  info: ModalityInfo,
  prompt: TensorValue,
): { readonly ids: TensorValue; readonly state: Going } {
  const { builder } = frame.trace;
  const lead = leadOf(prompt);
  const rank = lead.length + 1;
  const T = prompt.dims[rank - 1];
  if (typeof T !== 'number') throw new Error('a prompt is continued where its size is known');
  const { begin, end } = specialIds(info);
  const { rows, along } = splitKeeps(frame, prompt);
  const before = builder.span;
  builder.span = here(frame, span);
  const int = (value: number): number => builder.constant(value, 'i32');
  const one = builder.one;
  const counted = (mask: number, axes: readonly number[]): number =>
    one('cast', [one('reduce_sum', [one('cast', [mask], { to: 'f32' })], { axes, keepdims: true })], {
      to: 'i32',
    });
  const mask = along ?? allTrue(frame, prompt.dims);
  const place = placesBefore(frame, mask, T);
  const size = counted(mask, [rank - 1]);
  // Only an <end> that closes the prompt is left out.
  const isLast = one('equal', [one('add', [place, int(1)]), size]);
  const closes = one('and', [one('and', [mask, isLast]), one('equal', [prompt.id, int(end)])]);
  const kept = one('and', [mask, one('not', [closes])]);
  const length = counted(kept, [rank - 1]);
  // moved[j] = Σₜ ids[t] · [t is kept and the T − length + place[t] th]
  const slot = one('add', [place, one('sub', [int(T), length])]);
  const column = one('reshape', [slot], { shape: [...prompt.dims, 1] });
  const there = one('equal', [column, one('iota', [], { dtype: 'i32', shape: [T], axis: 0 })]);
  const goes = one('and', [there, one('reshape', [kept], { shape: [...prompt.dims, 1] })]);
  const axes = lead.map((_, i) => i);
  const moved = one(
    'cast',
    [
      one('dot_general', [one('cast', [prompt.id], { to: 'f32' }), one('cast', [goes], { to: 'f32' })], {
        lhsBatch: axes,
        rhsBatch: axes,
        lhsContract: [rank - 1],
        rhsContract: [rank - 1],
      }),
    ],
    { to: 'i32' },
  );
  const position = one('iota', [], { dtype: 'i32', shape: [T], axis: 0 });
  const isEmpty = one('equal', [length, int(0)]);
  const used = one('max', [length, int(1)]);
  const shown = one('less_equal', [one('sub', [int(T), used]), position]);
  const ids = one('select', [one('and', [isEmpty, shown]), int(begin), moved]);
  const alive = allTrue(frame, lead);
  builder.span = before;
  return {
    ids: { ...prompt, id: ids, keeps: [...rows, wholeKeep(shown, rank)] },
    state: { rows, kept: shown, alive, end },
  };
}

/** How many kept positions stand before each: a product with the strictly upper triangle of ones. */
function placesBefore(frame: Frame, mask: number, T: number): number {
  const { builder } = frame.trace;
  const shape = [T, T];
  const rows = builder.one('iota', [], { dtype: 'i32', shape, axis: 0 });
  const columns = builder.one('iota', [], { dtype: 'i32', shape, axis: 1 });
  const before = builder.one('cast', [builder.one('less', [rows, columns])], { to: 'f32' });
  const ones = builder.one('cast', [mask], { to: 'f32' });
  const rank = builder.shapeOf(ones).length;
  const counted = builder.one('dot_general', [ones, before], {
    lhsBatch: [],
    rhsBatch: [],
    lhsContract: [rank - 1],
    rhsContract: [0],
  });
  return builder.one('cast', [counted], { to: 'i32' });
}
