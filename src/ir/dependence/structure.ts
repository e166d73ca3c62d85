// Ops that move positions and compute nothing, on cells.

import {
  blank,
  type Cells,
  cellAt,
  cellCount,
  eachCell,
  grows,
  joinedReads,
  type Mark,
  markOf,
  type Sized,
  stridesOf,
  stridesOn,
} from './cells.ts';

/** The cells of a value in other places: `from` gives for each output cell the input cell, −1 for none. */
export function picked(v: Cells, marks: readonly Mark[], from: (at: readonly number[]) => number): Cells {
  const out = blank(marks);
  eachCell(marks, (at, cell) => {
    const source = from(at);
    if (source < 0) return;
    out.numbers[cell] = v.numbers[source] ?? Number.NaN;
    out.reads[cell] = v.reads[source] ?? 0;
    out.copies[cell] = v.copies[source] ?? -1;
  });
  return { ...out, drawn: v.drawn };
}

/** A value of which one mark is read as one with its other axes. */
export function joinedAlong(v: Cells, mark: number): Cells {
  const marks = v.marks.filter((_, i) => i !== mark);
  const out = blank(marks);
  const strides = stridesOf(v.marks);
  const size = v.marks[mark]?.size ?? 1;
  const outer = stridesOn(v, marks);
  const step = strides[mark] ?? 0;
  eachCell(marks, (at, cell) => {
    const base = cellAt(at, outer);
    let number = v.numbers[base] as number;
    let reads = 0;
    for (let i = 0; i < size; i++) {
      if (v.numbers[base + i * step] !== number) number = Number.NaN;
      reads |= v.reads[base + i * step] as number;
    }
    out.numbers[cell] = number;
    out.reads[cell] = reads;
  });
  return { ...out, drawn: v.drawn };
}

/** The same cells whose marks stand on other axes; a mark whose axis is gone joins the rest. */
export function moved(v: Cells, axisOf: (axis: number) => number | undefined): Cells {
  let out = v;
  for (let i = v.marks.length - 1; i >= 0; i--) {
    const mark = v.marks[i];
    if (mark !== undefined && axisOf(mark.axis) === undefined) out = joinedAlong(out, i);
  }
  return { ...out, marks: out.marks.map(m => ({ ...m, axis: axisOf(m.axis) ?? m.axis })) };
}

/** A reshape: the marks stay in their order, each within one axis; one that doesn't fit joins the rest. */
export function reshaped(v: Cells, from: Sized, to: Sized): Cells {
  const marks: Mark[] = [];
  const axisBefore = (axis: number): number => product(from.shape.slice(0, axis));
  let out = v;
  for (let i = v.marks.length - 1; i >= 0; i--) {
    const mark = v.marks[i];
    const found = mark === undefined ? undefined : refactored(mark, axisBefore(mark.axis), to);
    if (found === undefined) out = joinedAlong(out, i);
    else marks.unshift(found);
  }
  return { ...out, marks };
}

const product = (sizes: readonly number[]): number => sizes.reduce((n, s) => n * s, 1);

/** Where a factor of `size` places with so many combinations before it stands in a shape. */
function refactored(mark: Mark, before: number, to: Sized): Mark | undefined {
  const outer = before * mark.outer;
  let seen = 1;
  for (const [axis, size] of to.shape.entries()) {
    const inside = seen * size;
    if (outer % seen === 0 && inside % (outer * mark.size) === 0 && (to.grown[axis] ?? 0) !== size)
      return { ...mark, axis, outer: outer / seen, inner: inside / (outer * mark.size) };
    seen = inside;
  }
  return undefined;
}

/** A broadcast to a full shape: an axis that grows where there was none has the same cells at each place. */
export function broadcast(v: Cells, from: Sized, to: Sized): Cells {
  const shift = to.shape.length - from.shape.length;
  const lifted = moved(v, axis => axis + shift);
  const added: Mark[] = to.shape.flatMap((size, axis) =>
    grows(to, axis) && (axis < shift || from.shape[axis - shift] === 1)
      ? [{ axis, outer: 1, size, inner: 1, from: undefined }]
      : [],
  );
  if (added.length === 0) return lifted;
  const marks = [...added, ...lifted.marks];
  const inner = cellCount(lifted.marks);
  let cell = -1;
  return picked(lifted, marks, () => {
    cell += 1;
    return cell % inner;
  });
}

