// Where each slot of a program lies: a place in an arena, reused when nothing reads it any more. All is laid out before
// anything runs, so that the most that is in use is a number and nothing can leak.

import { owned } from '../owned.ts';
import { copyKernel, type Program } from './emit.ts';
import { type Kernel, type Slot, slotOf } from './kernel.ts';

/** WebGPU binds memory at multiples of so many bytes. */
export const alignment = 256;
export const alignedBytes = (elements: number): number => Math.ceil((4 * elements) / alignment) * alignment;

export type Place =
  /** Among what entries share: weights, states and moments by name. */
  | { readonly kind: 'owned'; readonly name: string }
  | { readonly kind: 'table'; readonly slot: Slot }
  | { readonly kind: 'arena'; readonly arena: number; readonly offset: number };

export interface Layout {
  readonly kernels: readonly Kernel[];
  readonly elements: ReadonlyMap<Slot, number>;
  readonly placeOf: (slot: Slot) => Place;
  /** Bytes of each arena. */
  readonly arenas: readonly number[];
  /** Owned names that must lie side by side, in this order. */
  readonly runs: readonly (readonly string[])[];
  /** What replaces the values of owned names at the end of a run. */
  readonly renewals: readonly { readonly name: string; readonly slot: Slot }[];
}

/** Lays out a program; no arena is larger than `most` bytes unless one slot is. */
export function layoutOf(program: Program, most: number): Layout {
  const { form, over, tables } = program;
  const { graph, home } = form;
  const elements = new Map(program.elements);
  const kernels = [...program.kernels];
  const places = new Map<Slot, Place>();
  const inputs = new Map(graph.inputs.map(i => [slotOf(i.id), i] as const));
  for (const [slot, input] of inputs)
    if (owned.has(input.role)) places.set(slot, { kind: 'owned', name: input.name });
  for (const slot of tables.keys()) places.set(slot, { kind: 'table', slot });
  for (const [slot, input] of over) {
    const place = places.get(input);
    if (place !== undefined) places.set(slot, place);
  }
  const renewals: { name: string; slot: Slot }[] = [];
  const kept = new Set<Slot>();
  for (const { id, name, role } of graph.outputs) {
    let slot = slotOf(home(id));
    const count = elements.get(slot) ?? 0;
    if (count === 0) continue;
    const place = places.get(slot);
    const isThere = place?.kind === 'owned' && place.name === name;
    if (role === 'next' && !isThere) {
      if (place !== undefined) {
        // What is owned itself may change while it is copied: it is taken out first.
        const copy: Slot = `s${elements.size}`;
        elements.set(copy, count);
        kernels.push(copyKernel(slot, copy, count));
        slot = copy;
      }
      renewals.push({ name, slot });
    }
    kept.add(slot);
  }

  const runs: (readonly string[])[] = [];
  /** The pack that a slot is a part of. */
  const packOf = new Map<Slot, { readonly pack: Slot; readonly first: number }>();
  for (const { slot, parts } of program.packs) {
    const names = parts.flatMap(p => {
      const place = places.get(p.slot);
      return place?.kind === 'owned' ? [place.name] : [];
    });
    const [first] = names;
    if (first !== undefined) {
      if (names.length < parts.length) throw new Error('a pack of what is owned and what is not');
      runs.push(names);
      places.set(slot, { kind: 'owned', name: first });
    } else for (const p of parts) packOf.set(p.slot, { pack: slot, first: p.first });
  }
  /** What is given memory at once. */
  const unitOf = (slot: Slot): Slot => packOf.get(slot)?.pack ?? slot;

  const last = new Map<Slot, number>();
  for (const [at, { reads, writes }] of kernels.entries())
    for (const slot of [...reads, ...writes]) last.set(unitOf(slot), at);
  const keptUnits = new Set([...kept].map(unitOf));
  const arenas = createArenas(most);
  const take = (slot: Slot): void => {
    if (places.has(slot)) return;
    const unit = unitOf(slot);
    const place = places.get(unit) ?? {
      kind: 'arena',
      ...arenas.take(alignedBytes(elements.get(unit) ?? 0)),
    };
    places.set(unit, place);
    const first = packOf.get(slot)?.first ?? 0;
    if (unit !== slot && place.kind === 'arena')
      places.set(slot, { ...place, offset: place.offset + 4 * first });
  };
  // Feeds are there from the start.
  for (const [slot, { role }] of inputs)
    if (!owned.has(role) && (last.has(slot) || kept.has(slot))) take(slot);
  for (const [at, { reads, writes }] of kernels.entries()) {
    for (const slot of [...reads, ...writes]) take(slot);
    for (const unit of new Set([...reads, ...writes].map(unitOf))) {
      const place = places.get(unit);
      if (last.get(unit) === at && !keptUnits.has(unit) && place?.kind === 'arena')
        arenas.give(place.arena, place.offset, alignedBytes(elements.get(unit) ?? 0));
    }
  }
  return {
    kernels,
    elements,
    arenas: arenas.sizes(),
    runs,
    renewals,
    placeOf: slot => {
      const place = places.get(slot);
      if (place === undefined) throw new Error(`slot ${slot} has no place`);
      return place;
    },
  };
}

interface Gap {
  offset: number;
  bytes: number;
}

/** Memory in a few large pieces, given out where it fits best. */
function createArenas(most: number) {
  const arenas: { bytes: number; gaps: Gap[] }[] = [];
  return {
    take(bytes: number): { readonly arena: number; readonly offset: number } {
      let best: { arena: number; gap: Gap } | undefined;
      for (const [arena, { gaps }] of arenas.entries())
        for (const gap of gaps)
          if (gap.bytes >= bytes && (best === undefined || gap.bytes < best.gap.bytes)) best = { arena, gap };
      if (best !== undefined) {
        const { arena, gap } = best;
        const { offset } = gap;
        gap.offset += bytes;
        gap.bytes -= bytes;
        if (gap.bytes === 0) arenas[arena]!.gaps = arenas[arena]!.gaps.filter(g => g !== gap);
        return { arena, offset };
      }
      for (const [arena, of] of arenas.entries()) {
        const end = of.gaps.find(g => g.offset + g.bytes === of.bytes);
        const offset = end?.offset ?? of.bytes;
        if (offset + bytes > most) continue;
        of.gaps = of.gaps.filter(g => g !== end);
        of.bytes = offset + bytes;
        return { arena, offset };
      }
      arenas.push({ bytes, gaps: [] });
      return { arena: arenas.length - 1, offset: 0 };
    },
    give(arena: number, offset: number, bytes: number): void {
      const of = arenas[arena];
      if (of === undefined || bytes === 0) return;
      const before = of.gaps.find(g => g.offset + g.bytes === offset);
      const after = of.gaps.find(g => g.offset === offset + bytes);
      const gap = {
        offset: before?.offset ?? offset,
        bytes: (before?.bytes ?? 0) + bytes + (after?.bytes ?? 0),
      };
      of.gaps = [...of.gaps.filter(g => g !== before && g !== after), gap];
    },
    sizes: (): readonly number[] => arenas.map(a => a.bytes),
  };
}
