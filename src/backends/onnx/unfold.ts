// An NHWC image unfolded into columns, one row for each place of the kernel, and the adjoint: columns summed back
// into the image. Convolution and both of its gradients are matrix products around these.

import { sameShape } from '../node-query.ts';
import { reshaped, transposed } from './emit.ts';
import type { Writer } from './writer.ts';

export interface Geometry {
  /** [N, H, W, C]. */
  readonly image: readonly number[];
  /** [N, OH, OW, …]. */
  readonly out: readonly number[];
  readonly kernel: readonly [number, number];
  readonly strides: readonly [number, number];
  /** Padding above and left. */
  readonly low: readonly [number, number];
  /** Padding below and right. */
  readonly high: readonly [number, number];
}

const padded = (g: Geometry): boolean => [...g.low, ...g.high].some(n => n !== 0);

/** The windows tile the image: each pixel is in exactly one. */
function tiles(g: Geometry): boolean {
  const [, H = 0, W = 0] = g.image;
  const [, OH = 0, OW = 0] = g.out;
  const [kh, kw] = g.kernel;
  return sameShape(g.kernel, g.strides) && !padded(g) && OH * kh === H && OW * kw === W;
}

/** [N, OH, kh, OW, kw, C]: the image of tiles with its axes apart. */
function tileShape({ out, kernel, image }: Geometry): readonly number[] {
  return [out[0]!, out[1]!, kernel[0], out[2]!, kernel[1], image[3]!];
}

/** x [N, H, W, C] → columns [N·OH·OW, kh·kw·C]. */
export function columnsOf(w: Writer, x: string, g: Geometry): string {
  const [N = 0, OH = 0, OW = 0] = g.out;
  const C = g.image[3] ?? 0;
  const [kh, kw] = g.kernel;
  const [sh, sw] = g.strides;
  const flat = [N * OH * OW, kh * kw * C];
  if (tiles(g)) {
    const apart = reshaped(w, x, g.image, tileShape(g));
    const moved = transposed(w, apart, tileShape(g), [0, 1, 3, 2, 4, 5]);
    return reshaped(w, moved, [N, OH, OW, kh, kw, C], flat);
  }
  const framed = padded(g)
    ? w.one('Pad', [x, w.ints([0, ...g.low, 0, 0, ...g.high, 0]), w.scalar(0)], { mode: 'constant' })
    : x;
  const places = range(kh).flatMap(i =>
    range(kw).map(j =>
      w.one('Slice', [
        framed,
        w.ints([i, j]),
        w.ints([i + (OH - 1) * sh + 1, j + (OW - 1) * sw + 1]),
        w.ints([1, 2]),
        w.ints([sh, sw]),
      ]),
    ),
  );
  return reshaped(w, joined(w, places, 3), [N, OH, OW, kh * kw * C], flat);
}

/**
 * Columns [N·OH·OW, kh·kw·C] → the image [N, H, W, C], each pixel the sum over the windows that hold it. Kernel row
 * i = a·stride + r lands a rows further down among the image rows of residue r; residues are then interleaved, which
 * in memory is a Concat.
 */
export function imageOf(w: Writer, columns: string, g: Geometry): string {
  const [N = 0, OH = 0, OW = 0] = g.out;
  const [, H = 0, W = 0, C = 0] = g.image;
  const [kh, kw] = g.kernel;
  const flat = [N * OH * OW, kh * kw * C];
  if (tiles(g)) {
    const apart = reshaped(w, columns, flat, [N, OH, OW, kh, kw, C]);
    const moved = transposed(w, apart, [N, OH, OW, kh, kw, C], [0, 1, 3, 2, 4, 5]);
    return reshaped(w, moved, tileShape(g), g.image);
  }
  const [sh, sw] = g.strides;
  const grid = reshaped(w, columns, flat, [N, OH, OW, kh * kw * C]);
  const places =
    kh * kw === 1
      ? [grid]
      : w.node(
          'Split',
          [grid],
          { axis: 3, num_outputs: kh * kw },
          { outputs: range(kh * kw).map(() => true) },
        );
  const wide = OW + Math.ceil(kw / sw) - 1;
  const tall = OH + Math.ceil(kh / sh) - 1;
  const rows = range(kh).map(i => {
    const residues = interleaved(w, places.slice(i * kw, (i + 1) * kw), [N, OH, OW, C], 2, sw, wide);
    return reshaped(w, joined(w, residues, 3), [N, OH, wide, sw * C], [N, OH, wide * sw, C]);
  });
  const residues = interleaved(w, rows, [N, OH, wide * sw, C], 1, sh, tall);
  const whole = [N, tall * sh, wide * sw, C];
  const sums = reshaped(w, joined(w, residues, 2), [N, tall, sh * wide * sw, C], whole);
  return framedTo(w, sums, whole, g.low, [H, W]);
}

/** For each residue of the stride, the sum of its places, each moved on by its quotient; `length` along the axis. */
function interleaved(
  w: Writer,
  places: readonly string[],
  shape: readonly number[],
  axis: number,
  stride: number,
  length: number,
): readonly string[] {
  return range(stride).map(residue => {
    const moved = range(places.length)
      .filter(i => i % stride === residue)
      .map(i => shifted(w, places[i]!, shape, axis, Math.floor(i / stride), length));
    const [first, ...others] = moved;
    if (first === undefined) {
      const zeros = shape.map((d, i) => (i === axis ? length : d));
      return w.one('Expand', [w.scalar(0), w.ints(zeros)]);
    }
    return others.reduce((sum, place) => w.one('Add', [sum, place]), first);
  });
}

function shifted(
  w: Writer,
  place: string,
  shape: readonly number[],
  axis: number,
  by: number,
  length: number,
): string {
  const after = length - by - shape[axis]!;
  if (by === 0 && after === 0) return place;
  const pads = [
    ...shape.map((_, i) => (i === axis ? by : 0)),
    ...shape.map((_, i) => (i === axis ? after : 0)),
  ];
  return w.one('Pad', [place, w.ints(pads), w.scalar(0)], { mode: 'constant' });
}

/** Rows and columns from `low` on; those past the end, which no window reached, are 0. */
function framedTo(
  w: Writer,
  name: string,
  shape: readonly number[],
  low: readonly [number, number],
  size: readonly [number, number],
): string {
  const [have, want] = [[shape[1]!, shape[2]!], size];
  const ends = have.map((n, i) => Math.min(n, low[i]! + want[i]!));
  const missing = want.map((n, i) => n - (ends[i]! - low[i]!));
  const whole = low.every(n => n === 0) && ends.every((n, i) => n === have[i]);
  const cut = whole ? name : w.one('Slice', [name, w.ints(low), w.ints(ends), w.ints([1, 2])]);
  if (missing.every(n => n === 0)) return cut;
  return w.one('Pad', [cut, w.ints([0, 0, 0, 0, 0, ...missing, 0]), w.scalar(0)], { mode: 'constant' });
}

const joined = (w: Writer, parts: readonly string[], axis: number): string =>
  parts.length === 1 ? parts[0]! : w.one('Concat', parts, { axis });

const range = (n: number): readonly number[] => Array.from({ length: n }, (_, i) => i);
