// A graph read in the domain of cells: what each value's positions may depend on along one input's length. Exact where
// numbers decide it (a causal mask is made of comparisons of positions), by the ops' own dependence rules elsewhere.

import type { ValueId } from '../graph.ts';
import type { Dependence, OpDef, OpRegistry } from '../op.ts';
import { contracted, elementwise, gathered, reduced, softmax, takenAlong } from './arithmetic.ts';
import {
  blank,
  type Cells,
  eachCell,
  grows,
  type Mark,
  mostCells,
  type Sized,
  type SizedNode,
  stridesOf,
} from './cells.ts';
import { isElementwise } from './numbers.ts';
import { broadcast, concatenated, moved, padded, reshaped, sliced, unknownOf } from './structure.ts';

export interface ReadOptions {
  readonly registry: OpRegistry;
  readonly size: (id: ValueId) => Sized;
  readonly isIndex: (id: ValueId) => boolean;
  /** What is known of values that come from outside; of others nothing, and they read nothing. */
  readonly given: ReadonlyMap<ValueId, Cells>;
  /**
   * What a position has seen, and not all that it may depend on: a value without the length's axis is a summary, and
   * what is hidden by chance is not seen.
   */
  readonly seen: boolean;
}

/** The cells of an input along its axis: position i reads itself, and is a copy of itself. */
export function inputCells(axis: number, size: number): Cells {
  const marks: readonly Mark[] = [{ axis, outer: 1, size, inner: 1, from: 0 }];
  const cells = blank(marks);
  for (let i = 0; i < size; i++) {
    cells.reads[i] = 1 << i;
    cells.copies[i] = i;
  }
  return cells;
}

/** Cells of every value that the nodes make, and of those that were given; undefined where one has too many. */
export function readCells(
  nodes: readonly SizedNode[],
  options: ReadOptions,
): Map<ValueId, Cells> | undefined {
  const known = new Map<ValueId, Cells>(options.given);
  const outside = blank([]);
  for (const node of nodes) {
    const inputs = node.inputs.map(id => known.get(id) ?? outside);
    for (const [i, id] of node.outputs.entries()) {
      if (placesOf(options.size(id)) > mostCells) return undefined;
      const cells = cellsOf(node, i, inputs, options);
      known.set(
        id,
        options.seen && cells.marks.length === 0 ? { ...cells, reads: new Int32Array(1) } : cells,
      );
    }
  }
  return known;
}

/** How many cells a value may have: an axis of several factors grows by the others at each step. */
function placesOf({ shape, grown }: Sized): number {
  return shape.reduce((n, size, axis) => {
    const by = (grown[axis] ?? size) - size;
    return by > 0 ? n * Math.ceil(size / by) : n;
  }, 1);
}

function cellsOf(node: SizedNode, output: number, inputs: readonly Cells[], o: ReadOptions): Cells {
  const sizes = node.inputs.map(o.size);
  const id = node.outputs[output] ?? 0;
  const to = o.size(id);
  const { attrs } = node;
  const [a, b] = inputs;
  const [first, second] = sizes;
  if (isElementwise(node.op, node.inputs.length)) {
    return elementwise(node, inputs, sizes, to, { seen: o.seen, isIndex: o.isIndex(id) });
  }
  switch (node.op) {
    case 'constant':
      return blank(growing(to), attrs.value as number);
    case 'literal': {
      const values = attrs.values as readonly number[];
      return blank([], values.every(v => v === values[0]) ? values[0] : Number.NaN);
    }
    case 'iota': {
      const marks = growing(to);
      const out = blank(marks, to.shape[attrs.axis as number] === 1 ? 0 : Number.NaN);
      const along = marks.findIndex(m => m.axis === attrs.axis);
      if (along >= 0)
        eachCell(marks, (at, cell) => {
          out.numbers[cell] = at[along] ?? 0;
        });
      return out;
    }
    case 'random_bits':
      return { ...blank(growing(to)), drawn: true };
    case 'reshape':
      return a === undefined || first === undefined ? blank([]) : reshaped(a, first, to);
    case 'transpose': {
      const perm = attrs.perm as readonly number[];
      return a === undefined ? blank([]) : moved(a, axis => perm.indexOf(axis));
    }
    case 'broadcast':
      return a === undefined || first === undefined ? blank([]) : broadcast(a, first, to);
    case 'slice':
      return a === undefined
        ? blank([])
        : sliced(a, to, attrs as { readonly starts: readonly number[]; readonly strides: readonly number[] });
    case 'pad':
      return a === undefined
        ? blank([])
        : padded(a, to, attrs.low as readonly number[], attrs.value as number);
    case 'concat':
      return concatenated(inputs, sizes, attrs.axis as number, to);
    case 'reduce_sum':
    case 'reduce_max': {
      const kind = node.op === 'reduce_sum' ? 'sum' : 'max';
      return a === undefined
        ? blank([])
        : reduced(a, kind, attrs.axes as readonly number[], attrs.keepdims === true);
    }
    case 'argmax':
      return a === undefined ? blank([]) : reduced(a, 'other', [attrs.axis as number], false);
    case 'logsumexp':
      return a === undefined
        ? blank([])
        : reduced(a, 'other', [attrs.axis as number], attrs.keepdims === true);
    case 'softmax':
      return a === undefined ? blank([]) : softmax(a, attrs.axis as number);
    case 'dot_general':
      return a === undefined || b === undefined ? blank([]) : contracted(node, a, b, sizes);
    case 'gather':
      return a === undefined || b === undefined || second === undefined ? blank([]) : gathered(a, b, second);
    case 'take_along':
      return a === undefined || b === undefined ? blank([]) : takenAlong(a, b, attrs.axis as number);
    default:
      return byRule(node, output, inputs, o);
  }
}

