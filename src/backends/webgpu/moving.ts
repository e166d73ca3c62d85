// Core ops that make elements of nothing or move them, as maps of indices: each element says which element of the
// input it is.

import type { StaticType } from '../node-query.ts';
import { inputType, intsAttr, numberAttr, outputType } from '../node-query.ts';
import { along, type ElementQuery, type ElementRule } from './element-rule.ts';
import { coordIndex, reshapedIndex } from './indexing.ts';
import { elementOf, literalOf } from './kernel.ts';
import { plus, times } from './scribe.ts';

const readAt = (q: ElementQuery, i: number, coords: readonly string[]): string =>
  q.read(i, coordIndex(q.scribe, inputType(q, i).shape, coords));

const constant: ElementRule = q => literalOf(numberAttr(q, 'value'), elementOf(outputType(q).dtype));

/** The bits of an element as a u32. */
export function bitsOf(value: number, { dtype }: StaticType): number {
  if (dtype !== 'f32') return dtype === 'bool' ? Number(value !== 0) : value >>> 0;
  return new Uint32Array(Float32Array.of(value).buffer)[0] ?? 0;
}

/** A short table is a part of the text, as bits: text has no NaN. */
const literal: ElementRule = q => {
  const type = outputType(q);
  const values = intsAttr(q, 'values');
  const table = values.map(v => `${bitsOf(v, type)}u`).join(', ');
  const name = q.scribe.constant(`array<u32, ${values.length}>(${table})`);
  const bits = `${name}[${q.at.flat()}]`;
  return type.dtype === 'bool' ? bits : `bitcast<${type.dtype}>(${bits})`;
};

const reshape: ElementRule = q => q.read(0, reshapedIndex(q.scribe, q.at, inputType(q, 0).shape));

const transpose: ElementRule = q => {
  const coords = q.at.coords();
  const perm = intsAttr(q, 'perm');
  return readAt(
    q,
    0,
    perm.map((_, axis) => coords[perm.indexOf(axis)] ?? '0u'),
  );
};

const slice: ElementRule = q => {
  const [starts, strides] = [intsAttr(q, 'starts'), intsAttr(q, 'strides')];
  const coords = q.at.coords();
  return readAt(
    q,
    0,
    coords.map((c, axis) =>
      q.scribe.name('u32', plus(times(c, strides[axis] ?? 1), `${starts[axis] ?? 0}u`)),
    ),
  );
};

const pad: ElementRule = q => {
  const { shape } = inputType(q, 0);
  const [low, high] = [intsAttr(q, 'low'), intsAttr(q, 'high')];
  const inside: string[] = [];
  // Below the first position the difference wraps to a number above all.
  const coords = q.at.coords().map((c, axis) => {
    const [before, after] = [low[axis] ?? 0, high[axis] ?? 0];
    const moved = before === 0 ? c : q.scribe.name('u32', `${c} - ${before}u`);
    if (before + after > 0) inside.push(`${moved} < ${shape[axis]}u`);
    return moved;
  });
  const x = readAt(q, 0, coords);
  const value = literalOf(numberAttr(q, 'value'), elementOf(outputType(q).dtype));
  return inside.length === 0 ? x : `select(${value}, ${x}, ${inside.join(' && ')})`;
};

/** So many are read at every position, of which it takes one. */
export const mostJoined = 4;

const concat: ElementRule = q => {
  const axis = numberAttr(q, 'axis');
  const coords = q.at.coords();
  const at = coords[axis] ?? '0u';
  let [start, chosen] = [0, ''];
  for (const [i, { shape }] of q.types.entries()) {
    const size = shape[axis] ?? 0;
    if (size === 0) continue;
    const moved = start === 0 ? at : q.scribe.name('u32', `${at} - ${start}u`);
    const x = readAt(q, i, coords.with(axis, size === 1 ? '0u' : moved));
    chosen =
      chosen === ''
        ? x
        : q.scribe.name(elementOf(outputType(q).dtype), `select(${x}, ${chosen}, ${at} < ${start}u)`);
    start += size;
  }
  return chosen;
};

/** An index outside 0 … count − 1 is moved to the nearest end. */
const clamped = (q: ElementQuery, index: string, count: number): string =>
  q.scribe.name('u32', `u32(clamp(${index}, 0, ${Math.max(0, count - 1)}))`);

const gather: ElementRule = q => {
  const [table, ids] = [inputType(q, 0), inputType(q, 1)];
  const coords = q.at.coords();
  const lead = ids.shape.length;
  const id = q.read(1, coordIndex(q.scribe, ids.shape, coords.slice(0, lead)));
  return readAt(q, 0, [clamped(q, id, table.shape[0] ?? 1), ...coords.slice(lead)]);
};

const takeAlong: ElementRule = q => {
  const axis = numberAttr(q, 'axis');
  const picked = q.read(1, q.at);
  const size = inputType(q, 0).shape[axis] ?? 1;
  return readAt(q, 0, q.at.coords().with(axis, clamped(q, picked, size)));
};

/** h(i) = mix(i·0x9E3779B1 ^ mix(seed ^ mix(step ^ identity))) */
const randomBits: ElementRule = q => {
  const scalar = (i: number): string => q.read(i, coordIndex(q.scribe, [], []));
  const identity = `${numberAttr(q, 'identity') >>> 0}u`;
  const key = q.scribe.name(
    'u32',
    `mix_bits(bitcast<u32>(${scalar(0)}) ^ mix_bits(bitcast<u32>(${scalar(1)}) ^ ${identity}))`,
  );
  return `bitcast<i32>(mix_bits((${q.at.flat()} * 0x9e3779b1u) ^ ${key}))`;
};

export const moving = {
  constant,
  literal,
  iota: q => `i32(${q.at.coords()[numberAttr(q, 'axis')] ?? '0u'})`,
  reshape,
  transpose,
  broadcast: q => along(q, 0),
  slice,
  pad,
  concat,
  gather,
  take_along: takeAlong,
  random_bits: randomBits,
} as const satisfies Readonly<Record<string, ElementRule>>;

/** Whether input `i` is read where the output's element stands, so that what it is made of is worked out once. */
export function readsInPlace(op: string, from: StaticType, to: StaticType): boolean {
  const moves = op in moving && op !== 'reshape' && op !== 'broadcast';
  const count = (shape: readonly number[]): number => shape.reduce((n, d) => n * d, 1);
  return !moves && count(from.shape) === count(to.shape);
}
