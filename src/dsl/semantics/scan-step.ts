// One position of a scan: the scanned values there with their keeps, and what is carried past a position that isn't
// real, which is what came before it.

import type { Dim } from '../../base/dim.ts';
import type { Span } from '../../base/span.ts';
import type { ValueId } from '../../ir/graph.ts';
import type { Keep } from '../../ir/op.ts';
import { alignMask, emitOp } from './emit.ts';
import { compareDims, type Frame, keepKey } from './trace.ts';
import type { ErrorValue, TensorValue, Value } from './values.ts';
import { errorValue } from './values.ts';

export interface Scanned {
  readonly name: string;
  readonly span: Span;
  readonly value: TensorValue;
  readonly axis: number;
  readonly size: Dim;
}

/** Which rows have a real position here, from one mask of a scanned value. */
export interface StepKeep extends Keep {
  /** Which rows are real at all, on the same axes. */
  readonly rows: readonly ValueId[];
}

/** The masks that say for each row, by its leading axes, whether the position `at` is real. */
export function stepKeeps(frame: Frame, scanned: readonly Scanned[], at: number): readonly StepKeep[] {
  const found = new Map<string, StepKeep>();
  for (const { value, axis } of scanned)
    for (const keep of value.keeps) {
      if (!keep.axes.includes(axis) || keep.axes.some(a => a > axis)) continue;
      const here = withoutAxis(frame, keep, axis, at);
      const rows = value.keeps.filter(k => !k.axes.includes(axis) && k.axes.join() === here.axes.join());
      found.set(keepKey(here), { ...here, rows: rows.map(k => k.mask) });
    }
  return [...found.values()];
}

/** The keep at one position of `axis`, on the axes that are left. */
export function withoutAxis(frame: Frame, keep: Keep, axis: number, at: number): Keep {
  const { builder, filled } = frame.trace;
  const own = keep.axes.indexOf(axis);
  const axes = keep.axes.filter(a => a !== axis).map(a => (a < axis ? a : a - 1));
  const key = `step ${at} of axis ${own} of ${keep.mask}`;
  const known = filled.get(key);
  if (known !== undefined) return { mask: known, axes };
  const dims = builder.shapeOf(keep.mask);
  const row = builder.one('slice', [keep.mask], {
    starts: dims.map((_, i) => (i === own ? at : 0)),
    limits: dims.map((d, i) => (i === own ? at + 1 : d)),
    strides: dims.map(() => 1),
  });
  const mask = builder.one('reshape', [row], { shape: dims.filter((_, i) => i !== own) });
  filled.set(key, mask);
  return { mask, axes };
}

/** A scanned value at one position, without the scanned axis. */
export function valueAt(frame: Frame, s: Scanned, at: number): TensorValue | ErrorValue {
  const { value, axis } = s;
  const { element, dims } = value;
  const last = axis === dims.length - 1;
  const keeps = value.keeps.flatMap((keep): readonly Keep[] => {
    if (!keep.axes.includes(axis))
      return [{ mask: keep.mask, axes: keep.axes.map(a => (a < axis ? a : a - 1)) }];
    const here = withoutAxis(frame, keep, axis, at);
    // A mask of the axis alone says the same of every element.
    return here.axes.length > 0 ? [here] : everyElement(frame, here, dims[axis === 0 ? 1 : 0]);
  });
  const row = emitOp(
    frame,
    s.span,
    'slice',
    [value],
    {
      starts: dims.map((_, i) => (i === axis ? at : 0)),
      limits: dims.map((d, i) => (i === axis ? at + 1 : d)),
      strides: dims.map(() => 1),
    },
    { element, keeps: [] },
  );
  if (row.kind === 'error') return errorValue;
  const shape = dims.filter((_, i) => i !== axis);
  const quality = last ? undefined : value.quality;
  return emitOp(frame, s.span, 'reshape', [row], { shape }, { element, keeps, ...(quality && { quality }) });
}

function everyElement(frame: Frame, keep: Keep, size: Dim | undefined): readonly Keep[] {
  if (size === undefined) return [];
  const { builder } = frame.trace;
  const one = builder.one('reshape', [keep.mask], { shape: [1] });
  return [{ mask: builder.one('broadcast', [one], { shape: [size] }), axes: [0] }];
}

