// In which order values of the forward pass are given up: the most bytes for the least work first.

import type { Graph, Node, ValueId } from '../ir/graph.ts';
import type { OpRegistry } from '../ir/op.ts';
import { bytesOf, nodeCost } from './cost.ts';
import type { ForwardValues } from './forward-values.ts';

/** A byte moved takes the time of so many operations; only the order of magnitude matters. */
const workPerByte = 8;

/** All saved values, each after those that are cheaper to make again from what is then still kept. */
export function dropOrder(graph: Graph, forward: ForwardValues, registry: OpRegistry): readonly ValueId[] {
  const kept = new Set(forward.saved);
  const works = new Map<Node, number>();
  const workOf = (node: Node): number => {
    let work = works.get(node);
    if (work === undefined) {
      const { flops, bytes } = nodeCost(graph, node, registry);
      work = flops + workPerByte * bytes;
      works.set(node, work);
    }
    return work;
  };
  /** The work of making it from kept values. Grows as fewer are kept. */
  const workFor = (value: ValueId): number => {
    const seen = new Set<Node>();
    let work = 0;
    const open = [forward.producers.get(value)];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      if (seen.has(node)) continue;
      seen.add(node);
      work += workOf(node);
      for (const id of node.inputs) {
        const root = forward.owner(id);
        const maker = forward.producers.get(root);
        if (maker === undefined || kept.has(root) || seen.has(maker)) continue;
        open.push(maker);
      }
    }
    return work;
  };
  const worth = (value: ValueId): number => bytesOf(graph.types[value]!) / Math.max(1, workFor(value));
  // Worth only falls, so what is best by an old figure is best if its new one still is.
  const queue = forward.saved.map(value => ({ value, worth: worth(value) })).sort(byWorth);
  const order: ValueId[] = [];
  for (let first = queue.shift(); first !== undefined; first = queue.shift()) {
    const now = { value: first.value, worth: worth(first.value) };
    const next = queue[0];
    if (next !== undefined && byWorth(next, now) < 0) {
      const at = queue.findIndex(other => byWorth(now, other) < 0);
      queue.splice(at < 0 ? queue.length : at, 0, now);
      continue;
    }
    kept.delete(now.value);
    order.push(now.value);
  }
  return order;
}

interface Candidate {
  readonly value: ValueId;
  readonly worth: number;
}

/** Of equals the earlier: it would be kept longer. */
const byWorth = (a: Candidate, b: Candidate): number => b.worth - a.worth || a.value - b.value;
