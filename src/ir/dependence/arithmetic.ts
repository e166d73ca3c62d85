// Ops that compute, on cells: elementwise ones, reductions, softmax, contractions and lookups.

import {
  blank,
  type Cells,
  cellAt,
  eachCell,
  isDeep,
  type Mark,
  markOf,
  placeOf,
  type Sized,
  type SizedNode,
  stridesOf,
  stridesOn,
} from './cells.ts';
import { computed } from './numbers.ts';
import { joinedAlong, moved } from './structure.ts';

/** A cell's index from the place on each axis. */
function at(v: Cells, place: (axis: number) => number): number {
  const strides = stridesOf(v.marks);
  return v.marks.reduce((n, m, k) => n + place(m.axis) * (strides[k] ?? 0), 0);
}

/** Marks of several values whose axes stand for the same ones, where they agree; else they are read as one. */
export function aligned(values: readonly Cells[]): {
  readonly values: readonly Cells[];
  readonly marks: readonly Mark[];
} {
  const found = new Map<number, Mark>();
  const differing = new Set<number>();
  for (const v of values) {
    for (const m of v.marks) {
      const known = found.get(m.axis);
      if (known === undefined) found.set(m.axis, m);
      else if (known.size !== m.size || known.outer !== m.outer || known.inner !== m.inner)
        differing.add(m.axis);
      else if (known.from === undefined) found.set(m.axis, m);
    }
  }
  const kept = values.map(v => moved(v, axis => (differing.has(axis) ? undefined : axis)));
  return { values: kept, marks: [...found.values()].filter(m => !differing.has(m.axis)) };
}

/** Whether a drawn condition hides whole positions: it is narrower than what it chooses from, or chooses indices. */
function hides(condition: Cells, size: Sized, to: Sized, isIndex: boolean): boolean {
  const count = (s: Sized): number => s.shape.reduce((n, d) => n * d, 1);
  return condition.drawn && (isIndex || count(size) < count(to));
}

/** The number of one of two, where it makes no difference which: both deep is deep. */
const either = (a: number, b: number): number =>
  a === b ? a : isDeep(a) && isDeep(b) ? Math.max(a, b) : Number.NaN;

export interface Reading {
  /** What a position may depend on by chance, or through a pool over all positions, doesn't count as seen. */
  readonly seen: boolean;
  readonly isIndex: boolean;
}

export function elementwise(
  node: SizedNode,
  given: readonly Cells[],
  sizes: readonly Sized[],
  to: Sized,
  reading: Reading,
): Cells {
  const rank = to.shape.length;
  const lifted = given.map((v, i) => moved(v, axis => axis + rank - (sizes[i]?.shape.length ?? 0)));
  const { values, marks } = aligned(lifted);
  const out = blank(marks);
  const [first] = values;
  const byChance =
    reading.seen &&
    node.op === 'select' &&
    first !== undefined &&
    sizes[0] !== undefined &&
    hides(first, sizes[0], to, reading.isIndex);
  const strides = values.map(v => stridesOn(v, marks));
  const cells = values.map(() => 0);
  const args = values.map(() => 0);
  const take = (i: number, cell: number): void => {
    const v = values[i];
    const c = cells[i] ?? 0;
    out.numbers[cell] = v?.numbers[c] ?? Number.NaN;
    out.reads[cell] = v?.reads[c] ?? 0;
    out.copies[cell] = v?.copies[c] ?? -1;
  };
  eachCell(marks, (places, cell) => {
    for (let i = 0; i < values.length; i++) {
      const c = cellAt(places, strides[i] as readonly number[]);
      cells[i] = c;
      args[i] = (values[i] as Cells).numbers[c] as number;
    }
    const [x = Number.NaN, y = Number.NaN, z = Number.NaN] = args;
    if (node.op === 'select' && !Number.isNaN(x)) {
      take(x !== 0 ? 1 : 2, cell);
      return;
    }
    // What is dropped may be any number here, and counts for nothing later.
    if (node.op === 'select' && node.attrs.free === true && !Number.isNaN(y)) {
      take(1, cell);
      return;
    }
    if (node.op === 'stop_gradient') {
      take(0, cell);
      return;
    }
    const known = node.op === 'select' ? either(y, z) : computed(node.op, node.attrs, args);
    out.numbers[cell] = known;
    if (!Number.isNaN(known) || byChance) return;
    let reads = 0;
    for (let i = 0; i < values.length; i++) reads |= (values[i] as Cells).reads[cells[i] as number] as number;
    out.reads[cell] = reads;
  });
  return { ...out, drawn: values.some(v => v.drawn) };
}

