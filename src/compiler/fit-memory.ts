// A train step under a limit of memory: what is computed again first, then, where that isn't enough, the batch in parts.

import { userPlace } from '../base/span.ts';
import type { Graph } from '../ir/graph.ts';
import type { OpRegistry } from '../ir/op.ts';
import { graphCost } from './cost.ts';
import type { Target } from './plan.ts';
import type { MemoryNote } from './program.ts';
import { type Recomputation, recomputation, recompute } from './recompute.ts';
import { peakBytes } from './schedule.ts';
import { rowSplitting, splitRows } from './split-rows.ts';

export interface FitOptions {
  readonly limit: number;
  /** In how many parts a batch may go through at most. */
  readonly parts: number;
  readonly target: Target;
  readonly registry: OpRegistry;
  readonly batches: readonly { readonly id: string; readonly size: number }[];
  /** Passes that are left out, by name. */
  readonly without: ReadonlySet<string>;
  /** From a forward graph to the whole step as the engine runs it. */
  readonly stepOf: (forward: Graph) => Graph;
}

/** Steps are unrolled over the parts; one with more nodes than this would take an engine minutes to open. */
const mostNodes = 60_000;

export function fitMemory(forward: Graph, options: FitOptions): Recomputation {
  const { registry, stepOf, without } = options;
  const whole = stepOf(forward);
  const fitted = (graph: Graph): Recomputation => inLimit(graph, options);
  let best = fitted(whole);
  const { before } = best.note;
  const work = Math.max(1, graphCost(whole, registry).flops);
  let meeting: MemoryNote['meeting'];
  const most = without.has(rowSplitting.name) ? 1 : options.parts;
  for (let parts = 2; parts <= most && best.note.peak > options.limit; parts *= 2) {
    if (whole.nodes.length * parts > mostNodes) break;
    const split = inParts(forward, parts, options);
    meeting = split.meeting;
    if (split.graph === forward) break;
    const made = fitted(stepOf(split.graph));
    if (made.note.peak >= best.note.peak) continue;
    const addedWork = graphCost(made.graph, registry).flops / work - 1;
    best = { graph: made.graph, note: { ...made.note, before, parts, addedWork } };
  }
  return { graph: best.graph, note: { ...best.note, meeting } };
}

/** The graph under the limit, or as it is where nothing may be computed again. */
function inLimit(graph: Graph, { limit, target, registry, without }: FitOptions): Recomputation {
  if (!without.has(recomputation.name)) return recompute(graph, target, registry, limit, without);
  const peak = peakBytes(graph, target, without);
  return { graph, note: { limit, before: peak, peak, values: 0, parts: 1, addedWork: 0 } };
}

function inParts(
  forward: Graph,
  parts: number,
  { batches, registry }: FitOptions,
): { readonly graph: Graph; readonly meeting: MemoryNote['meeting'] } {
  let graph = forward;
  let meeting: MemoryNote['meeting'];
  for (const { id, size } of batches) {
    if (size % parts !== 0) continue;
    const names = forward.inputs.map(i => i.name).filter(name => name.startsWith(`${id}/`));
    const split = splitRows(graph, registry, { feeds: new Set(names), size, parts });
    graph = split.graph;
    const span = split.meeting?.span;
    if (span === undefined) continue;
    const { file, line } = userPlace(span);
    meeting ??= { file, line };
  }
  return { graph, meeting };
}
