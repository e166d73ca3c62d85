// Which rows a step trains on. Every epoch has its own order by key and floor(rows / size) batches, so a step's rows
// follow from its number alone.

import { keyedDraws, shuffle } from '../random.ts';

export interface OrderOptions {
  readonly rows: number;
  readonly size: number;
  readonly seed: number;
  readonly owner: string;
  /** By field: rows of equal numbers may not share a batch. */
  readonly distinct: readonly Int32Array[];
}

export interface BatchOrder {
  readonly batchesPerEpoch: number;
  /** The rows of step s ≥ 1. Fewer than `size` only where different rows run out, see below. */
  readonly rowsOf: (step: number) => Int32Array;
}

/**
 * A row that would repeat a value waits for a later batch of its epoch. At the end of an epoch, where what waits can't
 * fill a batch of different values, rows that were already seen in this epoch fill it up, in the epoch's order.
 */
export function batchOrder(options: OrderOptions): BatchOrder {
  const { rows, size } = options;
  const batchesPerEpoch = Math.floor(rows / size);
  let known: { readonly epoch: number; readonly batches: readonly Int32Array[] } | undefined;
  return {
    batchesPerEpoch,
    rowsOf(step) {
      const epoch = Math.floor((step - 1) / batchesPerEpoch);
      if (known?.epoch !== epoch) known = { epoch, batches: epochBatches(options, epoch, batchesPerEpoch) };
      return known.batches[(step - 1) % batchesPerEpoch] as Int32Array;
    },
  };
}

function epochBatches(options: OrderOptions, epoch: number, count: number): Int32Array[] {
  const { rows, size, distinct } = options;
  const order = Int32Array.from({ length: rows }, (_, i) => i);
  shuffle(order, keyedDraws(options.seed, options.owner, 'epoch', String(epoch)));
  if (distinct.length === 0)
    return Array.from({ length: count }, (_, b) => order.slice(b * size, (b + 1) * size));
  const batches: Int32Array[] = [];
  let waiting: number[] = [];
  let next = 0;
  for (let b = 0; b < count; b++) {
    const batch: number[] = [];
    const taken = distinct.map(() => new Set<number>());
    const take = (row: number): boolean => {
      if (distinct.some((groups, d) => taken[d]?.has(groups[row] as number))) return false;
      for (const [d, groups] of distinct.entries()) taken[d]?.add(groups[row] as number);
      batch.push(row);
      return true;
    };
    waiting = waiting.filter(row => batch.length >= size || !take(row));
    while (batch.length < size && next < rows) {
      const row = order[next++] as number;
      if (!take(row)) waiting.push(row);
    }
    for (let i = 0; i < rows && batch.length < size; i++) take(order[i] as number);
    batches.push(Int32Array.from(batch));
  }
  return batches;
}
