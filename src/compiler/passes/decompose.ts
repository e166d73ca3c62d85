// Composites that the engine doesn't run whole are taken apart, down to what it runs.

import { type Builder, createBuilder } from '../../ir/builder.ts';
import type { Attrs, Graph, ValueId } from '../../ir/graph.ts';
import type { OpDef, OpRegistry } from '../../ir/op.ts';
import { withoutDead } from '../../ir/traverse.ts';
import type { Pass } from './pass.ts';
import { productComposites } from './precision.ts';

export const decomposeComposites: Pass = {
  name: 'decompose',
  because: 'a composite is defined by its decomposition',
  needed: 'an engine has no kernels for the composites that it takes apart',
  run: (graph, { registry, target, precision = 'f32' }) => {
    const whole = target?.composites ?? new Set();
    // Products inside a composite couldn't be narrow while the rest of it stays f32.
    const kept = precision === 'f32' ? whole : [...whole].filter(op => !productComposites.includes(op));
    return decompose(graph, registry, new Set(kept));
  },
};

/** Takes apart every composite that isn't in `whole`. */
export function decompose(graph: Graph, registry: OpRegistry, whole: ReadonlySet<string>): Graph {
  const b = createBuilder(graph.name, registry);
  const apart = withDecomposition(b, whole);
  const renamed: ValueId[] = [];
  for (const input of graph.inputs)
    renamed[input.id] = b.input(input.name, input.role, graph.types[input.id]!);
  for (const node of graph.nodes) {
    b.span = node.span;
    const inputs = node.inputs.map(id => renamed[id]!);
    const made =
      node.regions.length > 0
        ? b.emit(
            node.op,
            inputs,
            node.attrs,
            node.regions.map(region => decompose(region, registry, whole)),
          )
        : apart.emit(node.op, inputs, node.attrs);
    for (const [i, old] of node.outputs.entries()) renamed[old] = made[i]!;
  }
  for (const output of graph.outputs) b.output(output.name, output.role, renamed[output.id]!);
  return withoutDead(b.finish());
}

/** A builder that emits the decomposition of a composite in its place, and so on inside. */
function withDecomposition(b: Builder, whole: ReadonlySet<string>): Builder {
  const apart: Builder = {
    ...b,
    emit: (op, inputs, attrs: Attrs = {}, regions = []) => {
      const def = b.registry.get(op) as unknown as OpDef | undefined;
      if (def?.decompose === undefined || whole.has(op)) return b.emit(op, inputs, attrs, regions);
      return def.decompose({ builder: apart, inputs, attrs });
    },
    one: (op, inputs, attrs) => {
      const [id, more] = apart.emit(op, inputs, attrs);
      if (id === undefined || more !== undefined) throw new Error(`${op} has not one output`);
      return id;
    },
  };
  return apart;
}
