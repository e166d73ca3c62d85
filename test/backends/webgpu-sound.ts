// What must hold of a program for webgpu and its layout, whatever the graph: no device refuses its kernels, what is read
// was written, and nothing that is still wanted is written over.

import { expect } from 'vitest';
import { owned } from '../../src/backends/owned.ts';
import { emitProgram, type Program } from '../../src/backends/webgpu/emit.ts';
import { mostBindings, mostGroups, type Slot } from '../../src/backends/webgpu/kernel.ts';
import { alignedBytes, type Layout, layoutOf } from '../../src/backends/webgpu/memory.ts';
import type { Graph } from '../../src/ir/graph.ts';

export function expectSound(g: Graph): void {
  const program = emitProgram(g);
  const faults = program.kernels.flatMap(k => {
    const slots = [...k.reads, ...k.writes];
    const wrong = [
      slots.length > mostBindings ? 'too many bindings' : '',
      new Set(slots).size < slots.length ? 'a slot twice' : '',
      k.workgroups.some(n => n > mostGroups) ? 'too many workgroups' : '',
    ];
    return wrong.filter(text => text !== '').map(text => `${k.name}: ${text}`);
  });
  expect(faults).toEqual([]);
  for (const most of [2 ** 31, 2 ** 16]) expectApart(program, layoutOf(program, most), g);
}

/** Runs the layout with names in the place of numbers: whoever reads finds what was last written under that name, and what
 * was to be replaced in its place is. */
export function expectApart(program: Program, layout: Layout, g: Graph): void {
  const owner = new Map<string, Slot>();
  const packs = new Map(program.packs.map(p => [p.slot, p.parts.map(part => part.slot)] as const));
  const partsOf = (slots: readonly Slot[]): readonly Slot[] => slots.flatMap(s => packs.get(s) ?? [s]);
  const each = (slot: Slot, visit: (cell: string) => void): void => {
    const place = layout.placeOf(slot);
    if (place.kind === 'owned') visit(place.name);
    if (place.kind !== 'arena') return;
    const bytes = alignedBytes(layout.elements.get(slot) ?? 0);
    expect(place.offset % 256).toBe(0);
    for (let at = 0; at < bytes; at += 256) visit(`${place.arena} ${place.offset + at}`);
  };
  const write = (slot: Slot): void => each(slot, cell => owner.set(cell, slot));
  const lost: string[] = [];
  const read = (slot: Slot): void =>
    each(slot, cell => {
      if (owner.get(cell) !== slot) lost.push(`${slot} at ${cell} is ${owner.get(cell)}`);
    });
  const used = new Set<Slot>(layout.kernels.flatMap(k => [...k.reads, ...k.writes]));
  for (const { id } of g.outputs) used.add(`v${program.form.home(id)}`);
  // What is owned is there, read or not.
  for (const { id, role } of g.inputs) if (owned.has(role)) used.add(`v${id}`);
  for (const { id } of g.inputs)
    if (used.has(`v${id}`) && (layout.elements.get(`v${id}`) ?? 0) > 0) write(`v${id}`);
  for (const k of layout.kernels) {
    for (const slot of partsOf(k.writes)) write(slot);
    for (const slot of partsOf(k.reads)) read(slot);
  }
  for (const { id } of g.outputs) {
    const slot: Slot = `v${program.form.home(id)}`;
    if ((layout.elements.get(slot) ?? 0) > 0) read(slot);
  }
  for (const { id, name, role } of g.outputs) {
    const slot: Slot = `v${program.form.home(id)}`;
    if (
      role === 'next' &&
      (layout.elements.get(slot) ?? 0) > 0 &&
      !layout.renewals.some(r => r.name === name)
    )
      expect(owner.get(name)).toBe(slot);
  }
  expect(lost).toEqual([]);
}
