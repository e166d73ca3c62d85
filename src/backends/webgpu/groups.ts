// Stored values gathered into groups, each of which becomes a kernel: values that are worked out element by element over
// as many positions, and reductions of one shape with what is worked out of their results.

import type { Node, ValueId } from '../../ir/graph.ts';
import { intsAttr, product } from '../node-query.ts';
import { owned } from '../owned.ts';
import type { Form } from './form.ts';
import { flatIndex } from './indexing.ts';
import { mostBindings } from './kernel.ts';
import { createReader } from './reader.ts';
import { domainKey, reducedIndex } from './reduce-shape.ts';
import { createScribe } from './scribe.ts';

export interface Group {
  readonly kind: 'points' | 'reduce' | 'node';
  /** Positions that it works out: elements of each root. */
  readonly count: number;
  /** The reductions, of one shape and axes, in the order of nodes. */
  readonly reductions: readonly ValueId[];
  /** What is worked out at each position, in the order of nodes. */
  readonly points: readonly ValueId[];
  /** The node whose own kernels these are. */
  readonly node: number | undefined;
  /** Stored values that it loads: `same` at the position that it works out alone. */
  readonly loads: ReadonlyMap<ValueId, 'same' | 'moved'>;
  /** Values that must be there before it, though it doesn't load them. */
  readonly orders: ReadonlySet<ValueId>;
  /** Roots that are written over the input that they replace. */
  readonly over: ReadonlyMap<ValueId, ValueId>;
  /** The last of its nodes. */
  readonly at: number;
}

export const rootsOf = (g: Group): readonly ValueId[] => [...g.reductions, ...g.points];

/** A group for each stored value that a node makes, or for each node with kernels of its own. */
export function singleGroups(form: Form): readonly Group[] {
  const { graph, types, kinds, stored, home } = form;
  const next = nextInputs(form);
  return graph.nodes.flatMap((node, at): readonly Group[] => {
    const roots = node.outputs.filter(id => stored.has(id));
    const [root] = roots;
    const kind = kinds[at];
    if (root === undefined || kind === 'table' || kind === undefined) return [];
    const orders = new Set((kind === 'kernels' ? node.inputs : [root]).flatMap(id => [...form.orders(id)]));
    const rest = { orders, at, over: new Map<ValueId, ValueId>() };
    if (kind === 'kernels')
      return [
        {
          ...rest,
          kind: 'node',
          count: 0,
          reductions: [],
          points: roots,
          node: at,
          loads: new Map(
            node.inputs
              .filter(id => product(types[id]?.shape ?? []) > 0)
              .map(id => [home(id), 'moved'] as const),
          ),
        },
      ];
    const count = product(types[root]?.shape ?? []);
    const loads = loadsOf(form, node, root, count, kind);
    const replaced = next.get(root);
    const over = new Map(
      replaced !== undefined && kind === 'element' && loads.get(replaced) !== 'moved'
        ? [[root, replaced] as const]
        : [],
    );
    return kind === 'element'
      ? [{ ...rest, kind: 'points', count, reductions: [], points: [root], node: undefined, loads, over }]
      : [{ ...rest, kind: 'reduce', count, reductions: [root], points: [], node: undefined, loads, over }];
  });
}

function loadsOf(
  form: Form,
  node: Node,
  root: ValueId,
  count: number,
  kind: 'element' | 'reduce',
): ReadonlyMap<ValueId, 'same' | 'moved'> {
  const loads = new Map<ValueId, 'same' | 'moved'>();
  const isWhole = (id: ValueId): boolean => product(form.types[id]?.shape ?? []) === count;
  const reader = createReader(form, (id, at) => {
    const isSame = kind === 'element' && at.key === domainKey(count) && isWhole(id);
    if (!isSame || loads.get(id) === undefined) loads.set(id, isSame ? 'same' : 'moved');
    return `load${id}[${at.flat()}]`;
  });
  const scribe = createScribe();
  if (kind === 'element') reader.make(scribe, root, flatIndex(scribe, form.types[root]?.shape ?? [], 'i'));
  else {
    const input = node.inputs[0]!;
    const shape = form.types[input]?.shape ?? [];
    if (product(shape) > 0)
      reader.read(scribe, input, reducedIndex(scribe, shape, intsAttrOf(node), 'i', 'k'));
  }
  return loads;
}

const intsAttrOf = (node: Node): readonly number[] =>
  intsAttr({ node, inputs: [], types: [], outputs: [], used: [] }, 'axes');

