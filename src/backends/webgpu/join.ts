// Groups joined where that saves kernels, without ever making two wait for each other.

import type { Node, ValueId } from '../../ir/graph.ts';
import { product } from '../node-query.ts';
import type { Form } from './form.ts';
import { type Group, rootsOf, singleGroups } from './groups.ts';
import { mostBindings } from './kernel.ts';
import { familiesOf, packed } from './packs.ts';

/** Joined groups, in an order in which they can run. */
export function groupsOf(form: Form, { packs }: { readonly packs: boolean }): readonly Group[] {
  const pool = createPool(form, singleGroups(form));
  pool.replaceInPlace();
  for (let again = true; again; ) again = pool.joinFollowers();
  pool.joinAlike();
  for (let again = true; again; ) again = pool.joinFollowers();
  if (packs) pool.pack();
  return pool.ordered();
}

export interface Pool {
  replaceInPlace(): void;
  joinFollowers(): boolean;
  joinAlike(): void;
  pack(): void;
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
  const users = new Map<ValueId, Set<Group>>();
  const use = (id: ValueId, by: Group): void => {
    users.set(id, (users.get(id) ?? new Set()).add(by));
  };
  for (const g of singles) for (const id of needsOf(g)) use(id, g);
  /** Numbers by which every group comes after what it needs; made anew after a join that they don't survive. */
  let places: Map<Group, number> | undefined;
  const numbered = (): Map<Group, number> => {
    const found = new Map<Group, number>();
    const open: { readonly g: Group; readonly of: Iterator<ValueId> }[] = [];
    const begun = new Set<Group>();
    for (const start of groups) {
      if (begun.has(start)) continue;
      begun.add(start);
      open.push({ g: start, of: needsOf(start).values() });
      for (let top = open.at(-1); top !== undefined; top = open.at(-1)) {
        const { done, value } = top.of.next();
        const g = done === true ? undefined : maker.get(value);
        if (done === true) {
          found.set(top.g, found.size);
          open.pop();
        } else if (g !== undefined && !begun.has(g)) {
          begun.add(g);
          open.push({ g, of: needsOf(g).values() });
        }
      }
    }
    return found;
  };
  /** Whether `late` needs `early`; `notDirectly` by way of another. */
  const needs = (late: Group, early: Group, notDirectly: boolean): boolean => {
    places ??= numbered();
    const least = places.get(early) ?? 0;
    if ((places.get(late) ?? 0) < least) return false;
    const seen = new Set<Group>([late]);
    const open = [late];
    for (let at = open.pop(); at !== undefined; at = open.pop()) {
      for (const id of needsOf(at)) {
        const g = maker.get(id);
        if (g === undefined || seen.has(g) || (places.get(g) ?? 0) < least) continue;
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
    // It takes the last place of its parts; if all that needs it comes later still, the numbers hold.
    const place = Math.max(...parts.map(g => places?.get(g) ?? 0));
    for (const g of parts) for (const id of needsOf(g)) users.get(id)?.delete(g);
    for (const id of needsOf(by)) use(id, by);
    const holds = rootsOf(by).every(id =>
      [...(users.get(id) ?? [])].every(g => g === by || (places?.get(g) ?? 0) > place),
    );
    if (holds) places?.set(by, place);
    else places = undefined;
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
            for (const id of needsOf(g)) use(id, g);
            if (others.some(r => (places?.get(r) ?? 0) > (places?.get(g) ?? 0))) places = undefined;
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
              // An update waits for the others, to be one with them.
              if (f.over.size > 0 && leader.over.size === 0) return undefined;
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
    // Updates of one form become one.
    pack() {
      const updates = [...groups].toSorted((a, b) => a.at - b.at);
      for (const family of familiesOf(form, updates, id => isRead(id, []))) {
        // None may need another of them.
        const members = family.filter(g => !family.some(other => other !== g && needs(g, other, false)));
        if (members.length > 1) replace(members, packed(members));
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
