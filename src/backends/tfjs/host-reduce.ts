// Reductions and selections along axes on host memory. Sums are in double precision and rounded once.

import { stridesOf } from '../../ops/host-index.ts';
import { lowest } from '../../ops/keep-rules.ts';
import { input, inputType, intsAttr, numberAttr, outputType, product } from '../node-query.ts';
import { type HostKernel, type HostQuery, result } from './host-kernel.ts';
import { type Walk, walk } from './walk.ts';

/** The input in its order beside the position of the output that each goes into. */
function reducedWalk(q: HostQuery): Walk {
  const { shape } = inputType(q, 0);
  const axes = intsAttr(q, 'axes');
  const kept = stridesOf(shape.map((d, axis) => (axes.includes(axis) ? 1 : d)));
  return walk(shape, [stridesOf(shape), kept.map((s, axis) => (axes.includes(axis) ? 0 : s))]);
}

const reduceSum: HostKernel = q => {
  const [x, y] = [input(q, 0), result(q)];
  const sums = new Float64Array(y.length);
  const { rows, length, starts, steps } = reducedWalk(q);
  for (let r = 0; r < rows; r++) {
    let i = starts[0]![r]!;
    let to = starts[1]![r]!;
    if (steps[1] === 0) {
      let sum = 0;
      for (let k = 0; k < length; k++) sum += x[i++]!;
      sums[to] = sums[to]! + sum;
    } else for (let k = 0; k < length; k++, to += steps[1]!) sums[to] = sums[to]! + x[i++]!;
  }
  y.set(sums);
};

const reduceMax: HostKernel = q => {
  const [x, y] = [input(q, 0), result(q)];
  y.fill(outputType(q).dtype === 'f32' ? Number.NEGATIVE_INFINITY : lowest(outputType(q).dtype));
  const { rows, length, starts, steps } = reducedWalk(q);
  for (let r = 0; r < rows; r++) {
    let i = starts[0]![r]!;
    let to = starts[1]![r]!;
    for (let k = 0; k < length; k++, to += steps[1]!) {
      const value = x[i++]!;
      if (value > y[to]! || Number.isNaN(value)) y[to] = value;
    }
  }
};

/** The first maximum along the axis. */
const argmax: HostKernel = q => {
  const [x, y] = [input(q, 0), result(q)];
  const { shape } = inputType(q, 0);
  const axis = numberAttr(q, 'axis');
  const n = shape[axis] ?? 1;
  const inner = product(shape.slice(axis + 1));
  for (let i = 0; i < y.length; i++) {
    const first = Math.floor(i / inner) * n * inner + (i % inner);
    let best = 0;
    for (let k = 1; k < n; k++) if (x[first + k * inner]! > x[first + best * inner]!) best = k;
    y[i] = best;
  }
};

/** Falling; of equal values the earlier first. */
const topK: HostKernel = q => {
  const [x, values, indices] = [input(q, 0), result(q, 0), result(q, 1)];
  const n = inputType(q, 0).shape.at(-1) ?? 1;
  const k = numberAttr(q, 'k');
  for (let row = 0; row * k < values.length; row++) {
    const at = (i: number): number => x[row * n + i]!;
    const order = Array.from({ length: n }, (_, i) => i).sort((a, b) => at(b) - at(a) || a - b);
    for (let j = 0; j < k; j++) {
      indices[row * k + j] = order[j]!;
      values[row * k + j] = at(order[j]!);
    }
  }
};

export const hostReductions = {
  reduce_sum: reduceSum,
  reduce_max: reduceMax,
  argmax,
  top_k: topK,
} as const satisfies Readonly<Record<string, HostKernel>>;
