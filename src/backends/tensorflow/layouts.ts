// Products whose operands don't lie as TensorFlow's kernels read them get a transpose of their own, which the cluster
// that makes the operand then writes in passing.

import { createBuilder } from '../../ir/builder.ts';
import type { Graph, Node, ValueId } from '../../ir/graph.ts';
import { ops } from '../../ops/registry.ts';
import { product, sameShape } from '../node-query.ts';

/** An operand's axes by their parts, in the order they have in the result. */
export interface Axes {
  readonly shape: readonly number[];
  readonly batch: readonly number[];
  readonly free: readonly number[];
  readonly contract: readonly number[];
}

const listed = (node: Node, name: string): readonly number[] => {
  const value = node.attrs[name];
  if (!Array.isArray(value)) throw new Error(`${node.op}: attribute ${name} is missing`);
  return value.map(Number);
};

/** The operands of a dot_general, their contracted axes in the order that moves least. */
export function operandsOf(node: Node, shapes: readonly (readonly number[])[]): readonly [Axes, Axes] {
  const axes = (i: number, batch: readonly number[], contract: readonly number[]): Axes => {
    const shape = shapes[i] ?? [];
    const free = shape
      .map((_, axis) => axis)
      .filter(axis => !batch.includes(axis) && !contract.includes(axis));
    return { shape, batch, free, contract };
  };
  const a = axes(0, listed(node, 'lhsBatch'), listed(node, 'lhsContract'));
  const b = axes(1, listed(node, 'rhsBatch'), listed(node, 'rhsContract'));
  const [best] = contractOrders(a, b)
    .map(order => {
      const left = { ...a, contract: order.map(i => a.contract[i] ?? 0) };
      const right = { ...b, contract: order.map(i => b.contract[i] ?? 0) };
      const cost = (lies(left) ? 0 : product(left.shape)) + (lies(right) ? 0 : product(right.shape));
      return { operands: [left, right] as const, cost };
    })
    .sort((x, y) => x.cost - y.cost);
  if (best === undefined) throw new Error('a contraction has at least one order');
  return best.operands;
}

/** Pairs of contracted axes in the orders worth trying: as given, ascending on the left, ascending on the right. */
function contractOrders(a: Axes, b: Axes): readonly (readonly number[])[] {
  const given = a.contract.map((_, i) => i);
  const by = (axes: readonly number[]): readonly number[] =>
    [...given].sort((i, j) => (axes[i] ?? 0) - (axes[j] ?? 0));
  const orders = [given, by(a.contract), by(b.contract)];
  return orders.filter((o, i) => orders.findIndex(p => sameShape(o, p)) === i);
}

/** Whether axes in that order lie in memory as they are; axes of size 1 may stand anywhere. */
export function inOrder(shape: readonly number[], order: readonly number[]): boolean {
  const real = order.filter(a => shape[a] !== 1);
  return real.every((a, i) => i === 0 || (real[i - 1] ?? 0) < a);
}

/** Whether a kernel reads the operand as it is, or with its last two parts changed over. */
const lies = ({ shape, batch, free, contract }: Axes): boolean =>
  inOrder(shape, [...batch, ...free, ...contract]) || inOrder(shape, [...batch, ...contract, ...free]);

/** The same graph, its products' operands lying as kernels read them. */
export function withLayouts(graph: Graph): Graph {
  const b = createBuilder(graph.name, ops);
  const renamed = new Map<ValueId, ValueId>();
  const moved = new Map<string, ValueId>();
  const now = (id: ValueId): ValueId => renamed.get(id) ?? id;
  for (const { id, name, role } of graph.inputs) {
    const type = graph.types[id];
    if (type !== undefined) renamed.set(id, b.input(name, role, type));
  }
  const placed = (id: ValueId, axes: Axes): { readonly id: ValueId; readonly axes: Axes } => {
    if (lies(axes)) return { id, axes };
    const { batch, free, contract } = axes;
    const perm = [...batch, ...free, ...contract];
    const key = `${id} ${perm}`;
    const value = moved.get(key) ?? b.one('transpose', [id], { perm });
    moved.set(key, value);
    const at = (from: number, part: readonly number[]): readonly number[] => part.map((_, i) => from + i);
    return {
      id: value,
      axes: {
        shape: perm.map(p => axes.shape[p] ?? 1),
        batch: at(0, batch),
        free: at(batch.length, free),
        contract: at(batch.length + free.length, contract),
      },
    };
  };
  for (const node of graph.nodes) {
    b.span = node.span;
    const inputs = node.inputs.map(now);
    if (node.op !== 'dot_general') {
      const made = b.emit(node.op, inputs, node.attrs, node.regions);
      for (const [i, id] of node.outputs.entries()) renamed.set(id, made[i] ?? 0);
      continue;
    }
    const [left, right] = operandsOf(
      node,
      inputs.map(id => b.shapeOf(id).map(Number)),
    );
    const [x, y] = [placed(inputs[0] ?? 0, left), placed(inputs[1] ?? 0, right)];
    const value = b.one('dot_general', [x.id, y.id], {
      lhsBatch: x.axes.batch,
      rhsBatch: y.axes.batch,
      lhsContract: x.axes.contract,
      rhsContract: y.axes.contract,
    });
    renamed.set(node.outputs[0] ?? 0, value);
  }
  for (const { name, role, id } of graph.outputs) b.output(name, role, now(id));
  return b.finish();
}