/** Sums, maxima and the like along axes, softmax and logsumexp: what is deep below the rest of a row counts for nothing. */
export function reduced(
  v: Cells,
  op: 'sum' | 'max' | 'other',
  axes: readonly number[],
  keepdims: boolean,
): Cells {
  let out = v;
  for (let i = v.marks.length - 1; i >= 0; i--) {
    const mark = v.marks[i];
    if (mark !== undefined && axes.includes(mark.axis)) out = alongMark(out, i, op);
  }
  // Numbers of axes that are read as one: a sum of them isn't known, unless it is zero.
  if (op === 'sum') out = { ...out, numbers: out.numbers.map(n => (n === 0 ? n : Number.NaN)) };
  if (op === 'other') out = { ...out, numbers: out.numbers.map(() => Number.NaN) };
  if (keepdims) return out;
  return moved(out, axis => axis - axes.filter(a => a < axis).length);
}

function alongMark(v: Cells, mark: number, op: 'sum' | 'max' | 'other'): Cells {
  const marks = v.marks.filter((_, i) => i !== mark);
  const strides = stridesOf(v.marks);
  const size = v.marks[mark]?.size ?? 1;
  const out = blank(marks);
  const outer = stridesOn(v, marks);
  const step = strides[mark] ?? 0;
  eachCell(marks, (places, cell) => {
    const base = cellAt(places, outer);
    let [allKnown, sum, most] = [true, 0, Number.NEGATIVE_INFINITY];
    for (let i = 0; i < size; i++) {
      const n = v.numbers[base + i * step] as number;
      if (Number.isNaN(n)) allKnown = false;
      sum += n;
      most = Math.max(most, n);
    }
    let reads = 0;
    for (let i = 0; i < size; i++) {
      const n = v.numbers[base + i * step] as number;
      if (op === 'sum' ? n !== 0 : allKnown || !isDeep(n)) reads |= v.reads[base + i * step] as number;
    }
    out.reads[cell] = allKnown && op !== 'other' ? 0 : reads;
    if (allKnown) out.numbers[cell] = op === 'max' ? most : op === 'sum' ? sum : Number.NaN;
  });
  return { ...out, drawn: v.drawn };
}

/** Each place of a row gets a share; what is deep below the rest gets none. */
export function softmax(v: Cells, axis: number): Cells {
  const mark = placeOf(v, axis);
  const out = blank(v.marks);
  const row = mark < 0 ? v : joinedAlongReads(v, mark);
  const rowStrides = stridesOn(row, v.marks);
  eachCell(v.marks, (places, cell) => {
    const own = v.numbers[cell] as number;
    const rowCell = cellAt(places, rowStrides);
    if (mark >= 0 && isDeep(own) && row.numbers[rowCell] !== own) out.numbers[cell] = 0;
    else out.reads[cell] = row.reads[rowCell] as number;
  });
  return { ...out, drawn: v.drawn };
}

/** What a row reads where what is deep counts for nothing; its number is known where all of it is one. */
function joinedAlongReads(v: Cells, mark: number): Cells {
  const all = joinedAlong(v, mark);
  const axis = v.marks[mark]?.axis ?? 0;
  const counted = reduced(v, 'max', [axis], true);
  return { ...all, reads: counted.reads };
}

