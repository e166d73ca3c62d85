// (w·v)/Σw, the division after the product: the quotient moves to the weights, where softmax is seen.

import type { Builder } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/graph.ts';
import { any, numberOf, op } from '../../ir/pattern.ts';
import type { Rule } from '../../ir/rewrite.ts';
import { unfilled } from './poles.ts';
import { dotDims, freeAxes } from './products.ts';
import { unitReshape } from './shapes.ts';

/** What a value is a transpose and reshape of, and which axis of that each of its axes is; undefined for axes of 1. */
interface Source {
  readonly value: ValueId;
  readonly axes: readonly (number | undefined)[];
}

function sourceOf(b: Builder, id: ValueId): Source {
  const node = b.producer(id);
  if (node?.op === 'transpose') {
    const inner = sourceOf(b, node.inputs[0]!);
    return { ...inner, axes: (node.attrs.perm as readonly number[]).map(axis => inner.axes[axis]) };
  }
  if (node?.op === 'reshape') {
    const [from, to] = [b.shapeOf(node.inputs[0]!), b.shapeOf(id)];
    const places = unitReshape(from, to);
    if (places !== undefined) {
      const inner = sourceOf(b, node.inputs[0]!);
      return { ...inner, axes: to.map((_, axis) => inner.axes[places.indexOf(axis)]) };
    }
  }
  return { value: id, axes: b.shapeOf(id).map((d, axis) => (d === 1 ? undefined : axis)) };
}

/** The axis of w that each axis of a product is; undefined for those of v. */
function axesOfWeights(b: Builder, dot: ValueId, w: ValueId): readonly (number | undefined)[] {
  const node = b.producer(dot)!;
  const { lhsBatch, rhsBatch, lhsContract, rhsContract } = dotDims(node);
  const free = [
    freeAxes(b.shapeOf(node.inputs[0]!).length, lhsBatch, lhsContract),
    freeAxes(b.shapeOf(node.inputs[1]!).length, rhsBatch, rhsContract),
  ] as const;
  const [left, right] = free;
  return node.inputs[0] === w
    ? [...lhsBatch, ...left, ...right.map(() => undefined)]
    : [...rhsBatch, ...left.map(() => undefined), ...right];
}

/** The value that is summed along one axis, perhaps with what is dropped set to 0. */
function summed(
  b: Builder,
  id: ValueId,
): { readonly values: readonly ValueId[]; readonly axis: number } | undefined {
  const node = b.producer(unfilled(b, id));
  const axes = node?.attrs.axes as readonly number[] | undefined;
  if (node?.op !== 'reduce_sum' || axes?.length !== 1 || node.attrs.keepdims !== true) return undefined;
  const [of] = node.inputs as readonly [ValueId];
  const inner = b.producer(of);
  const kept = inner?.op === 'select' && numberOf(b, inner.inputs[2]!) === 0 ? [inner.inputs[1]!] : [];
  return { values: [of, ...kept], axis: axes[0]! };
}

export const lateQuotient: Rule = {
  name: 'quotient-of-product',
  because: '(w·v)/Σ w = (w/Σ w)·v: the sum is one number for each row of w',
  pattern: op('div', [op('dot_general', [any('left'), any('right')], { as: 'dot', once: true }), any('sum')]),
  replace: (m, b) => {
    const source = sourceOf(b, m.value('sum'));
    const sum = summed(b, source.value);
    const dot = m.node('dot');
    const w = dot.inputs.find(id => sum?.values.includes(id));
    if (sum === undefined || w === undefined) return undefined;
    const { lhsContract, rhsContract } = dotDims(dot);
    const contract = dot.inputs[0] === w ? lhsContract : rhsContract;
    if (contract.length !== 1 || contract[0] !== sum.axis) return undefined;
    const axes = axesOfWeights(b, m.value('dot'), w);
    const lead = axes.length - source.axes.length;
    if (lead < 0 || !source.axes.every((axis, i) => axis === undefined || axis === axes[i + lead]))
      return undefined;
    const weights = b.one('div', [w, source.value]);
    const inputs = dot.inputs.map(id => (id === w ? weights : id));
    return b.one('dot_general', inputs, dot.attrs);
  },
};
