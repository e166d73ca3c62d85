// The tensors of a stage or an export that the engine holds.

import type { HostTensor } from '../base/tensor.ts';
import type { Entry } from '../compiler/program.ts';

export interface Held {
  readonly name: string;
  readonly role: 'weight' | 'state' | 'moment';
  readonly dtype: HostTensor['dtype'];
  readonly shape: readonly number[];
}

/** Every weight, state and moment that the entries' graphs read, each once, by name. */
export function heldBy(entries: readonly Entry[]): readonly Held[] {
  const known = new Map<string, Held>();
  for (const { plan } of entries)
    for (const { id, name, role } of plan.graph.inputs) {
      const type = plan.graph.types[id];
      if (role === 'feed' || role === 'scalar' || type === undefined) continue;
      known.set(name, { name, role, dtype: type.dtype, shape: type.shape.map(Number) });
    }
  return [...known.values()].sort((a, b) => (a.name < b.name ? -1 : 1));
}
