// How a graph is seen by the engine: which values get memory of their own, and which are worked out again wherever they
// are read. A value with memory is called stored.

import type { Graph, Node, ValueId } from '../../ir/graph.ts';
import { product, type StaticType, sameShape } from '../node-query.ts';
import { staticType } from '../owned.ts';
import { ruleOf } from './core-table.ts';
import { mostJoined, readsInPlace } from './moving.ts';

export type NodeKind =
  /** Each element of its output by itself. */
  | 'element'
  | 'reduce'
  /** Kernels of its own. */
  | 'kernels'
  /** A table that is written to memory once. */
  | 'table';

/** A longer table of numbers is memory, not text. */
const longestText = 64;

export function kindOf(node: Node, types: readonly StaticType[]): NodeKind {
  if (node.op === 'literal')
    return product(types[node.outputs[0] ?? -1]?.shape ?? []) > longestText ? 'table' : 'element';
  if (node.op === 'concat' && node.inputs.length > mostJoined) return 'kernels';
  return ruleOf(node.op).kind;
}

export interface Form {
  readonly graph: Graph;
  readonly types: readonly StaticType[];
  readonly kinds: readonly NodeKind[];
  /** The node that makes a value; undefined for an input. */
  readonly producer: (id: ValueId) => number | undefined;
  /** The value in whose memory this one lies: itself, or what it is another view of. */
  readonly home: (id: ValueId) => ValueId;
  readonly stored: ReadonlySet<ValueId>;
  /** Stored values that must be there before this one, by the `after`s on its way, though none reads them. */
  readonly orders: (id: ValueId) => ReadonlySet<ValueId>;
}

/** Work that may hang together in one kernel, in operations; and stored values that it may read. */
const most = { work: 64, leaves: 5 };
/** Work that is done twice rather than stored. */
const cheap = { work: 8, leaves: 2 };

const slow: ReadonlySet<string> = new Set([
  'exp',
  'log',
  'tanh',
  'erf',
  'sin',
  'cos',
  'pow',
  'rem',
  'sigmoid',
]);

const nothing: ReadonlySet<never> = new Set();

/** What a value that isn't stored takes to work out: operations by a key that is the same for the same one. */
interface Cost {
  readonly work: ReadonlyMap<string, number>;
  readonly leaves: ReadonlySet<ValueId>;
}

const total = ({ work }: Cost): number => [...work.values()].reduce((sum, n) => sum + n, 0);

