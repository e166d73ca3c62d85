// How many kernels an engine runs for a graph.

import type { Graph } from '../ir/graph.ts';
import { isFree } from './cost.ts';
import type { Plan, Target } from './plan.ts';

/** Of each node; what a unit of several runs counts for the first of them. */
export function kernelsOf(
  graph: Graph,
  target: Target,
  without: ReadonlySet<string> = new Set(),
): readonly number[] {
  const known = target.kernels?.(graph);
  if (known !== undefined) return known;
  const isRun = (i: number): number => (isFree(graph.nodes[i]!) ? 0 : 1);
  if (target.units === undefined) return graph.nodes.map((_, i) => isRun(i));
  const counts = graph.nodes.map(() => 0);
  for (const { nodes } of target.units(graph, without)) {
    const [first] = nodes;
    if (first !== undefined) counts[first] = nodes.length === 1 ? isRun(first) : 1;
  }
  return counts;
}

export const kernelCount = ({ graph, without }: Plan, target: Target): number =>
  kernelsOf(graph, target, without).reduce((a, b) => a + b, 0);
