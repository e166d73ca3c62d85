// A graph along a length, one position after another: what earlier positions gave is kept where later ones read it
// (keys and values, in whatever layout), and only what is new is computed. Valid for templates whose every kept value
// looks back alone; all else is computed anew from what is kept.

import type { Builder } from '../builder.ts';
import type { Node, ValueId } from '../graph.ts';
import type { Mark } from './cells.ts';
import { appended, cutAttrs, lastFrom, lastOf, sizedMark, type Task } from './last-position.ts';
import type { Template } from './template.ts';

export interface Steps {
  /** How many values are kept between steps. */
  readonly kept: number;
  /** The output's last position at this length; the inputs are whole, and their last position by itself. */
  readonly next: (
    length: number,
    inputs: readonly { readonly whole: ValueId; readonly last: ValueId }[],
  ) => ValueId;
}

const keyOf = (t: Task): string => `${t.id} ${t.mark ?? ''}`;

/** `outside`: values of the template that come from outside are these here. */
export function createSteps(template: Template, builder: Builder, outside: (id: ValueId) => ValueId): Steps {
  const { nodes, cells, shapeAt, attrsAt } = template;
  const producers = new Map<ValueId, Node>();
  for (const node of nodes) for (const o of node.outputs) producers.set(o, node);
  const marksOf = (id: ValueId): readonly Mark[] => cells.get(id)?.marks ?? [];
  const changes = changing(template);
  const kept = new Map<ValueId, ValueId>();
  const constant = new Map<ValueId, ValueId>();

  /** How the last position along a mark comes from its inputs; undefined where it has to be cut off. */
  const stepOf = (node: Node, id: ValueId, mark: Mark): readonly Task[] | undefined =>
    lastFrom(template, node, id, mark);
  /** Whether a value is kept: it is read along the length, grows by one place a step, and never changes. */
  const keepable = new Map<ValueId, boolean>();
  const isKept = (id: ValueId): boolean => {
    const known = keepable.get(id) ?? judged(id);
    keepable.set(id, known);
    return known;
  };
  const judged = (id: ValueId): boolean => {
    const node = producers.get(id);
    const [mark, more] = marksOf(id);
    if (node === undefined || mark === undefined || more !== undefined) return false;
    const reads = cells.get(id)?.reads ?? [];
    return [...reads].some(r => r !== 0) && template.looksBack(id) && stepOf(node, id, mark) !== undefined;
  };
  const needs = (t: Task, first: boolean): readonly Task[] => {
    const node = producers.get(t.id);
    if (node === undefined) return [];
    const whole = node.inputs.map(id => ({ id, mark: undefined }));
    if (t.mark === undefined) return !first && isKept(t.id) ? [{ id: t.id, mark: 0 }] : whole;
    return stepIn(first, node, t.id, t.mark) ?? [{ id: t.id, mark: undefined }];
  };
  /** What a last position is computed from; undefined where it is cut off what is made whole anyway, or has to be. */
  const stepIn = (first: boolean, node: Node, id: ValueId, place: number): readonly Task[] | undefined => {
    const mark = marksOf(id)[place];
    const isThere = first && wholes().has(keyOf({ id, mark: undefined }));
    return mark === undefined || isThere ? undefined : stepOf(node, id, mark);
  };
  let whole: ReadonlySet<string> | undefined;
  /** What the first step makes whole for those after it. */
  const wholes = (): ReadonlySet<string> => {
    whole ??= new Set(startOrder().map(keyOf));
    return whole;
  };
  const startOrder = (): readonly Task[] =>
    orderOf(false)
      .filter(t => t.mark === undefined && isKept(t.id))
      .flatMap(t => ordered(t, x => needs({ ...x, mark: undefined }, true)));
  const orders = new Map<boolean, readonly Task[]>();
  const orderOf = (first: boolean): readonly Task[] => {
    const known = orders.get(first);
    if (known !== undefined) return known;
    const axis = (template.sizeOf(template.output).shape.length ?? 2) - 2;
    const mark = marksOf(template.output).findIndex(m => m.axis === axis);
    const order = ordered({ id: template.output, mark }, t => needs(t, first));
    // What is kept after the first step has to be whole in it.
    const later = first ? orderOf(false).filter(t => t.mark === undefined && isKept(t.id)) : [];
    const all = first
      ? joined(
          order,
          later.flatMap(t => ordered(t, x => needs(x, true))),
        )
      : order;
    orders.set(first, all);
    return all;
  };

  const next: Steps['next'] = (length, inputs) => {
    const first = kept.size === 0;
    const made = new Map<string, ValueId>();
    const at = (t: Task): ValueId => {
      const input = template.inputs.findIndex(i => i.id === t.id);
      const given = inputs[input];
      if (given !== undefined) return t.mark === undefined ? given.whole : given.last;
      if (!producers.has(t.id)) return outside(t.id);
      const found = made.get(keyOf(t)) ?? constant.get(t.id);
      if (found === undefined) throw new Error(`%${t.id} was not made before it is read`);
      return found;
    };
    const before = builder.span;
    for (const t of orderOf(first)) {
      const node = producers.get(t.id);
      if (node === undefined || made.has(keyOf(t)) || constant.has(t.id)) continue;
      builder.span = node.span;
      const mark = t.mark === undefined ? undefined : marksOf(t.id)[t.mark];
      const shape = shapeAt(t.id, length);
      if (mark !== undefined) {
        const step = stepIn(first, node, t.id, t.mark ?? 0);
        const joins = node.op === 'concat' && node.attrs.axis === mark.axis;
        const [only] = step ?? [];
        const id =
          joins && only !== undefined
            ? at(only)
            : step === undefined
              ? lastOf(builder, at({ id: t.id, mark: undefined }), shape, sizedMark(mark, shape))
              : builder.emit(node.op, step.map(at), cutAttrs(template, node, t.id, mark, length))[
                  node.outputs.indexOf(t.id)
                ];
        if (id !== undefined) made.set(keyOf(t), id);
        continue;
      }
      const past = kept.get(t.id);
      if (!first && past !== undefined && isKept(t.id)) {
        const [own] = marksOf(t.id);
        if (own === undefined) continue;
        const grown = appended(builder, past, at({ id: t.id, mark: 0 }), shape, sizedMark(own, shape));
        made.set(keyOf(t), grown);
        kept.set(t.id, grown);
        continue;
      }
      const whole = builder.emit(
        node.op,
        node.inputs.map(id => at({ id, mark: undefined })),
        attrsAt(node, length),
        node.regions,
      );
      for (const [i, o] of node.outputs.entries()) {
        const id = whole[i];
        if (id === undefined) continue;
        if (!changes.has(o)) constant.set(o, id);
        made.set(keyOf({ id: o, mark: undefined }), id);
      }
    }
    builder.span = before;
    if (first)
      for (const t of orderOf(false)) if (t.mark === undefined && isKept(t.id)) kept.set(t.id, at(t));
    const axis = template.sizeOf(template.output).shape.length - 2;
    return at({ id: template.output, mark: marksOf(template.output).findIndex(m => m.axis === axis) });
  };
  const all = orderOf(false).filter(t => t.mark === undefined && isKept(t.id));
  return { next, kept: all.length };
}