export function sliced(
  v: Cells,
  to: Sized,
  attrs: { readonly starts: readonly number[]; readonly strides: readonly number[] },
): Cells {
  let out = v;
  for (let i = v.marks.length - 1; i >= 0; i--) {
    const mark = out.marks[i];
    if (mark === undefined) continue;
    const [start = 0, stride = 1] = [attrs.starts[mark.axis], attrs.strides[mark.axis]];
    const size = to.shape[mark.axis] ?? 1;
    if (start === 0 && stride === 1 && size === mark.outer * mark.size * mark.inner) continue;
    if (mark.outer !== 1 || mark.inner !== 1) {
      out = joinedAlong(out, i);
      continue;
    }
    const strides = stridesOf(out.marks);
    const from = mark.from === undefined || stride !== 1 ? undefined : mark.from + start;
    const stays = grows(to, mark.axis);
    const marks = out.marks.flatMap((m, k) => (k !== i ? [m] : stays ? [{ ...m, size, from }] : []));
    if (!stays && size !== 1) {
      // So many of its places, whatever the length: read as one.
      const window = out.marks.map((m, k) => (k === i ? { ...m, size } : m));
      out = joinedAlong(
        picked(out, window, at =>
          at.reduce((n, p, k) => n + (k === i ? start + p * stride : p) * (strides[k] ?? 0), 0),
        ),
        i,
      );
      continue;
    }
    out = picked(out, marks, at => {
      const full = stays ? at : [...at.slice(0, i), 0, ...at.slice(i)];
      return full.reduce((n, p, k) => n + (k === i ? start + p * stride : p) * (strides[k] ?? 0), 0);
    });
  }
  return out;
}

export function padded(v: Cells, to: Sized, low: readonly number[], value: number): Cells {
  let out = v;
  for (const [i, mark] of v.marks.entries()) {
    const before = low[mark.axis] ?? 0;
    const size = to.shape[mark.axis] ?? 1;
    if (size === mark.outer * mark.size * mark.inner) continue;
    const strides = stridesOf(out.marks);
    const from = mark.from === undefined ? undefined : mark.from - before;
    const marks = out.marks.map((m, k) => (k === i ? { ...m, size, from } : m));
    const wide = picked(out, marks, at => {
      const place = (at[i] ?? 0) - before;
      if (place < 0 || place >= mark.size) return -1;
      return at.reduce((n, p, k) => n + (k === i ? place : p) * (strides[k] ?? 0), 0);
    });
    eachCell(marks, (at, cell) => {
      const place = (at[i] ?? 0) - before;
      if (place < 0 || place >= mark.size) wide.numbers[cell] = value;
    });
    out = wide;
  }
  // What is put before or behind a joined axis is read as one with it.
  const unmarked = to.shape.some((_, axis) => (low[axis] ?? 0) > 0 && markOf(v, axis) === undefined);
  return unmarked ? { ...out, numbers: out.numbers.map(n => (n === value ? n : Number.NaN)) } : out;
}

/** Values one after another along an axis. */
export function concatenated(
  given: readonly Cells[],
  sizes: readonly Sized[],
  axis: number,
  to: Sized,
): Cells {
  const isLong = grows(to, axis);
  const values = isLong ? given : given.map(v => moved(v, a => (a === axis ? undefined : a)));
  const others = new Map<number, Mark>();
  for (const v of values) for (const m of v.marks) if (m.axis !== axis) others.set(m.axis, m);
  const own = values.map((v, i) => markOf(v, axis) ?? { size: sizes[i]?.shape[axis] ?? 1, from: undefined });
  const offsets = own.map((_, i) => own.slice(0, i).reduce((n, m) => n + m.size, 0));
  const origin = own
    .map((m, i) => (m.from === undefined ? undefined : m.from - (offsets[i] ?? 0)))
    .find(f => f !== undefined);
  const long: Mark = { axis, outer: 1, inner: 1, size: to.shape[axis] ?? 1, from: origin };
  const marks = [...(isLong ? [long] : []), ...others.values()];
  const out = blank(marks);
  eachCell(marks, (at, cell) => {
    const place = (a: number): number => at[marks.findIndex(m => m.axis === a)] ?? 0;
    const sources = values.flatMap((v, i): readonly number[] => {
      const within = place(axis) - (offsets[i] ?? 0);
      if (isLong && (within < 0 || within >= (own[i]?.size ?? 1))) return [];
      const strides = stridesOf(v.marks);
      const at = v.marks.reduce(
        (n, m, k) => n + (m.axis === axis ? Math.max(0, within) : place(m.axis)) * (strides[k] ?? 0),
        0,
      );
      return [i, at];
    });
    let number: number | undefined;
    for (let k = 0; k < sources.length; k += 2) {
      const v = values[sources[k] ?? 0];
      const source = sources[k + 1] ?? 0;
      const n = v?.numbers[source] ?? Number.NaN;
      number = number === undefined || number === n ? n : Number.NaN;
      out.reads[cell] = (out.reads[cell] ?? 0) | (v?.reads[source] ?? 0);
      out.copies[cell] = sources.length === 2 ? (v?.copies[source] ?? -1) : -1;
    }
    out.numbers[cell] = number ?? Number.NaN;
  });
  return { ...out, drawn: values.some(v => v.drawn) };
}

/** Nothing is known but what it may read in all. */
export function unknownOf(values: readonly Cells[]): Cells {
  const reads = values.reduce((n, v) => n | joinedReads(v), 0);
  return { ...blank([], Number.NaN, reads), drawn: values.some(v => v.drawn) };
}
