// Where a graph folds axes is not what it means: a block that is written for rows folds what stands before them, and
// the same text outside a block doesn't. Here every op that can is computed on the axes as they were before they were
// folded, and the reshape waits behind it. Each rule keeps every bit of what is computed.

import { createBuilder } from '../ir/builder.ts';
import type { Attrs, Graph, Node, ValueId } from '../ir/graph.ts';
import type { OpRegistry } from '../ir/op.ts';
import { axisGroups } from '../ops/reshape-groups.ts';
import { attributesText } from './attributes-text.ts';

/** A value of the new graph, and the shape in which the old one has it: where they differ a reshape waits. */
export interface Waiting {
  readonly id: ValueId;
  readonly shape: readonly number[];
}

export interface Unfolding {
  shapeOf(id: ValueId): readonly number[];
  /** One node for equal ops of equal inputs. */
  emit(op: string, inputs: readonly ValueId[], attrs: Attrs): readonly ValueId[];
  /** The value in exactly this shape. */
  reshaped(id: ValueId, shape: readonly number[]): ValueId;
  /** What a broadcast made the value of; undefined where it is nothing of the kind. */
  stretches(id: ValueId): ValueId | undefined;
  /** The value as the old graph has it. */
  plain(value: Waiting): ValueId;
}

/** Computes a node before what waits at its inputs; undefined where that can't be. */
export type UnfoldRule = (
  u: Unfolding,
  node: Node,
  inputs: readonly Waiting[],
  outputs: readonly (readonly number[])[],
) => readonly Waiting[] | undefined;

/** The graph with reshapes as late as `rules` let them be; equal nodes are one. */
export function unfolded(graph: Graph, rules: ReadonlyMap<string, UnfoldRule>, registry: OpRegistry): Graph {
  const b = createBuilder(graph.name, registry);
  const known = new Map<string, readonly ValueId[]>();
  const u: Unfolding = {
    shapeOf: id => sizes(b.shapeOf(id)),
    emit: (op, inputs, attrs) => {
      const key = `${op}(${inputs.join()})${attributesText(attrs)}`;
      const made = known.get(key) ?? b.emit(op, inputs, attrs);
      known.set(key, made);
      return made;
    },
    reshaped: (id, shape) => {
      if (isSame(u.shapeOf(id), shape)) return id;
      const producer = b.producer(id);
      const from = producer?.op === 'reshape' ? producer.inputs[0]! : id;
      return isSame(u.shapeOf(from), shape) ? from : u.emit('reshape', [from], { shape })[0]!;
    },
    stretches: id => {
      const producer = b.producer(id);
      return producer?.op === 'broadcast' ? producer.inputs[0] : undefined;
    },
    plain: ({ id, shape }) => u.reshaped(id, shape),
  };
  const values = new Map<ValueId, Waiting>();
  for (const { id, name, role } of graph.inputs) {
    const type = graph.types[id]!;
    values.set(id, { id: b.input(name, role, type), shape: sizes(type.shape) });
  }
  for (const node of graph.nodes) {
    if (node.regions.length > 0) throw new Error(`${node.op} has a body, which has no canonical form`);
    const inputs = node.inputs.map(id => values.get(id)!);
    const shapes = node.outputs.map(id => sizes(graph.types[id]!.shape));
    const made =
      rules.get(node.op)?.(u, node, inputs, shapes) ??
      u.emit(node.op, inputs.map(u.plain), node.attrs).map((id, i) => ({ id, shape: shapes[i]! }));
    for (const [i, id] of node.outputs.entries()) values.set(id, made[i]!);
  }
  for (const { id, name, role } of graph.outputs) b.output(name, role, u.plain(values.get(id)!));
  return b.finish();
}

const sizes = (shape: readonly unknown[]): readonly number[] =>
  shape.map(d => {
    if (typeof d !== 'number') throw new Error('a canonical form is made of graphs whose sizes are known');
    return d;
  });

export const isSame = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);

/** How the axes of the old graph's shape stand in the new one: for each axis those that it was folded from. */
export function axesBefore(u: Unfolding, { id, shape }: Waiting): ReadonlyMap<number, readonly number[]> {
  const before = new Map<number, readonly number[]>();
  // Axes that regroup (2 by 6 as 4 by 3) have no axes before them that are theirs alone.
  for (const { from, to } of axisGroups(u.shapeOf(id), shape)) if (to.length === 1) before.set(to[0]!, from);
  return before;
}