const growing = (size: Sized): readonly Mark[] =>
  size.shape.flatMap((n, axis) =>
    grows(size, axis) ? [{ axis, outer: 1, size: n, inner: 1, from: undefined }] : [],
  );

/** By the dependence rule of the op, for its axes that grow; nothing is known of numbers. */
function byRule(node: SizedNode, output: number, inputs: readonly Cells[], o: ReadOptions): Cells {
  const def = o.registry.get(node.op) as OpDef | undefined;
  const id = node.outputs[output] ?? 0;
  if (def === undefined) return unknownOf(inputs);
  const typeOf = (v: ValueId) => ({ dtype: 'f32' as const, shape: o.size(v).shape });
  const bare = growing(o.size(id));
  const rules = bare.map(m =>
    def.dependence({
      types: node.inputs.map(typeOf),
      outputs: node.outputs.map(typeOf),
      attrs: node.attrs as never,
      output,
      axis: m.axis,
    }),
  );
  const marks = bare.map((m, k) => ({ ...m, from: originOf(rules[k] ?? [], inputs) }));
  const out = blank(marks);
  eachCell(marks, (at, cell) => {
    let reads = 0;
    for (const [i, v] of inputs.entries()) {
      const allowed = (m: Mark, place: number): boolean =>
        rules.every((rule, k) => reaches(rule[i], m, place, at[k] ?? 0));
      if (rules.some(rule => rule[i]?.kind === 'none')) continue;
      const strides = stridesOf(v.marks);
      eachCell(v.marks, places => {
        if (!v.marks.every((m, k) => allowed(m, places[k] ?? 0))) return;
        reads |= v.reads[places.reduce((n, p, k) => n + p * (strides[k] ?? 0), 0)] ?? 0;
      });
    }
    out.reads[cell] = reads;
  });
  return { ...out, drawn: inputs.some(v => v.drawn) };
}

/** The input's position that index 0 of an output axis stands for. */
function originOf(rule: readonly Dependence[], inputs: readonly Cells[]): number | undefined {
  for (const [i, r] of rule.entries()) {
    const mark = 'axis' in r ? inputs[i]?.marks.find(m => m.axis === r.axis) : undefined;
    if (mark?.from !== undefined) return mark.from + (r.kind === 'shift' ? r.by : 0);
  }
  return undefined;
}

/** Whether output position t may depend on this place of a mark. */
function reaches(rule: Dependence | undefined, mark: Mark, place: number, t: number): boolean {
  if (rule === undefined || rule.kind === 'all' || rule.kind === 'none' || rule.axis !== mark.axis)
    return true;
  if (mark.outer !== 1 || mark.inner !== 1) return true;
  switch (rule.kind) {
    case 'same':
      return place === t;
    case 'shift':
      return place === t + rule.by;
    case 'past':
      return place <= t;
    default:
      return rule satisfies never;
  }
}