/** Values that differ from step to step. */
function changing(template: Template): ReadonlySet<ValueId> {
  const found = new Set<ValueId>(template.inputs.map(i => i.id));
  for (const node of template.nodes) {
    const grows = node.outputs.some(
      o => String(template.sizeOf(o).shape) !== String(template.sizeOf(o).grown),
    );
    const attrs = JSON.stringify(template.attrsAt(node, 0)) !== JSON.stringify(template.attrsAt(node, 1));
    if (grows || attrs || node.inputs.some(i => found.has(i))) for (const o of node.outputs) found.add(o);
  }
  return found;
}

/** Tasks in an order in which each comes after what it needs. */
function ordered(root: Task, needs: (t: Task) => readonly Task[]): readonly Task[] {
  const order: Task[] = [];
  const state = new Set<string>();
  const todo: { readonly task: Task; readonly open: boolean }[] = [{ task: root, open: true }];
  for (let at = todo.pop(); at !== undefined; at = todo.pop()) {
    if (!at.open) {
      order.push(at.task);
      continue;
    }
    if (state.has(keyOf(at.task))) continue;
    state.add(keyOf(at.task));
    todo.push({ task: at.task, open: false });
    for (const t of [...needs(at.task)].reverse())
      if (!state.has(keyOf(t))) todo.push({ task: t, open: true });
  }
  return order;
}

function joined(a: readonly Task[], b: readonly Task[]): readonly Task[] {
  const met = new Set(a.map(keyOf));
  return [...a, ...b.filter(t => !met.has(keyOf(t)) && met.add(keyOf(t)))];
}
