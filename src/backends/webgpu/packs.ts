// Updates of many weights as one kernel. Updates that differ in nothing but which weight they are for are one family:
// what they read and write is laid side by side, in the order of the family, and one kernel goes over all of it and
// whatever lies between.

import type { ValueId } from '../../ir/graph.ts';
import { product } from '../node-query.ts';
import { pointsKernel } from './cluster-kernel.ts';
import type { Form } from './form.ts';
import { type Group, rootsOf } from './groups.ts';
import { type Kernel, type Slot, slotOf } from './kernel.ts';

/** A piece of memory that consists of others. */
export interface Pack {
  readonly slot: Slot;
  readonly parts: readonly { readonly slot: Slot; readonly first: number }[];
  readonly elements: number;
}

/** Parts start at multiples of so many elements, where WebGPU binds. */
const grain = 64;
/** What every device binds at once, in elements. */
const mostTogether = 2 ** 25;
/**
 * A larger weight is worth a kernel of its own, which can run as soon as its gradient is there: what is packed has to
 * stay in memory until the last gradient is.
 */
const mostAlone = 2 ** 18;

const padded = (count: number): number => Math.ceil(count / grain) * grain;
const together = (family: readonly Group[]): number => family.reduce((n, g) => n + padded(g.count), 0);

/** Groups that may be packed, by family; each has more than one. */
export function familiesOf(
  form: Form,
  groups: readonly Group[],
  isWritten: (id: ValueId) => boolean,
): readonly (readonly Group[])[] {
  const open = new Map<string, Group[]>();
  const families: Group[][] = [];
  const taken = new Set<ValueId>();
  for (const g of groups) {
    const own = ownLoads(form, g, isWritten);
    if (own === undefined || own.some(id => taken.has(id))) continue;
    for (const id of own) taken.add(id);
    const { wgsl, reads } = kernelFor(form, g, mostAlone, isWritten);
    const key = `${reads.map(slot => (own.some(id => slotOf(id) === slot) ? 'own' : slot)).join(' ')}\n${wgsl}`;
    let family = open.get(key);
    if (family === undefined || together(family) + padded(g.count) > mostTogether) {
      family = [];
      open.set(key, family);
      families.push(family);
    }
    family.push(g);
  }
  return families.filter(f => f.length > 1);
}

/** The values that a group alone reads, or undefined where it can't be packed. */
function ownLoads(form: Form, g: Group, isWritten: (id: ValueId) => boolean): readonly ValueId[] | undefined {
  if (g.kind !== 'points' || g.over.size === 0 || g.count > mostAlone) return undefined;
  if (g.points.some(id => isWritten(id) && !g.over.has(id))) return undefined;
  const replaced = new Set(g.over.values());
  const own: ValueId[] = [];
  for (const [id, how] of g.loads) {
    if (replaced.has(id) || (how === 'moved' && product(form.types[id]?.shape ?? []) === 1)) continue;
    if (how === 'moved' || form.producer(id) === undefined) return undefined;
    own.push(id);
  }
  return own;
}

/** Its kernel as if it worked out so many positions. */
function kernelFor(form: Form, g: Group, count: number, isWritten: (id: ValueId) => boolean): Kernel {
  const scratch = (): never => {
    throw new Error('a cluster of points needs no room');
  };
  const [kernel] = pointsKernel({ form, isWritten, scratch }, { ...g, count });
  if (kernel === undefined) throw new Error('a cluster of points has one kernel');
  return kernel;
}

/** A family as one group. */
export const packed = (members: readonly Group[]): Group => ({
  kind: 'points',
  count: together(members),
  reductions: [],
  points: members.flatMap(rootsOf),
  node: undefined,
  loads: new Map(members.flatMap(g => [...g.loads])),
  orders: new Set(members.flatMap(g => [...g.orders])),
  over: new Map(members.flatMap(g => [...g.over])),
  at: Math.max(...members.map(g => g.at)),
  members,
});

/** The kernel of a packed group, and the packs that it goes over; `fresh` names one. */
export function packKernel(
  form: Form,
  { members = [], count }: Group,
  isWritten: (id: ValueId) => boolean,
  fresh: () => Slot,
): { readonly kernel: Kernel; readonly packs: readonly Pack[] } {
  const kernels = members.map(g => kernelFor(form, g, count, isWritten));
  const [first] = kernels;
  if (first === undefined) throw new Error('a pack of nothing');
  const packs: Pack[] = [];
  const joined = (slots: readonly Slot[]): Slot => {
    const [one] = slots;
    if (one !== undefined && slots.every(s => s === one)) return one;
    let end = 0;
    const parts = slots.map((slot, i) => {
      const at = end;
      end += padded(members[i]?.count ?? 0);
      return { slot, first: at };
    });
    const slot = fresh();
    packs.push({ slot, parts, elements: count });
    return slot;
  };
  const reads = first.reads.map((_, at) => joined(kernels.map(k => k.reads[at]!)));
  const writes = first.writes.map((_, at) => joined(kernels.map(k => k.writes[at]!)));
  return { kernel: { ...first, reads, writes }, packs };
}
