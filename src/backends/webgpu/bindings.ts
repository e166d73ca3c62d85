// What a kernel reads, by names: WebGPU binds no memory twice in a dispatch where any of it may be written.

import type { Binding, Slot } from './kernel.ts';

/** Names of slots in a kernel's text: a slot that is read twice has one binding, and one name. */
export function bindings(slots: readonly (readonly [name: string, slot: Slot | undefined])[]): {
  readonly all: readonly Binding[];
  readonly named: (name: string) => string;
} {
  const bySlot = new Map<Slot, string>();
  const names = new Map<string, string>();
  for (const [name, slot] of slots) {
    if (slot === undefined) continue;
    if (!bySlot.has(slot)) bySlot.set(slot, name);
    names.set(name, bySlot.get(slot)!);
  }
  return {
    all: [...bySlot].map(([slot, name]) => ({ name, slot, element: 'f32' })),
    named: name => {
      const found = names.get(name);
      if (found === undefined) throw new Error(`no slot is called ${name}`);
      return found;
    },
  };
}
