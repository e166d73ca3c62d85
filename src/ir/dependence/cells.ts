// What is known of a value position by position along one length, the length of a text, say: the domain in which a
// graph is read to learn how its outputs depend on an input's positions. A value has a mark for each of its axes that
// grows with the length, and a cell for each place on its marks; its other axes are read as one.

import type { ValueId } from '../graph.ts';

/** A factor of an axis that grows with the length: of an axis of `outer` · `size` · `inner` places. */
export interface Mark {
  readonly axis: number;
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
  /** The input's position that index 0 stands for, where it stands for one. */
  readonly from: number | undefined;
}

export interface Cells {
  readonly marks: readonly Mark[];
  /** The number that stands there whatever is fed; NaN where that isn't known. Row by row in the order of marks. */
  readonly numbers: Float64Array;
  /** The positions of the input that it may depend on, as bits. */
  readonly reads: Int32Array;
  /** The position of which it is a copy; −1 where it is none. */
  readonly copies: Int32Array;
  /** Drawn, or computed from what is drawn. */
  readonly drawn: boolean;
}

/** A node with every size a number, at one length and at a length one greater. */
export interface SizedNode {
  readonly op: string;
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  /** At the shorter length. */
  readonly attrs: Readonly<Record<string, unknown>>;
}

export interface Sized {
  /** At the shorter length. */
  readonly shape: readonly number[];
  /** At the longer one. */
  readonly grown: readonly number[];
}

export const cellCount = (marks: readonly Mark[]): number => marks.reduce((n, m) => n * m.size, 1);

export function blank(marks: readonly Mark[], number = Number.NaN, reads = 0): Cells {
  const n = cellCount(marks);
  return {
    marks,
    numbers: new Float64Array(n).fill(number),
    reads: new Int32Array(n).fill(reads),
    copies: new Int32Array(n).fill(-1),
    drawn: false,
  };
}

/** An added mask of at least this depth leaves nothing of a score. */
export const deep = -1e4;
export const isDeep = (x: number): boolean => x <= deep;

/** Calls with the index on each mark and the index of the cell. */
export function eachCell(marks: readonly Mark[], visit: (at: readonly number[], cell: number) => void): void {
  const n = cellCount(marks);
  const at = marks.map(() => 0);
  for (let cell = 0; cell < n; cell++) {
    visit(at, cell);
    for (let i = marks.length - 1; i >= 0; i--) {
      at[i] = (at[i] ?? 0) + 1;
      if ((at[i] ?? 0) < (marks[i]?.size ?? 1)) break;
      at[i] = 0;
    }
  }
}

export const stridesOf = (marks: readonly Mark[]): readonly number[] =>
  marks.map((_, i) => cellCount(marks.slice(i + 1)));

/** The stride of a value on each mark of another, 0 where it is the same along it. */
export function stridesOn(
  v: Cells,
  marks: readonly Mark[],
  axisOf: (axis: number) => number = a => a,
): readonly number[] {
  const strides = stridesOf(v.marks);
  return marks.map(m => {
    const k = v.marks.findIndex(own => axisOf(own.axis) === m.axis);
    return k < 0 ? 0 : (strides[k] ?? 0);
  });
}

/** Σ at · strides: the cell at these places. */
export function cellAt(at: readonly number[], strides: readonly number[]): number {
  let cell = 0;
  for (let k = 0; k < strides.length; k++) cell += (at[k] as number) * (strides[k] as number);
  return cell;
}

/** More cells than these of one value are not looked at. */
export const mostCells = 200_000;

/** All cells of a value as one. */
export function joinedReads(v: Cells): number {
  let reads = 0;
  for (const r of v.reads) reads |= r;
  return reads;
}

/** The mark of an axis. */
export const markOf = (v: Cells, axis: number): Mark | undefined => v.marks.find(m => m.axis === axis);
export const placeOf = (v: Cells, axis: number): number => v.marks.findIndex(m => m.axis === axis);

/** Whether an axis grows with the length by one place for each. */
export const grows = (size: Sized, axis: number): boolean =>
  (size.grown[axis] ?? 0) - (size.shape[axis] ?? 0) === 1;