/** The owned input whose next value a stored value is, where it is of one alone and isn't fetched before. */
function nextInputs({ graph, home, types }: Form): ReadonlyMap<ValueId, ValueId> {
  const inputs = new Map(graph.inputs.filter(i => owned.has(i.role)).map(i => [i.name, i.id] as const));
  const kept = new Set(graph.outputs.map(o => home(o.id)).filter(id => graph.inputs.some(i => i.id === id)));
  const found = new Map<ValueId, ValueId>();
  for (const { id, name, role } of graph.outputs) {
    const input = role === 'next' ? inputs.get(name) : undefined;
    if (
      input === undefined ||
      kept.has(input) ||
      found.has(home(id)) ||
      product(types[input]?.shape ?? []) === 0
    )
      continue;
    found.set(home(id), input);
  }
  return found;
}

/** Joined groups, in an order in which they can run. */
export function groupsOf(form: Form): readonly Group[] {
  const pool = createPool(form, singleGroups(form));
  pool.replaceInPlace();
  for (let again = true; again; ) again = pool.joinFollowers();
  pool.joinAlike();
  for (let again = true; again; ) again = pool.joinFollowers();
  return pool.ordered();
}

interface Pool {
  replaceInPlace(): void;
  joinFollowers(): boolean;
  joinAlike(): void;
  ordered(): readonly Group[];
}

