// Reverse-mode differentiation, graph to graph: the gradients are more nodes in the same builder.

import type { Builder } from '../ir/builder.ts';
import type { Node, ValueId } from '../ir/graph.ts';
import type { OpDef } from '../ir/op.ts';

/**
 * Gradients of the scalar `loss` for each of `wrt`; undefined where nothing flows. Only nodes between the two are
 * visited, each in the span of the node it differentiates; several gradients of one value are added up.
 */
export function differentiate(
  builder: Builder,
  loss: ValueId,
  wrt: readonly ValueId[],
): readonly (ValueId | undefined)[] {
  if (builder.shapeOf(loss).length > 0) throw new Error('a loss is a scalar');
  const nodes = ancestors(builder, loss);
  const needed = reached(nodes, wrt);
  const grads = new Map<ValueId, ValueId>();
  const span = builder.span;
  if (needed.has(loss)) grads.set(loss, builder.constant(1, builder.typeOf(loss).dtype));
  for (const node of nodes.toReversed()) {
    const outer = node.outputs.map(id => grads.get(id));
    const wanted = node.inputs.map(id => needed.has(id));
    if (outer.every(g => g === undefined) || !wanted.includes(true)) continue;
    const { grad } = builder.registry.get(node.op) as unknown as OpDef;
    if (typeof grad !== 'function') continue;
    builder.span = node.span;
    const inner = grad({
      builder,
      node,
      attrs: node.attrs,
      inputs: node.inputs,
      outputs: node.outputs,
      grads: outer,
      wanted,
    });
    for (const [i, id] of node.inputs.entries()) {
      const g = inner[i];
      if (g === undefined || wanted[i] !== true) continue;
      const known = grads.get(id);
      grads.set(id, known === undefined ? g : builder.one('add', [known, g]));
    }
  }
  builder.span = span;
  return wrt.map(id => grads.get(id));
}

/** The nodes that lead to a value, in order of their making. */
function ancestors(builder: Builder, value: ValueId): readonly Node[] {
  const found = new Set<Node>();
  const open = [value];
  for (let id = open.pop(); id !== undefined; id = open.pop()) {
    const node = builder.producer(id);
    if (node === undefined || found.has(node)) continue;
    found.add(node);
    open.push(...node.inputs);
  }
  return [...found].sort((a, b) => a.outputs[0]! - b.outputs[0]!);
}

/** The values that depend on any of `from`. */
function reached(nodes: readonly Node[], from: readonly ValueId[]): ReadonlySet<ValueId> {
  const values = new Set(from);
  for (const node of nodes) {
    if (node.inputs.some(id => values.has(id))) for (const id of node.outputs) values.add(id);
  }
  return values;
}

/** Which of `wrt` the gradient of `loss` reaches, without making it: a path of differentiable ops leads there. */
export function reaches(builder: Builder, loss: ValueId, wrt: readonly ValueId[]): readonly boolean[] {
  const live = new Set([loss]);
  for (const node of ancestors(builder, loss).toReversed()) {
    const { grad } = builder.registry.get(node.op) as unknown as OpDef;
    if (typeof grad !== 'function' || !node.outputs.some(id => live.has(id))) continue;
    for (const id of node.inputs) live.add(id);
  }
  return wrt.map(id => live.has(id));
}
