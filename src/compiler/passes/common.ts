// Common subexpressions: one node for equal ops of equal inputs.

import { attrsText } from '../../ir/attrs-text.ts';
import { createBuilder } from '../../ir/builder.ts';
import type { Attrs, ValueId } from '../../ir/graph.ts';
import { withoutDead } from '../../ir/traverse.ts';
import type { Pass } from './pass.ts';

export const commonSubexpressions: Pass = {
  name: 'common-subexpressions',
  because: 'every op is a function of its inputs and attributes, draws included',
  run: (graph, { registry }) => {
    const b = createBuilder(graph.name, registry);
    const renamed: ValueId[] = [];
    for (const input of graph.inputs)
      renamed[input.id] = b.input(input.name, input.role, graph.types[input.id]!);
    const known = new Map<string, readonly ValueId[]>();
    for (const node of graph.nodes) {
      const inputs = node.inputs.map(id => renamed[id]!);
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
      for (const [i, old] of node.outputs.entries()) renamed[old] = made[i]!;
    }
    for (const output of graph.outputs) b.output(output.name, output.role, renamed[output.id]!);
    return withoutDead(b.finish());
  },
};

const commutative = new Set(['add', 'mul', 'max', 'min', 'equal', 'and', 'or', 'bit_xor', 'bit_and']);

/** Equal for equal calls; NaN and the sign of zero count. */
function keyOf(op: string, inputs: readonly ValueId[], attrs: Attrs): string {
  const order = commutative.has(op) ? inputs.toSorted((a, b) => a - b) : inputs;
  return `${op}(${order.join()})${attrsText(attrs)}`;
}

export const deadCode: Pass = {
  name: 'dead-code',
  because: 'a value that no output reads changes nothing',
  run: withoutDead,
};