/** Σ lhs · rhs: a product with a known zero depends on nothing. */
export function contracted(node: SizedNode, lhs: Cells, rhs: Cells, sizes: readonly Sized[]): Cells {
  const dims = node.attrs as {
    readonly lhsBatch: readonly number[];
    readonly rhsBatch: readonly number[];
    readonly lhsContract: readonly number[];
    readonly rhsContract: readonly number[];
  };
  const free = (size: Sized | undefined, ...taken: readonly (readonly number[])[]): readonly number[] =>
    (size?.shape ?? []).map((_, a) => a).filter(a => !taken.some(t => t.includes(a)));
  const lhsFree = free(sizes[0], dims.lhsBatch, dims.lhsContract);
  const rhsFree = free(sizes[1], dims.rhsBatch, dims.rhsContract);
  const batch = dims.lhsBatch.length;
  // Axes of the output, and behind them the contracted ones.
  const rank = batch + lhsFree.length + rhsFree.length;
  const place =
    (own: readonly number[], other: readonly number[], from: number, sums: readonly number[]) =>
    (axis: number): number | undefined => {
      const inBatch = own.indexOf(axis);
      if (inBatch >= 0) return inBatch;
      const isFree = other.indexOf(axis);
      return isFree >= 0 ? from + isFree : rank + sums.indexOf(axis);
    };
  const { values, marks } = aligned([
    moved(lhs, place(dims.lhsBatch, lhsFree, batch, dims.lhsContract)),
    moved(rhs, place(dims.rhsBatch, rhsFree, batch + lhsFree.length, dims.rhsContract)),
  ]);
  const [a, b] = values as [Cells, Cells];
  const kept = marks.filter(m => m.axis < rank);
  const summed = marks.filter(m => m.axis >= rank);
  const out = blank(kept);
  const [keptA, keptB] = [stridesOn(a, kept), stridesOn(b, kept)];
  const [sumA, sumB] = [stridesOn(a, summed), stridesOn(b, summed)];
  eachCell(kept, (places, cell) => {
    const [i, j] = [cellAt(places, keptA), cellAt(places, keptB)];
    let reads = 0;
    let isZero = true;
    eachCell(summed, sums => {
      const k = i + cellAt(sums, sumA);
      const l = j + cellAt(sums, sumB);
      if (a.numbers[k] === 0 || b.numbers[l] === 0) return;
      isZero = false;
      reads |= (a.reads[k] as number) | (b.reads[l] as number);
    });
    out.numbers[cell] = isZero ? 0 : Number.NaN;
    out.reads[cell] = reads;
  });
  return { ...out, drawn: a.drawn || b.drawn };
}

/** Rows of a table by index. */
export function gathered(table: Cells, ids: Cells, idsSize: Sized): Cells {
  const lead = idsSize.shape.length;
  const rows = placeOf(table, 0);
  const picks = rows >= 0 && ids.numbers.every(n => !Number.isNaN(n));
  const base = picks || rows < 0 ? table : joinedAlong(table, rows);
  const rest = base.marks.filter(m => m.axis !== 0).map(m => ({ ...m, axis: m.axis - 1 + lead }));
  const marks = [...ids.marks, ...rest];
  const out = blank(marks);
  eachCell(marks, (places, cell) => {
    const place = (axis: number): number => places[marks.findIndex(m => m.axis === axis)] ?? 0;
    const id = at(ids, place);
    const row = picks ? (ids.numbers[id] ?? 0) : 0;
    const source = at(base, axis => (axis === 0 ? row : place(axis - 1 + lead)));
    out.numbers[cell] = base.numbers[source] ?? Number.NaN;
    out.reads[cell] = (base.reads[source] ?? 0) | (ids.reads[id] ?? 0);
  });
  return { ...out, drawn: table.drawn || ids.drawn };
}

/** The value at an index along an axis. */
export function takenAlong(x: Cells, index: Cells, axis: number): Cells {
  const along = placeOf(x, axis);
  const picks = along >= 0 && index.numbers.every(n => !Number.isNaN(n));
  const base = along < 0 || picks ? x : joinedAlong(x, along);
  const own = markOf(index, axis);
  const others = moved(picks ? joinedAlong(x, along) : base, a => a);
  const { marks: shared } = aligned([
    moved(others, a => (a === axis ? undefined : a)),
    moved(index, a => (a === axis ? undefined : a)),
  ]);
  const marks = [...shared, ...(own === undefined ? [] : [own])];
  const out = blank(marks);
  eachCell(marks, (places, cell) => {
    const place = (a: number): number => places[marks.findIndex(m => m.axis === a)] ?? 0;
    const i = at(index, place);
    const pick = picks ? (index.numbers[i] ?? 0) : 0;
    const source = at(base, a => (a === axis ? pick : place(a)));
    out.reads[cell] = (base.reads[source] ?? 0) | (index.reads[i] ?? 0);
    out.numbers[cell] = picks ? (base.numbers[source] ?? Number.NaN) : Number.NaN;
  });
  return { ...out, drawn: x.drawn || index.drawn };
}