/** Whether a value of these dims has the axes of a mask, of the same sizes. */
export function leadsWith(frame: Frame, dims: readonly Dim[], keep: Keep): boolean {
  const { builder, facts } = frame.trace;
  const sizes = builder.shapeOf(keep.mask);
  return keep.axes.every((a, i) => {
    const [own, size] = [dims[a], sizes[i]];
    return own !== undefined && size !== undefined && compareDims(facts, own, size) === 'equal';
  });
}

/** The new value where all masks have the position, the old one where one of them drops it. */
export function passedOn(
  frame: Frame,
  span: Span,
  before: Value,
  after: Value,
  keeps: readonly StepKeep[],
): Value {
  if (before.kind === 'record' && after.kind === 'record') {
    const fields = [...after.fields].map(
      ([name, v]) => [name, passedOn(frame, span, before.fields.get(name) ?? errorValue, v, keeps)] as const,
    );
    return { ...after, fields: new Map(fields) };
  }
  if (before.kind !== 'tensor' || after.kind !== 'tensor' || keeps.length === 0) return after;
  if (before.id === after.id) return before;
  const own = ownMasks(
    frame,
    keeps.map(k => k.mask),
  );
  const others = after.keeps.flatMap(k => withoutStep(frame, k, own));
  const kept = new Map([...before.keeps, ...others].map(k => [keepKey(k), k]));
  let value: TensorValue = after;
  for (const keep of keeps) {
    const condition = conditionFor(frame, keep, after.dims);
    const chosen = emitOp(
      frame,
      span,
      'select',
      [condition, value, before],
      {},
      { element: after.element, keeps: [...kept.values()] },
    );
    if (chosen.kind === 'error') return errorValue;
    value = chosen;
  }
  return value;
}

/** What a keep says beyond which rows have a position here: nothing where it comes from that mask alone. */
export function withoutStep(frame: Frame, keep: Keep, own: ReadonlySet<ValueId>): readonly Keep[] {
  const mask = restOf(frame, keep.mask, own);
  return mask === undefined ? [] : [{ mask, axes: keep.axes }];
}

/** The masks of a step and what they are views of, which ops look through to. */
export function ownMasks(frame: Frame, masks: readonly ValueId[]): ReadonlySet<ValueId> {
  return new Set(masks.flatMap(m => [m, ...(frame.trace.builder.producer(m)?.inputs ?? [])]));
}

/** The mask as if those of the step were true everywhere; undefined where nothing else is in it. */
function restOf(frame: Frame, mask: ValueId, own: ReadonlySet<ValueId>): ValueId | undefined {
  if (own.has(mask)) return undefined;
  const { builder } = frame.trace;
  const node = builder.producer(mask);
  const [first, second] = node?.inputs ?? [];
  if (node === undefined || first === undefined) return mask;
  const rest = restOf(frame, first, own);
  if (node.op === 'and' && second !== undefined) {
    const other = restOf(frame, second, own);
    if (rest === first && other === second) return mask;
    return rest === undefined || other === undefined ? (rest ?? other) : builder.one('and', [rest, other]);
  }
  if (!['reshape', 'broadcast', 'transpose', 'slice'].includes(node.op) || rest === first) return mask;
  return rest === undefined ? undefined : builder.one(node.op, [rest], node.attrs);
}

/** A mask that broadcasts over a carried value; over one without rows, whether any row has the position. */
function conditionFor(frame: Frame, keep: StepKeep, dims: readonly Dim[]): TensorValue {
  const { builder } = frame.trace;
  const byRow = leadsWith(frame, dims, keep);
  const id = byRow ? alignMask(frame, keep, dims.length) : anyOf(frame, [keep.mask, ...keep.rows]);
  return {
    kind: 'tensor',
    id,
    element: { kind: 'bool' },
    dims: builder.shapeOf(id),
    quality: undefined,
    keeps: [],
    origins: new Map(),
  };
}

function anyOf(frame: Frame, masks: readonly ValueId[]): ValueId {
  const { builder } = frame.trace;
  const mask = masks.reduce((a, b) => builder.one('and', [a, b]));
  const axes = builder.shapeOf(mask).map((_, i) => i);
  if (axes.length === 0) return mask;
  const most = builder.one('reduce_max', [builder.one('cast', [mask], { to: 'f32' })], {
    axes,
    keepdims: false,
  });
  return builder.one('cast', [most], { to: 'bool' });
}
