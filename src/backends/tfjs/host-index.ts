// Moving elements on host memory by index and by shape, and random bits.

import { broadcastStrides, stridesOf } from '../../ops/host-index.ts';
import { mixBits } from '../../ops/random.ts';
import { input, inputType, intsAttr, numberAttr, outputType, product } from '../node-query.ts';
import { type HostKernel, type HostQuery, result } from './host-kernel.ts';
import { walk } from './walk.ts';

/** An index outside 0 … count − 1 is moved to the nearest end. */
const clamped = (index: number, count: number): number => Math.min(Math.max(index, 0), count - 1);

/** y = x read with these strides from `base` on. */
function copied(q: HostQuery, strides: readonly number[], base = 0): void {
  const [x, y] = [input(q, 0), result(q)];
  const { rows, length, starts, steps } = walk(outputType(q).shape, [strides]);
  const step = steps[0] ?? 0;
  let at = 0;
  for (let r = 0; r < rows; r++, at += length) {
    let from = base + starts[0]![r]!;
    if (step === 1) y.set(x.subarray(from, from + length), at);
    else if (step === 0) y.fill(x[from]!, at, at + length);
    else for (let k = 0; k < length; k++, from += step) y[at + k] = x[from]!;
  }
}

const broadcast: HostKernel = q => copied(q, broadcastStrides(inputType(q, 0).shape, outputType(q).shape));

const slice: HostKernel = q => {
  const [starts, jumps] = [intsAttr(q, 'starts'), intsAttr(q, 'strides')];
  const strides = stridesOf(inputType(q, 0).shape);
  copied(
    q,
    strides.map((s, axis) => s * (jumps[axis] ?? 1)),
    strides.reduce((base, s, axis) => base + s * (starts[axis] ?? 0), 0),
  );
};

const pad: HostKernel = q => {
  const [x, y] = [input(q, 0), result(q)];
  const { shape } = inputType(q, 0);
  const low = intsAttr(q, 'low');
  const strides = stridesOf(outputType(q).shape);
  const base = strides.reduce((n, s, axis) => n + s * (low[axis] ?? 0), 0);
  const { rows, length, starts, steps } = walk(shape, [strides]);
  y.fill(numberAttr(q, 'value'));
  for (let r = 0; r < rows; r++) {
    let to = base + starts[0]![r]!;
    const from = r * length;
    if (steps[0] === 1) y.set(x.subarray(from, from + length), to);
    else for (let k = 0; k < length; k++, to += steps[0]!) y[to] = x[from + k]!;
  }
};

const gather: HostKernel = q => {
  const [table, ids, y] = [input(q, 0), input(q, 1), result(q)];
  const [count = 0, ...inner] = inputType(q, 0).shape;
  const row = product(inner);
  for (let i = 0; i < ids.length; i++) {
    const from = clamped(ids[i]!, count) * row;
    if (row === 1) y[i] = table[from]!;
    else y.set(table.subarray(from, from + row), i * row);
  }
};

/** out[v] = Σ_{n: id(n) = v} update(n), in double precision. */
const scatterAdd: HostKernel = q => {
  const [ids, updates, y] = [input(q, 0), input(q, 1), result(q)];
  const [count = 0, ...inner] = outputType(q).shape;
  const row = product(inner);
  const sums = new Float64Array(y.length);
  for (let i = 0; i < ids.length; i++) {
    const to = clamped(ids[i]!, count) * row;
    for (let j = 0; j < row; j++) sums[to + j] = sums[to + j]! + updates[i * row + j]!;
  }
  y.set(sums);
};

/** y[…, j, …] = x[…, index[…, j, …], …] */
const takeAlong: HostKernel = q => {
  const [x, index, y] = [input(q, 0), input(q, 1), result(q)];
  const { shape } = inputType(q, 0);
  const axis = numberAttr(q, 'axis');
  const inner = product(shape.slice(axis + 1));
  const [n, picks] = [shape[axis] ?? 1, outputType(q).shape[axis] ?? 1];
  for (let i = 0; i < y.length; i++) {
    const first = Math.floor(i / (inner * picks)) * n * inner + (i % inner);
    y[i] = x[first + clamped(index[i]!, n) * inner]!;
  }
};

/** h(i) = mix(i·0x9E3779B1 ^ mix(seed ^ mix(step ^ identity))) */
const randomBits: HostKernel = q => {
  const [seed, step, y] = [input(q, 0), input(q, 1), result(q)];
  const key = mixBits(seed[0]! ^ mixBits(step[0]! ^ numberAttr(q, 'identity')));
  for (let i = 0; i < y.length; i++) y[i] = mixBits(Math.imul(i, 0x9e3779b1) ^ key);
};

export const hostIndexing = {
  broadcast,
  slice,
  pad,
  gather,
  scatter_add: scatterAdd,
  take_along: takeAlong,
  random_bits: randomBits,
} as const satisfies Readonly<Record<string, HostKernel>>;
