// Layers that are alike are written once: `net.layers.{0..11}` stands for net.layers.0 to net.layers.11, and what is
// written under it for what each of them has. A lock of ninety-six layers is as long to read as one of a single layer.

import { isCount } from './natural-order.ts';

/** Something said of a path, or of each of a range of paths: what stands under `layers.{0..11}.` there. */
export type Ranged<V> =
  | { readonly kind: 'one'; readonly path: string; readonly value: V }
  | {
      readonly kind: 'layers';
      readonly prefix: string;
      readonly from: number;
      readonly to: number;
      readonly inner: readonly Ranged<V>[];
    };

interface Said<V> {
  readonly path: string;
  readonly value: V;
}

/** Runs of layers with equal inner paths and values are folded; order is kept. */
export function folded<V>(list: readonly Said<V>[], same: (a: V, b: V) => boolean): readonly Ranged<V>[] {
  const out: Ranged<V>[] = [];
  let at = 0;
  while (at < list.length) {
    const first = layerAt(list, at);
    const run = first === undefined ? [] : runOf(list, at, first, same);
    if (first === undefined || run.length < 2) {
      const { path, value } = list[at]!;
      out.push({ kind: 'one', path, value });
      at += 1;
    } else {
      const inner = folded(first.said, same);
      out.push({
        kind: 'layers',
        prefix: first.prefix,
        from: first.number,
        to: first.number + run.length - 1,
        inner,
      });
      at += run.length * first.said.length;
    }
  }
  return out;
}

/** What `folded` folded, path by path. */
export function spread<V>(list: readonly Ranged<V>[]): readonly Said<V>[] {
  return list.flatMap(r => {
    if (r.kind === 'one') return [{ path: r.path, value: r.value }];
    const inner = spread(r.inner);
    return Array.from({ length: r.to - r.from + 1 }, (_, i) => r.from + i).flatMap(n =>
      inner.map(({ path, value }) => ({ path: `${r.prefix}.${n}${path === '' ? '' : `.${path}`}`, value })),
    );
  });
}

interface Layer<V> {
  /** `net.layers` */
  readonly prefix: string;
  readonly number: number;
  /** What is said of it here, by the paths under it. */
  readonly said: readonly Said<V>[];
}

/** The outermost layer that the entry at a place is in, with all that follows in the same one. */
function layerAt<V>(list: readonly Said<V>[], at: number): Layer<V> | undefined {
  const names = list[at]!.path.split('.');
  const place = names.findIndex(isCount);
  if (place < 1) return undefined;
  const prefix = names.slice(0, place).join('.');
  const number = Number(names[place]);
  const said: Said<V>[] = [];
  for (let i = at; i < list.length; i++) {
    const under = below(list[i]!.path, `${prefix}.${number}`);
    if (under === undefined) break;
    said.push({ path: under, value: list[i]!.value });
  }
  return { prefix, number, said };
}

/** Layers that follow on the first and say the same. */
function runOf<V>(
  list: readonly Said<V>[],
  at: number,
  first: Layer<V>,
  same: (a: V, b: V) => boolean,
): readonly Layer<V>[] {
  const run = [first];
  const size = first.said.length;
  for (let next = at + size; next < list.length; next += size) {
    const layer = layerAt(list, next);
    if (layer?.prefix !== first.prefix || layer.number !== first.number + run.length) break;
    const alike =
      layer.said.length === size &&
      layer.said.every(
        ({ path, value }, i) => path === first.said[i]!.path && same(value, first.said[i]!.value),
      );
    if (!alike) break;
    run.push(layer);
  }
  return run;
}

/** What follows a path's start: '' where it is that path itself. */
function below(path: string, start: string): string | undefined {
  if (path === start) return '';
  return path.startsWith(`${start}.`) ? path.slice(start.length + 1) : undefined;
}