function createPool(form: Form, singles: readonly Group[]): Pool {
  const { graph, home } = form;
  const groups = new Set(singles);
  const maker = new Map<ValueId, Group>(singles.flatMap(g => rootsOf(g).map(id => [id, g] as const)));
  /** Groups that must have run before one starts to write over what they read. */
  const waits = new Map<ValueId, Set<ValueId>>();
  const loaders = new Map<ValueId, Set<Group>>();
  const register = (g: Group): void => {
    for (const id of g.loads.keys()) {
      const of = loaders.get(id) ?? new Set();
      loaders.set(id, of.add(g));
    }
  };
  for (const g of singles) register(g);
  const kept = new Set(graph.outputs.map(o => home(o.id)));

  /** What a group needs, kept while it is what it is: `replaceInPlace` alone adds to it, before anything is joined. */
  const needed = new WeakMap<Group, readonly ValueId[]>();
  const needsOf = (g: Group): readonly ValueId[] => {
    const known = needed.get(g);
    if (known !== undefined) return known;
    const ids = [...g.loads.keys(), ...g.orders, ...rootsOf(g).flatMap(id => [...(waits.get(id) ?? [])])];
    needed.set(g, ids);
    return ids;
  };
  const before = (g: Group): ReadonlySet<Group> => {
    const found = new Set(needsOf(g).flatMap(id => maker.get(id) ?? []));
    found.delete(g);
    return found;
  };
  /** Whether `late` needs `early`; `notDirectly` by way of another. */
  const needs = (late: Group, early: Group, notDirectly: boolean): boolean => {
    const seen = new Set<Group>([late]);
    const first = Math.min(...rootsOf(early).map(id => form.producer(id) ?? 0));
    const open = [late];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const id of needsOf(at)) {
        const g = maker.get(id);
        if (g === undefined || seen.has(g) || g.at < first) continue;
        if (g === early) {
          if (at === late && notDirectly) continue;
          return true;
        }
        seen.add(g);
        open.push(g);
      }
    }
    return false;
  };
  const isRead = (id: ValueId, within: readonly Group[]): boolean =>
    kept.has(id) || [...(loaders.get(id) ?? [])].some(g => !within.includes(g));
  const joined = (a: Group, b: Group): Group | undefined => {
    const parts = [a, b];
    const roots = new Set(parts.flatMap(rootsOf));
    const loads = new Map(a.loads);
    for (const [id, how] of b.loads) if (loads.get(id) !== 'moved') loads.set(id, how);
    for (const [id, how] of loads) {
      if (!roots.has(id)) continue;
      if (how === 'moved') return undefined;
      loads.delete(id);
    }
    const over = new Map([...a.over, ...b.over]);
    for (const input of over.values()) if (loads.get(input) === 'moved') return undefined;
    const written = [...roots].filter(id => isRead(id, parts));
    const shared = [...over].filter(([id, input]) => written.includes(id) && loads.has(input)).length;
    if (loads.size + written.length - shared > mostBindings) return undefined;
    const inOrder = (ids: readonly ValueId[]): readonly ValueId[] =>
      ids.toSorted((x, y) => (form.producer(x) ?? 0) - (form.producer(y) ?? 0));
    const reductions = inOrder(parts.flatMap(g => g.reductions));
    return {
      kind: reductions.length > 0 ? 'reduce' : 'points',
      count: a.count,
      reductions,
      points: inOrder(parts.flatMap(g => g.points)),
      node: undefined,
      loads,
      orders: new Set(parts.flatMap(g => [...g.orders]).filter(id => !roots.has(id))),
      over,
      at: Math.max(a.at, b.at),
    };
  };
  const replace = (parts: readonly Group[], by: Group): void => {
    for (const g of parts) {
      groups.delete(g);
      for (const id of g.loads.keys()) loaders.get(id)?.delete(g);
    }
    groups.add(by);
    register(by);
    for (const id of rootsOf(by)) maker.set(id, by);
  };
  const sameReduction = (a: Group, b: Group): boolean => {
    const [x, y] = [a, b].map(g => graph.nodes[form.producer(g.reductions[0] ?? -1) ?? -1]);
    if (x === undefined || y === undefined) return false;
    const shape = (n: Node): string => `${form.types[n.inputs[0]!]?.shape} over ${n.attrs.axes}`;
    return shape(x) === shape(y);
  };

  return {
    // An input that is written over must have been read by all that want it before.
    replaceInPlace() {
      for (const g of [...groups])
        for (const [root, input] of g.over) {
          const others = [...(loaders.get(input) ?? [])].filter(r => r !== g);
          if (others.some(r => needs(r, g, false))) {
            const without = { ...g, over: new Map([...g.over].filter(([id]) => id !== root)) };
            replace([g], without);
          } else {
            waits.set(root, new Set(others.flatMap(rootsOf)));
            needed.delete(g);
          }
        }
    },
    // What is worked out of another's results at the same position joins it.
    joinFollowers() {
      let isDone = false;
      for (const g of [...groups]) {
        let leader = g;
        if (!groups.has(leader) || leader.kind === 'node') continue;
        for (;;) {
          const followers = rootsOf(leader).flatMap(id => [...(loaders.get(id) ?? [])]);
          const next = firstOf(
            [...new Set(followers)].toSorted((a, b) => a.at - b.at),
            f => {
              if (f.kind !== 'points' || f.count !== leader.count || f === leader) return undefined;
              const both = joined(leader, f);
              return both === undefined || needs(f, leader, true) ? undefined : { f, both };
            },
          );
          if (next === undefined) break;
          replace([leader, next.f], next.both);
          leader = next.both;
          isDone = true;
        }
      }
      return isDone;
    },
    // Groups of one form that read the same values, or are small, share a kernel.
    joinAlike() {
      const forms = new Map<string, Group[]>();
      for (const g of [...groups].toSorted((a, b) => a.at - b.at)) {
        if (g.kind === 'node') continue;
        const key = `${g.kind} ${g.count}`;
        const of = forms.get(key) ?? [];
        forms.set(key, of);
        const at = of.findIndex(other => {
          if (g.kind === 'reduce' && !sameReduction(g, other)) return false;
          if (g.reductions.length + other.reductions.length > mostReductions) return false;
          const shares = [...g.loads.keys()].some(id => sizeOf(form, id) >= g.count && other.loads.has(id));
          return (
            (shares || g.count <= small) &&
            joined(other, g) !== undefined &&
            !needs(g, other, false) &&
            !needs(other, g, false)
          );
        });
        const other = of[at];
        const both = other === undefined ? undefined : joined(other, g);
        if (other === undefined || both === undefined) of.push(g);
        else {
          replace([other, g], both);
          of[at] = both;
        }
      }
    },
    ordered() {
      const waiting = new Map([...groups].map(g => [g, new Set(before(g))] as const));
      const after = new Map<Group, Group[]>();
      for (const [g, of] of waiting) for (const b of of) after.set(b, [...(after.get(b) ?? []), g]);
      const ready = [...groups].filter(g => waiting.get(g)?.size === 0);
      const result: Group[] = [];
      for (;;) {
        ready.sort((a, b) => b.at - a.at);
        const g = ready.pop();
        if (g === undefined) break;
        result.push(g);
        for (const f of after.get(g) ?? []) {
          const of = waiting.get(f);
          of?.delete(g);
          if (of?.size === 0) ready.push(f);
        }
      }
      if (result.length !== groups.size) throw new Error('groups of kernels wait for each other');
      return result;
    },
  };
}

function firstOf<T, R>(items: readonly T[], of: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = of(item);
    if (found !== undefined) return found;
  }
  return undefined;
}

const sizeOf = (form: Form, id: ValueId): number => product(form.types[id]?.shape ?? []);

/** Reductions of one kernel; each takes memory of the workgroup. */
const mostReductions = 4;
/** Positions of kernels that cost little more than their start. */
const small = 1024;
