// Common subexpressions: one node for equal ops of equal inputs.

import { createBuilder } from '../../ir/builder.ts';
import type { Attrs, ValueId } from '../../ir/graph.ts';
import { withoutDead } from '../../ir/traverse.ts';
import type { Pass } from './pass.ts';

export const commonSubexpressions: Pass = {
  name: 'common-subexpressions',
  because: 'every op is a function of its inputs and attributes, draws included',
  run: (graph, { registry }) => {
    const b = createBuilder(graph.name, registry);
    const renamed = new Map<ValueId, ValueId>();
    for (const input of graph.inputs)
      renamed.set(input.id, b.input(input.name, input.role, graph.types[input.id]!));
    const known = new Map<string, readonly ValueId[]>();
    for (const node of graph.nodes) {
      const inputs = node.inputs.map(id => renamed.get(id)!);
      const key = node.regions.length > 0 ? undefined : keyOf(node.op, inputs, node.attrs);
      const before = key === undefined ? undefined : known.get(key);
      const made =
        before ??
        b.again(
          node,
          inputs,
          node.outputs.map(id => graph.types[id]!),
        );
      if (key !== undefined) known.set(key, made);
      for (const [i, old] of node.outputs.entries()) renamed.set(old, made[i]!);
    }
    for (const output of graph.outputs) b.output(output.name, output.role, renamed.get(output.id)!);
    return withoutDead(b.finish());
  },
};

const commutative = new Set(['add', 'mul', 'max', 'min', 'equal', 'and', 'or', 'bit_xor', 'bit_and']);

/** Equal for equal calls; NaN and the sign of zero count. */
function keyOf(op: string, inputs: readonly ValueId[], attrs: Attrs): string {
  const order = commutative.has(op) ? inputs.toSorted((a, b) => a - b) : inputs;
  return `${op}(${order.join()})${textOf(attrs)}`;
}

/** Attributes are carried from graph to graph as they are: the text of each is made once. */
const texts = new WeakMap<Attrs, string>();

function textOf(attrs: Attrs): string {
  const known = texts.get(attrs);
  if (known !== undefined) return known;
  const entries = Object.entries(attrs).sort(([a], [b]) => (a < b ? -1 : 1));
  const text = JSON.stringify(entries, (_, value: unknown) =>
    typeof value === 'number' && (!Number.isFinite(value) || Object.is(value, -0))
      ? `#${Object.is(value, -0) ? '-0' : value}`
      : value,
  );
  texts.set(attrs, text);
  return text;
}

export const deadCode: Pass = {
  name: 'dead-code',
  because: 'a value that no output reads changes nothing',
  run: withoutDead,
};
