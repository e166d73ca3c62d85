// Constant folding: what is known when compiling is computed then, as long as the result is small.

import type { HostTensor } from '../../base/tensor.ts';
import { createBuilder } from '../../ir/builder.ts';
import type { Graph, Node, TensorType, ValueId } from '../../ir/graph.ts';
import type { OpDef, OpRegistry } from '../../ir/op.ts';
import { withoutDead } from '../../ir/traverse.ts';
import type { Pass } from './pass.ts';

/** Elements of the largest value that folding knows. */
const largest = 16_384;

const because = 'an op of constants is the constant that its reference computes';

export const foldConstants: Pass = {
  name: 'fold-constants',
  because,
  run: (graph, { registry }) => folded(graph, registry, largest),
};

/** Before recognition: masks stay as they were written. */
export const foldNumbers: Pass = {
  name: 'fold-numbers',
  because,
  run: (graph, { registry }) => folded(graph, registry, 1),
};

function folded(graph: Graph, registry: OpRegistry, limit: number): Graph {
  const b = createBuilder(graph.name, registry);
  const renamed: ValueId[] = [];
  const known = new Map<ValueId, HostTensor>();
  for (const input of graph.inputs)
    renamed[input.id] = b.input(input.name, input.role, graph.types[input.id]!);
  for (const node of graph.nodes) {
    b.span = node.span;
    const values = evaluate(graph, node, known, registry, limit);
    const inputs = node.inputs.map(id => renamed[id]!);
    const made =
      values === undefined || sources.has(node.op)
        ? b.again(
            node,
            inputs,
            node.outputs.map(id => graph.types[id]!),
          )
        : values.map(tensor => {
            const shape = [...tensor.shape];
            const { dtype, data } = tensor;
            const uniform = data.every(v => Object.is(v, data[0]));
            if (uniform && data.length > 0) return b.one('constant', [], { dtype, shape, value: data[0]! });
            return b.one('literal', [], { dtype, shape, values: [...data] });
          });
    for (const [i, old] of node.outputs.entries()) {
      renamed[old] = made[i]!;
      const tensor = values?.[i];
      if (tensor !== undefined) known.set(old, tensor);
    }
  }
  for (const output of graph.outputs) b.output(output.name, output.role, renamed[output.id]!);
  return withoutDead(b.finish());
}

/** Ops without inputs stay as they are, but what they give is known. */
const sources = new Set(['constant', 'literal', 'iota']);

function evaluate(
  graph: Graph,
  node: Node,
  known: ReadonlyMap<ValueId, HostTensor>,
  registry: OpRegistry,
  limit: number,
): readonly HostTensor[] | undefined {
  if (node.regions.length > 0 || (node.inputs.length === 0 && !sources.has(node.op))) return undefined;
  const inputs = node.inputs.map(id => known.get(id));
  const outputs = node.outputs.map(id => graph.types[id]!);
  if (!inputs.every(t => t !== undefined) || !outputs.every(type => isSmall(type, limit))) return undefined;
  const def = registry.get(node.op) as unknown as OpDef;
  return def.reference({ inputs, attrs: node.attrs, outputs, allocate });
}

function isSmall(type: TensorType, limit: number): boolean {
  if (type.dtype === 'f16' || type.dtype === 'bf16') return false;
  const size = type.shape.reduce<number>((n, d) => (typeof d === 'number' ? n * d : Number.NaN), 1);
  return size <= limit;
}

function allocate(type: TensorType): HostTensor {
  const shape = type.shape as readonly number[];
  const size = shape.reduce((n, d) => n * d, 1);
  const data =
    type.dtype === 'i32'
      ? new Int32Array(size)
      : type.dtype === 'bool'
        ? new Uint8Array(size)
        : new Float32Array(size);
  return { dtype: type.dtype, shape, data };
}
