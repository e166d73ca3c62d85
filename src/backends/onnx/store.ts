// The engine's named tensors: weights, states and moments that entries share. One that some entry writes has a second
// tensor; a run writes into that and then the two change places.

import type * as Ort from 'onnxruntime-node';
import type { HostTensor } from '../../base/tensor.ts';
import type { StaticType } from '../node-query.ts';
import { sameShape } from '../node-query.ts';
import { emptyData, toOrt } from './tensors.ts';

interface Place {
  readonly tensor: Ort.Tensor;
  readonly host: HostTensor;
}

interface Slot {
  readonly type: StaticType;
  current: Place;
  other: Place | undefined;
}

export interface Store {
  /** An entry reads this name. */
  declare(name: string, type: StaticType, entry: string): void;
  /** An entry writes this name. */
  alternate(name: string, type: StaticType, entry: string): void;
  current(name: string): Ort.Tensor;
  other(name: string): Ort.Tensor;
  swap(name: string): void;
  write(name: string, tensor: HostTensor): void;
  /** A copy. */
  read(name: string): HostTensor;
}

const show = (t: StaticType): string => `${t.dtype}[${t.shape.join(', ')}]`;
const sameType = (a: StaticType, b: StaticType): boolean =>
  a.dtype === b.dtype && sameShape(a.shape, b.shape);

export function createStore(ort: typeof Ort): Store {
  const slots = new Map<string, Slot>();

  const place = (type: StaticType): Place => {
    const host = { ...type, data: emptyData(type.dtype, type.shape) };
    return { host, tensor: toOrt(ort, host) };
  };
  const slotOf = (name: string): Slot => {
    const slot = slots.get(name);
    if (slot === undefined) throw new Error(`no entry has a weight, state or moment named ${name}`);
    return slot;
  };
  const otherOf = (name: string, slot: Slot): Place => {
    if (slot.other === undefined) throw new Error(`no entry writes ${name}`);
    return slot.other;
  };

  const store: Store = {
    declare(name, type, entry) {
      const known = slots.get(name);
      if (known === undefined) slots.set(name, { type, current: place(type), other: undefined });
      else if (!sameType(known.type, type))
        throw new Error(`entry ${entry} has ${name} as ${show(type)}, another as ${show(known.type)}`);
    },
    alternate(name, type, entry) {
      store.declare(name, type, entry);
      slotOf(name).other ??= place(type);
    },
    current: name => slotOf(name).current.tensor,
    other: name => otherOf(name, slotOf(name)).tensor,
    swap(name) {
      const slot = slotOf(name);
      const before = slot.current;
      slot.current = otherOf(name, slot);
      slot.other = before;
    },
    write(name, tensor) {
      const { type, current } = slotOf(name);
      if (!sameType(type, tensor)) throw new Error(`${name} is ${show(type)}, not ${show(tensor)}`);
      current.host.data.set(tensor.data);
    },
    read(name) {
      const { current } = slotOf(name);
      return { ...current.host, data: current.host.data.slice() };
    },
  };
  return store;
}
