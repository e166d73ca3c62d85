// A train step that fits a given memory: as much of the forward pass is made again in the backward pass as is needed,
// what is cheapest first, the peak measured anew by the plan.

import type { Graph } from '../ir/graph.ts';
import type { OpRegistry } from '../ir/op.ts';
import { withoutDead } from '../ir/traverse.ts';
import { graphCost, nodeCost } from './cost.ts';
import { type ForwardValues, forwardValues } from './forward-values.ts';
import type { PassName, Target } from './plan.ts';
import type { MemoryNote } from './program.ts';
import { dropOrder } from './recompute-order.ts';
import { type Rematerialized, rematerialize } from './rematerialize.ts';
import { peakBytes } from './schedule.ts';

export interface Recomputation {
  readonly graph: Graph;
  readonly note: MemoryNote;
}

export const recomputation: PassName = {
  name: 'recompute',
  because: 'an op of equal inputs gives equal values whenever it is run, draws included',
};

/** How many mixtures of keeping and making again are measured before the search narrows down. */
const samples = 32;

export function recompute(
  graph: Graph,
  target: Target,
  registry: OpRegistry,
  limit: number,
  without: ReadonlySet<string> = new Set(),
): Recomputation {
  const before = peakBytes(graph, target, without);
  const nothing = { graph, note: { limit, before, peak: before, values: 0, parts: 1, addedWork: 0 } };
  if (before <= limit) return nothing;
  const forward = forwardValues(graph);
  const order = dropOrder(graph, forward, registry);
  const peakWithout = (count: number): number =>
    peakBytes(dropped(graph, forward, order, count).graph, target, without);
  const chosen = search(order.length, peakWithout, before, limit);
  if (chosen.count === 0) return nothing;
  const made = dropped(graph, forward, order, chosen.count);
  const added = made.again.reduce((n, node) => n + nodeCost(made.graph, node, registry).flops, 0);
  const addedWork = added / Math.max(1, graphCost(graph, registry).flops);
  return {
    graph: withoutDead(made.graph),
    note: { limit, before, peak: chosen.peak, values: chosen.count, parts: 1, addedWork },
  };
}

interface Choice {
  readonly count: number;
  readonly peak: number;
}

/** The fewest that fit; where none do, those with the smallest peak. The peak falls, and in the end it rises again. */
function search(most: number, peakOf: (count: number) => number, before: number, limit: number): Choice {
  let best: Choice = { count: 0, peak: before };
  let below = 0;
  for (let i = 1; i <= samples; i++) {
    const count = Math.ceil((most * i) / samples);
    if (count === below) continue;
    const peak = peakOf(count);
    if (peak < best.peak) best = { count, peak };
    if (peak <= limit) return narrowed(below, { count, peak }, peakOf, limit);
    below = count;
  }
  return best;
}

/** Between a count that doesn't fit and one that does. */
function narrowed(from: number, to: Choice, peakOf: (count: number) => number, limit: number): Choice {
  let [low, high] = [from, to];
  while (high.count - low > 1) {
    const count = Math.floor((low + high.count) / 2);
    const peak = peakOf(count);
    if (peak <= limit) high = { count, peak };
    else low = count;
  }
  return high;
}

function dropped(
  graph: Graph,
  forward: ForwardValues,
  order: readonly number[],
  count: number,
): Rematerialized {
  return rematerialize(graph, forward, new Set(order.slice(count)));
}
