// Where an element stands: as its row-major position, or by a coordinate for each axis. Each is worked out of the other
// only where it is asked for.

import { stridesOf } from '../../ops/host-index.ts';
import { product, sameShape } from '../node-query.ts';
import { plus, type Scribe, times } from './scribe.ts';

export interface Index {
  readonly shape: readonly number[];
  /** Equal for what is equal: indices are compared by it. */
  readonly key: string;
  readonly flat: () => string;
  readonly coords: () => readonly string[];
}

export function flatIndex(s: Scribe, shape: readonly number[], position: string): Index {
  const flat = product(shape) === 1 ? '0u' : position;
  return {
    shape,
    key: flat,
    flat: () => flat,
    coords: () => {
      const first = shape.findIndex(d => d !== 1);
      let rest = flat;
      const coords = shape.map(() => '0u');
      for (let axis = shape.length - 1; axis > first; axis--) {
        const size = shape[axis] ?? 1;
        if (size === 1) continue;
        coords[axis] = s.name('u32', `${rest} % ${size}u`);
        rest = s.name('u32', `${rest} / ${size}u`);
      }
      if (first >= 0) coords[first] = rest;
      return coords;
    },
  };
}

export function coordIndex(s: Scribe, shape: readonly number[], coords: readonly string[]): Index {
  const strides = stridesOf(shape);
  const real = shape.flatMap((d, axis) => (d === 1 ? [] : [axis]));
  // One coordinate that counts is the position.
  if (real.length <= 1) return flatIndex(s, shape, coords[real[0] ?? -1] ?? '0u');
  const flat = (): string =>
    s.name(
      'u32',
      real.reduce((sum, axis) => plus(sum, times(coords[axis] ?? '0u', strides[axis] ?? 1)), '0u'),
    );
  return {
    shape,
    key: real.map(axis => coords[axis]).join(' '),
    flat,
    coords: () => shape.map((d, axis) => (d === 1 ? '0u' : (coords[axis] ?? '0u'))),
  };
}

/** The same element under another shape. */
export function reshapedIndex(s: Scribe, at: Index, shape: readonly number[]): Index {
  if (sameShape(at.shape, shape)) return at;
  const [from, to] = [at.shape, shape].map(dims => dims.flatMap((d, axis) => (d === 1 ? [] : [axis])));
  const alike = sameShape(
    (from ?? []).map(axis => at.shape[axis] ?? 1),
    (to ?? []).map(axis => shape[axis] ?? 1),
  );
  // A position stays a position.
  if (!alike || !at.key.includes(' ')) return flatIndex(s, shape, at.flat());
  const coords = at.coords();
  const next = shape.map(() => '0u');
  for (const [i, axis] of (to ?? []).entries()) next[axis] = coords[from?.[i] ?? -1] ?? '0u';
  return coordIndex(s, shape, next);
}

/** Where a value of `shape`, stretched, is read for an element of the whole. */
export function stretchedIndex(s: Scribe, at: Index, shape: readonly number[]): Index {
  const count = product(shape);
  if (count === product(at.shape)) return reshapedIndex(s, at, shape);
  if (count === 1) return flatIndex(s, shape, '0u');
  const lead = at.shape.length - shape.length;
  const coords = at.coords();
  return coordIndex(
    s,
    shape,
    shape.map((d, axis) => (d === 1 ? '0u' : (coords[axis + lead] ?? '0u'))),
  );
}
