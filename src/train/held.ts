// The tensors of a stage or an export that the engine holds, and how they are written.

import type { Session } from '../backends/engine.ts';
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

/** Of tensors written in one call: they are there twice meanwhile. */
const mostAtOnce = 128e6;

/** Gives an engine what it holds, some at a time: each call makes TensorFlow look through its whole graph. */
export async function writeHeld(
  session: Session,
  held: readonly Held[],
  tensorOf: (held: Held) => HostTensor,
): Promise<void> {
  let some = new Map<string, HostTensor>();
  let bytes = 0;
  for (const each of held) {
    const value = tensorOf(each);
    some.set(each.name, value);
    bytes += value.data.byteLength;
    if (bytes < mostAtOnce) continue;
    await session.write(some);
    some = new Map();
    bytes = 0;
  }
  if (some.size > 0) await session.write(some);
}
