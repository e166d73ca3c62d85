// Random graphs that are sound by their making: each step applies an op that fits values already there.

import * as fc from 'fast-check';
import { type Builder, createBuilder } from '../../src/ir/builder.ts';
import type { Graph, ValueId } from '../../src/ir/graph.ts';
import { OpFault } from '../../src/ir/op.ts';
import { ops } from '../../src/ops/registry.ts';
import { f32 } from './helpers.ts';

/** Picks by a number among what is there. */
const pick = <T>(from: readonly T[], n: number): T => from[n % from.length]!;

const unary = ['neg', 'exp', 'tanh', 'sigmoid', 'sin', 'abs', 'relu', 'silu', 'stop_gradient'];
const binary = ['add', 'sub', 'mul', 'max', 'min'];
const numbers = [0, 1, -1, 2, 0.5, 0.5, 3];

type Step = (b: Builder, pool: readonly ValueId[], n: readonly number[]) => readonly ValueId[];

const axisOf = (b: Builder, x: ValueId, n: number): number => n % Math.max(1, b.shapeOf(x).length);
const floats = (b: Builder, pool: readonly ValueId[]) => pool.filter(id => b.typeOf(id).dtype === 'f32');
const wide = (b: Builder, pool: readonly ValueId[]) => floats(b, pool).filter(id => b.shapeOf(id).length > 0);

const steps: readonly Step[] = [
  (b, pool, [i, j]) => [b.one(pick(unary, i!), [pick(floats(b, pool), j!)])],
  (b, pool, [i, j, k]) => [b.one(pick(binary, i!), [pick(floats(b, pool), j!), pick(floats(b, pool), k!)])],
  (b, pool, [i, j, k]) => {
    const x = pick(floats(b, pool), j!);
    const shape = k! % 3 === 0 ? b.shapeOf(x) : [];
    const c = b.constant(pick(numbers, k!), 'f32', shape);
    return [b.one(pick(binary, i!), i! % 2 === 0 ? [x, c] : [c, x])];
  },
  (b, pool, [i, j]) => [b.one('div', [pick(floats(b, pool), i!), b.constant(pick([2, 4, 0.5, 1], j!))])],
  (b, pool, [i, j, k]) => {
    const x = pick(wide(b, pool), i!);
    return [b.one('reduce_sum', [x], { axes: [axisOf(b, x, j!)], keepdims: k! % 2 === 0 })];
  },
  (b, pool, [i, j]) => {
    const x = pick(wide(b, pool), i!);
    return [b.one('softmax', [x], { axis: axisOf(b, x, j!) })];
  },
  (b, pool, [i]) => {
    const x = pick(wide(b, pool), i!);
    return b.emit('layer_norm', [x], { epsilon: 0.1 });
  },
  (b, pool, [i, j]) => {
    const x = pick(wide(b, pool), i!);
    const rank = b.shapeOf(x).length;
    const perm = Array.from({ length: rank }, (_, axis) => (axis + j!) % rank);
    return [b.one('transpose', [x], { perm })];
  },
  (b, pool, [i, j]) => {
    const x = pick(floats(b, pool), i!);
    const shape = b.shapeOf(x);
    const size = shape.reduce<number>((n, d) => n * (d as number), 1);
    return [b.one('reshape', [x], { shape: pick([[size], [1, ...shape], [...shape, 1], shape], j!) })];
  },
  (b, pool, [i, j]) => {
    const x = pick(floats(b, pool), i!);
    return [b.one('broadcast', [x], { shape: [pick([1, 2], j!), ...b.shapeOf(x)] })];
  },
  (b, pool, [i, j, k]) => {
    const [x, y] = [pick(wide(b, pool), i!), pick(wide(b, pool), j!)];
    const [l, r] = [axisOf(b, x, k!), b.shapeOf(y).indexOf(b.shapeOf(x)[axisOf(b, x, k!)]!)];
    return [b.one('dot_general', [x, y], { lhsBatch: [], rhsBatch: [], lhsContract: [l], rhsContract: [r] })];
  },
  (b, pool, [i, j]) => [b.one('less', [pick(floats(b, pool), i!), pick(floats(b, pool), j!)])],
  (b, pool, [i, j, k]) => {
    const conditions = pool.filter(id => b.typeOf(id).dtype === 'bool');
    const condition = conditions.length === 0 ? [] : [pick(conditions, i!)];
    return [b.one('select', [...condition, pick(floats(b, pool), j!), pick(floats(b, pool), k!)])];
  },
  (b, pool, [i]) => {
    const conditions = pool.filter(id => b.typeOf(id).dtype === 'bool');
    return conditions.length === 0
      ? []
      : [b.one(i! % 2 === 0 ? 'cast' : 'not', [pick(conditions, i!)], i! % 2 === 0 ? { to: 'f32' } : {})];
  },
];

/** Sizes stay small: values of more than this many elements are not built on. */
const largest = 200;

export const randomGraph: fc.Arbitrary<Graph> = fc
  .array(fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()), { minLength: 1, maxLength: 25 })
  .map(choices => {
    const b = createBuilder('random', ops);
    let pool: readonly ValueId[] = [f32(2, 3), f32(3), f32(3, 2), f32()].map((type, i) =>
      b.input(`x${i}`, 'feed', type),
    );
    for (const [which, ...n] of choices) {
      try {
        const made = pick(steps, which)(b, pool, n);
        const size = (id: ValueId) => b.shapeOf(id).reduce<number>((s, d) => s * (d as number), 1);
        pool = [...pool, ...made.filter(id => size(id) <= largest && b.shapeOf(id).length < 5)];
      } catch (error) {
        // A step that doesn't fit the values it drew is left out.
        if (!(error instanceof OpFault)) throw error;
      }
    }
    for (const [i, id] of pool.slice(-4).entries()) b.output(`y${i}`, 'fetch', id);
    return b.finish();
  });
