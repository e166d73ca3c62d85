// Of a value along a mark only the last position: what it is computed from, by each op's own form where there is one;
// cut off the whole value otherwise; and put behind what was kept.

import type { Builder } from '../builder.ts';
import type { Attr, Node, ValueId } from '../graph.ts';
import type { Mark } from './cells.ts';
import { isElementwise } from './numbers.ts';
import type { Template } from './template.ts';

/** A value in one of its forms: whole at this length, or its last position on one of its marks. */
export interface Task {
  readonly id: ValueId;
  /** The mark along which only the last position is wanted. */
  readonly mark: number | undefined;
}

/** Ops that may be given one of several inputs cut along a free axis. */
const contracting: ReadonlySet<string> = new Set(['dot_general', 'gather', 'take_along', 'conv2d']);

/** What the last position of a value along a mark is computed from; undefined where the op has no such form. */
export function lastFrom(
  template: Template,
  node: Node,
  id: ValueId,
  mark: Mark,
): readonly Task[] | undefined {
  const marks = (v: ValueId): readonly Mark[] => template.cells.get(v)?.marks ?? [];
  const whole = (v: ValueId): Task => ({ id: v, mark: undefined });
  const onAxis = (v: ValueId, axis: number): Task | undefined => {
    const found = marks(v).findIndex(m => m.axis === axis);
    return found < 0 ? undefined : { id: v, mark: found };
  };
  const size = (v: ValueId) => template.sizeOf(v);
  const fixed = (v: ValueId, axis: number): boolean => size(v).shape[axis] === size(v).grown[axis];
  const [a] = node.inputs;
  const rank = size(id).shape.length;
  if (isElementwise(node.op, node.inputs.length) || node.op === 'broadcast') {
    const tasks = node.inputs.map(v => {
      const axis = mark.axis - (rank - size(v).shape.length);
      if (axis < 0 || (fixed(v, axis) && size(v).shape[axis] === 1)) return whole(v);
      return onAxis(v, axis);
    });
    return tasks.every(t => t !== undefined) ? tasks : undefined;
  }
  if (a === undefined) return undefined;
  switch (node.op) {
    case 'reshape': {
      const place = marks(id).indexOf(mark);
      return marks(a).length === marks(id).length ? [{ id: a, mark: place }] : undefined;
    }
    case 'slice': {
      const { starts, limits, strides } = node.attrs as Record<string, readonly number[]>;
      const axis = mark.axis;
      const isLast = limits?.[axis] === size(a).shape[axis] && strides?.[axis] === 1;
      const isWhole = starts?.[axis] === 0;
      const found = onAxis(a, axis);
      return isLast && (isWhole || mark.outer * mark.inner === 1) && found !== undefined
        ? [found]
        : undefined;
    }
    case 'pad': {
      const { low, high } = node.attrs as Record<string, readonly number[]>;
      const found = onAxis(a, mark.axis);
      return low?.[mark.axis] === 0 && high?.[mark.axis] === 0 && found !== undefined ? [found] : undefined;
    }
    case 'concat': {
      const along = node.attrs.axis === mark.axis;
      const last = node.inputs[node.inputs.length - 1];
      if (along) {
        const found = last === undefined ? undefined : onAxis(last, mark.axis);
        return found === undefined ? undefined : [found];
      }
      const tasks = node.inputs.map(v => onAxis(v, mark.axis));
      return tasks.every(t => t !== undefined) ? tasks : undefined;
    }
    default:
      return byRule(template, node, id, mark, onAxis, whole);
  }
}

function byRule(
  template: Template,
  node: Node,
  id: ValueId,
  mark: Mark,
  onAxis: (v: ValueId, axis: number) => Task | undefined,
  whole: (v: ValueId) => Task,
): readonly Task[] | undefined {
  const def = template.registry.get(node.op);
  if (def === undefined || node.inputs.length === 0) return undefined;
  const type = (v: ValueId) => ({ dtype: 'f32' as const, shape: template.sizeOf(v).shape });
  const rules = def.dependence({
    types: node.inputs.map(type),
    outputs: node.outputs.map(type),
    attrs: node.attrs as never,
    output: node.outputs.indexOf(id),
    axis: mark.axis,
  });
  if (!rules.some(r => r.kind === 'same')) return undefined;
  const tasks = node.inputs.map((v, i) => {
    const rule = rules[i];
    if (rule?.kind === 'same') return onAxis(v, rule.axis);
    return rule?.kind === 'all' && contracting.has(node.op) ? whole(v) : undefined;
  });
  return tasks.every(t => t !== undefined) ? tasks : undefined;
}

/** The attributes of an op that makes only the last position along a mark. */
export function cutAttrs(
  template: Template,
  node: Node,
  id: ValueId,
  mark: Mark,
  length: number,
): Record<string, Attr> {
  const attrs = template.attrsAt(node, length);
  const one = mark.outer * mark.inner;
  const cut = (sizes: Attr | undefined): readonly number[] =>
    (sizes as readonly number[]).map((s, axis) => (axis === mark.axis ? one : s));
  switch (node.op) {
    case 'reshape':
    case 'broadcast':
      return { ...attrs, shape: cut(template.shapeAt(id, length)) };
    case 'slice': {
      const starts = (attrs.starts as readonly number[]).map((s, axis) => (axis === mark.axis ? 0 : s));
      return { ...attrs, starts, limits: cut(attrs.limits) };
    }
    default:
      return attrs;
  }
}

/** A mark at the length at which its axis has this size. */
export function sizedMark(mark: Mark, shape: readonly number[]): Mark {
  return { ...mark, size: (shape[mark.axis] ?? 1) / (mark.outer * mark.inner) };
}

/** The axis of a mark as three: before, along and behind it. */
const split = (shape: readonly number[], mark: Mark, size: number): readonly number[] => [
  ...shape.slice(0, mark.axis),
  mark.outer,
  size,
  mark.inner,
  ...shape.slice(mark.axis + 1),
];

export function lastOf(builder: Builder, id: ValueId, shape: readonly number[], mark: Mark): ValueId {
  const plain = mark.outer === 1 && mark.inner === 1;
  const wide = plain ? shape : split(shape, mark, mark.size);
  const axis = plain ? mark.axis : mark.axis + 1;
  const open = plain ? id : builder.one('reshape', [id], { shape: wide });
  const last = builder.one('slice', [open], {
    starts: wide.map((_, i) => (i === axis ? mark.size - 1 : 0)),
    limits: wide,
    strides: wide.map(() => 1),
  });
  const closed = shape.map((s, i) => (i === mark.axis ? mark.outer * mark.inner : s));
  return plain ? last : builder.one('reshape', [last], { shape: closed });
}

/** What was kept and its next position; `shape` and `mark` are those of the result. */
export function appended(
  builder: Builder,
  past: ValueId,
  last: ValueId,
  shape: readonly number[],
  mark: Mark,
): ValueId {
  if (mark.outer === 1 && mark.inner === 1) return builder.one('concat', [past, last], { axis: mark.axis });
  const open = (id: ValueId, size: number): ValueId =>
    builder.one('reshape', [id], { shape: split(shape, mark, size) });
  const whole = builder.one('concat', [open(past, mark.size - 1), open(last, 1)], { axis: mark.axis + 1 });
  return builder.one('reshape', [whole], { shape });
}
