// How many of ONNX Runtime's kernels each node of a graph becomes: counted on the model as it is emitted.

import type { Graph } from '../../ir/graph.ts';
import { emitGraph } from './emit-graph.ts';

/** ONNX ops that move and compute nothing. */
const free: ReadonlySet<string> = new Set(['Reshape', 'Identity']);

/** By node: its kernels. What several nodes share counts for the first of them. */
export function kernelsOf(graph: Graph): readonly number[] {
  const counts = graph.nodes.map(() => 0);
  for (const node of emitGraph(graph).model.nodes) {
    // Nodes are labelled with the place of the one that they come from.
    const index = Number.parseInt(node.name, 10);
    const known = counts[index];
    if (known !== undefined && !free.has(node.op)) counts[index] = known + 1;
  }
  return counts;
}
