// Where an element lies, by the numbers of axes folded into one: `x[b·…, m, k]` with any axes as b, m and k.

interface Axis {
  readonly size: number;
  readonly stride: number;
}

/** These axes of a shape, those that lie one behind the other as one. */
export function axesOf(shape: readonly number[], axes: readonly number[]): readonly Axis[] {
  const strides = shape.map((_, i) => shape.slice(i + 1).reduce((n, d) => n * d, 1));
  const merged: Axis[] = [];
  for (const axis of axes) {
    const next = { size: shape[axis]!, stride: strides[axis]! };
    const before = merged.at(-1);
    if (next.size === 1) continue;
    if (before !== undefined && before.stride === next.size * next.stride)
      merged.splice(-1, 1, { size: before.size * next.size, stride: next.stride });
    else merged.push(next);
  }
  return merged;
}

/** The offset at position `at` of the folded axes, the last of which goes fastest. */
export function offsetAt(axes: readonly Axis[], at: string): string {
  let below = 1;
  const terms: string[] = [];
  for (const [i, { size, stride }] of [...axes.entries()].reverse()) {
    const shifted = below === 1 ? at : `(${at} / ${below}u)`;
    const one = i === 0 ? shifted : `(${shifted} % ${size}u)`;
    terms.push(stride === 1 ? one : `${one} * ${stride}u`);
    below *= size;
  }
  return terms.length === 0 ? '0u' : terms.join(' + ');
}

/** The step in memory from one position of the folded axes to the next. */
export const stepOf = (axes: readonly Axis[]): number => axes.at(-1)?.stride ?? Number.POSITIVE_INFINITY;