export function formOf(graph: Graph): Form {
  const types = graph.types.map(staticType);
  const kinds = graph.nodes.map(n => kindOf(n, types));
  const producers = new Map(graph.nodes.flatMap((n, i) => n.outputs.map(id => [id, i] as const)));
  const producer = (id: ValueId): number | undefined => producers.get(id);
  const count = (id: ValueId): number => product(types[id]?.shape ?? []);
  const homes = new Map<ValueId, ValueId>();
  const home = (id: ValueId): ValueId => homes.get(id) ?? id;
  for (const node of graph.nodes) {
    const [from, to] = [node.inputs[0], node.outputs[0]];
    if (from !== undefined && to !== undefined && isView(node, types[from], types[to]))
      homes.set(to, home(from));
  }

  const stored = new Set<ValueId>(graph.inputs.map(i => i.id));
  const store = (id: ValueId): void => {
    if (count(id) > 0) stored.add(home(id));
  };
  for (const [i, node] of graph.nodes.entries()) {
    if (kinds[i] === 'element') continue;
    for (const id of node.outputs) store(id);
    if (kinds[i] === 'kernels') for (const id of node.inputs) store(id);
  }
  for (const { id } of graph.outputs) store(id);

  const costs = new Map<ValueId, Cost>();
  const free: Cost = { work: new Map(), leaves: nothing };
  const costOf = (id: ValueId): Cost =>
    stored.has(id) ? { work: new Map(), leaves: new Set([id]) } : (costs.get(id) ?? free);
  const made = (at: number, node: Node): Cost => {
    const work = new Map([
      [
        `n${at}`,
        slow.has(node.op)
          ? 4
          : isView(node, types[node.inputs[0] ?? -1], types[node.outputs[0] ?? -1]) ||
              node.inputs.length === 0
            ? 0
            : 1,
      ],
    ]);
    const leaves = new Set<ValueId>();
    for (const [i, id] of node.inputs.entries()) {
      if (node.op === 'after' && i === 1) continue;
      const cost = costOf(id);
      for (const leaf of cost.leaves) leaves.add(leaf);
      if (readsInPlace(node.op, types[id]!, types[node.outputs[0]!]!))
        for (const [k, n] of cost.work) work.set(k, n);
      else work.set(`m${at} ${i}`, total(cost));
    }
    return { work, leaves };
  };
  /** Keeps what hangs together small: what would be too much is stored before it is. */
  const limit = (): void => {
    for (const [at, node] of graph.nodes.entries()) {
      if (kinds[at] === 'table') continue;
      const isSmall = (c: Cost): boolean => total(c) <= most.work && c.leaves.size <= most.leaves;
      let cost = made(at, node);
      while (kinds[at] !== 'kernels' && !isSmall(cost)) {
        const open = node.inputs.filter(
          id => !stored.has(id) && !stored.has(home(id)) && costOf(id).leaves.size > 0,
        );
        const heaviest = open.toSorted((a, b) =>
          cost.leaves.size > most.leaves
            ? costOf(b).leaves.size - costOf(a).leaves.size
            : total(costOf(b)) - total(costOf(a)),
        )[0];
        if (heaviest === undefined) break;
        store(heaviest);
        costs.delete(heaviest);
        for (const id of node.inputs)
          if (home(id) === home(heaviest) && id !== home(id)) costs.set(id, viewCost(home(id)));
        cost = made(at, node);
      }
      for (const id of node.outputs) costs.set(id, cost);
    }
  };
  const viewCost = (of: ValueId): Cost => ({ work: new Map(), leaves: new Set([of]) });

  limit();
  // Whose memory a value is worked out for; several are one too many, unless it takes little.
  const nexts = new Set(graph.outputs.filter(o => o.role === 'next').map(o => home(o.id)));
  const readers = new Map<ValueId, Set<ValueId>>();
  for (let at = graph.nodes.length - 1; at >= 0; at--) {
    const node = graph.nodes[at]!;
    if (kinds[at] === 'kernels' || kinds[at] === 'table') continue;
    for (const id of node.outputs) {
      const users = readers.get(id) ?? nothing;
      if (!stored.has(id) && kinds[at] === 'element' && users.size > 0) {
        const cost = costs.get(id) ?? free;
        const large = [...cost.leaves].filter(leaf => 4 * count(leaf) >= count(id)).length;
        const spent = total(cost);
        const isScalar = count(id) === 1 && [...users].some(u => count(u) > 1);
        if (
          cost.leaves.size > 0 &&
          ((users.size > 1 && (spent > cheap.work || large > cheap.leaves)) ||
            (isScalar && (spent > 1 || cost.leaves.size > 1)))
        )
          store(id);
      }
      // Part of a gradient: with it, the update of this weight is like that of any other.
      if (node.op === 'slice' && [...users].some(u => nexts.has(u) && count(u) === count(id))) store(id);
      const readsFor = stored.has(id) ? new Set([id]) : users;
      for (const [i, from] of node.inputs.entries()) {
        if (node.op === 'after' && i === 1) continue;
        const of = readers.get(from) ?? new Set();
        readers.set(from, of);
        for (const reader of readsFor) of.add(reader);
        // Worked out at every one of many positions.
        if (
          !stored.has(from) &&
          total(costs.get(from) ?? free) > cheap.work &&
          count(id) >= 4 * count(from) &&
          count(from) > 0
        )
          store(from);
      }
    }
  }
  limit();

  const ordered = new Map<ValueId, ReadonlySet<ValueId>>();
  for (const node of graph.nodes) {
    const all = new Set<ValueId>();
    for (const [i, id] of node.inputs.entries()) {
      if (stored.has(id)) {
        if (node.op === 'after' && i === 1) all.add(id);
        continue;
      }
      for (const order of ordered.get(id) ?? nothing) all.add(order);
      if (node.op === 'after' && i === 1) for (const leaf of costOf(id).leaves) all.add(leaf);
    }
    for (const id of node.outputs) ordered.set(id, all);
  }
  return { graph, types, kinds, producer, home, stored, orders: id => ordered.get(id) ?? nothing };
}

/** Whether the output is the input's memory under another type. */
function isView(node: Node, from: StaticType | undefined, to: StaticType | undefined): boolean {
  if (from === undefined || to === undefined) return false;
  switch (node.op) {
    case 'reshape':
    case 'stop_gradient':
    case 'after':
      return true;
    case 'cast':
      return from.dtype === to.dtype;
    case 'broadcast':
      return product(from.shape) === product(to.shape);
    case 'slice':
      return sameShape(from.shape, to.shape);
    default:
      return false;
  }
}
