// Which rows a step trains on, from the step's number alone. Every epoch has its own order by key: of floor(rows / size)
// full batches, or in a pass over all rows with a shorter one at its end.

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

/** Every row once in each pass; the last batch of a pass has the rows that are left. */
export function passOrder(options: Pick<OrderOptions, 'rows' | 'size' | 'seed' | 'owner'>): BatchOrder {
  const { rows, size } = options;
  const batchesPerEpoch = Math.ceil(rows / size);
  let known: { readonly pass: number; readonly order: Int32Array } | undefined;
  return {
    batchesPerEpoch,
    rowsOf(step) {
      const pass = Math.floor((step - 1) / batchesPerEpoch);
      if (known?.pass !== pass) known = { pass, order: shuffledRows(options, pass) };
      const start = ((step - 1) % batchesPerEpoch) * size;
      return known.order.slice(start, start + size);
    },
  };
}

function shuffledRows(
  { rows, seed, owner }: Omit<OrderOptions, 'size' | 'distinct'>,
  epoch: number,
): Int32Array {
  const order = Int32Array.from({ length: rows }, (_, i) => i);
  shuffle(order, keyedDraws(seed, owner, 'epoch', String(epoch)));
  return order;
}

function epochBatches(options: OrderOptions, epoch: number, count: number): Int32Array[] {
  const { rows, size, distinct } = options;
  const order = shuffledRows(options, epoch);
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
