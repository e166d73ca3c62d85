// Row-major index arithmetic for the reference implementations.

/** Row-major strides, in elements. */
export function stridesOf(shape: readonly number[]): readonly number[] {
  const strides = new Array<number>(shape.length).fill(1);
  for (let axis = shape.length - 2; axis >= 0; axis--) strides[axis] = strides[axis + 1]! * shape[axis + 1]!;
  return strides;
}

/** Strides with which a value of shape `from` is read in the order of `to`: 0 along stretched axes. */
export function broadcastStrides(from: readonly number[], to: readonly number[]): readonly number[] {
  const strides = stridesOf(from);
  const lead = to.length - from.length;
  return to.map((_, axis) => (axis < lead || from[axis - lead] === 1 ? 0 : strides[axis - lead]!));
}

/** For each position of `shape` in row-major order: base + Σ index·stride. */
export function strideIndex(shape: readonly number[], strides: readonly number[], base = 0): Int32Array {
  let index = Int32Array.of(base);
  for (const [axis, n] of shape.entries()) {
    const stride = strides[axis]!;
    const next = new Int32Array(index.length * n);
    let at = 0;
    for (let i = 0; i < index.length; i++) {
      let from = index[i]!;
      for (let j = 0; j < n; j++, from += stride) next[at++] = from;
    }
    index = next;
  }
  return index;
}
