// The sliding window of the convolutions: its attrs, where it stands, and which pixels, weights and outputs meet in it.

import type { Dim } from '../base/dim.ts';
import { dimAdd, dimFloorDiv, dimSub, showDim } from '../base/dim.ts';
import { fault } from '../ir/builder.ts';
import type { Attrs, Shape, TensorType } from '../ir/graph.ts';
import type { Dependence, TypeQuery } from '../ir/op.ts';
import { concreteDim, showShape, sizeOf, takes } from './shape-rules.ts';

/** Height and width. */
export type Pair = readonly number[];

/** Steps of the window and zero padding before and after, each for height and width. */
export type WindowAttrs = { readonly strides: Pair; readonly low: Pair; readonly high: Pair };

export function checkWindow(op: string, attrs: WindowAttrs): void {
  const { strides, low, high } = attrs;
  if (![strides, low, high].every(pair => pair.length === 2))
    fault(`${op} wants strides, low and high for height and width`);
  // In the definition of a block they may be settings whose values its callers choose.
  const below = (n: Dim, least: number): boolean =>
    typeof n === 'number' && (!Number.isInteger(n) || n < least);
  if (strides.some(s => below(s, 1))) fault(`${op} goes forward; strides are ${strides.map(showDim)}`);
  if ([...low, ...high].some(n => below(n, 0)))
    fault(`${op} only adds padding; low is ${low.map(showDim)} and high is ${high.map(showDim)}`);
}

/** (size + low + high − window) // stride + 1 */
export function positions(op: string, size: Dim, window: Dim, attrs: WindowAttrs, i: 0 | 1): Dim {
  const room = dimSub(dimAdd(size, dimAdd(attrs.low[i]!, attrs.high[i]!)), window);
  if (typeof room === 'number' && room < 0)
    fault(
      `${op} wants a window that fits; ${showDim(window)} is larger than ${showDim(size)} with its padding`,
    );
  return dimAdd(dimFloorDiv(room, attrs.strides[i]!), 1);
}

export function ranked(op: string, q: TypeQuery<Attrs>): readonly [Shape, Shape] {
  const [a, b] = takes(op, q, 2).map(t => t.shape) as [Shape, Shape];
  if (a.length !== 4 || b.length !== 4)
    fault(`${op} takes two values of four axes; got ${showShape(a)} and ${showShape(b)}`);
  return [a, b];
}

/** What the loops need: sizes, and the sides' roles spelled out. */
interface Geometry {
  readonly batch: number;
  readonly height: number;
  readonly width: number;
  readonly channels: number;
  readonly kernel: Pair;
  readonly outHeight: number;
  readonly outWidth: number;
  readonly outChannels: number;
}

export function geometry(x: readonly Dim[], w: readonly Dim[], y: readonly Dim[]): Geometry {
  const [batch, height, width, channels] = x.map(concreteDim) as [number, number, number, number];
  const [kh, kw] = w.map(concreteDim) as [number, number];
  const [, outHeight, outWidth, outChannels] = y.map(concreteDim) as [number, number, number, number];
  return { batch, height, width, channels, kernel: [kh, kw], outHeight, outWidth, outChannels };
}

/** Calls `visit` with flat offsets of the pixel, the kernel position and the output pixel, wherever they meet. */
export function eachMeeting(
  g: Geometry,
  attrs: WindowAttrs,
  visit: (x: number, w: number, y: number) => void,
): void {
  const [kh, kw] = g.kernel as [number, number];
  for (let n = 0; n < g.batch; n++)
    for (let oy = 0; oy < g.outHeight; oy++)
      for (let ox = 0; ox < g.outWidth; ox++) {
        const y = ((n * g.outHeight + oy) * g.outWidth + ox) * g.outChannels;
        for (let ky = 0; ky < kh; ky++) {
          const iy = oy * attrs.strides[0]! - attrs.low[0]! + ky;
          if (iy < 0 || iy >= g.height) continue;
          for (let kx = 0; kx < kw; kx++) {
            const ix = ox * attrs.strides[1]! - attrs.low[1]! + kx;
            if (ix < 0 || ix >= g.width) continue;
            const x = ((n * g.height + iy) * g.width + ix) * g.channels;
            visit(x, (ky * kw + kx) * g.channels * g.outChannels, y);
          }
        }
      }
}

export const convFlops = (x: TensorType, w: TensorType, y: TensorType): number => {
  const g = geometry(x.shape, w.shape, y.shape);
  return 2 * sizeOf(y) * g.kernel[0]! * g.kernel[1]! * g.channels;
};

/** What a spatial output axis reads of x: window positions t·stride − low … + window − 1. */
export function spatialDependence(attrs: WindowAttrs, window: Dim, i: 0 | 1): Dependence {
  const axis = i + 1;
  if (attrs.strides[i] !== 1 || typeof window !== 'number') return { kind: 'all' };
  const low = attrs.low[i]!;
  if (window === 1) return low === 0 ? { kind: 'same', axis } : { kind: 'shift', axis, by: -low };
  return window - 1 <= low ? { kind: 'past', axis } : { kind: 'all' };
}
