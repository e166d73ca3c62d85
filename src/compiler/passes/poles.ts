// Fills that keep padding away from the poles of 1/x, log x and √x: any finite number would do there, so they go
// where the value itself is never 0, and patterns look through the others.

import type { Dim } from '../../base/dim.ts';
import type { Builder } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/graph.ts';
import { any, either, numberOf, op, type Pattern } from '../../ir/pattern.ts';
import type { Rule } from '../../ir/rewrite.ts';
import { axisGroups } from '../../ops/reshape-groups.ts';
import { reshaped, sameShapes } from './shapes.ts';

const free = { attrs: (a: Readonly<Record<string, unknown>>) => a.free === true };

let fills = 0;

/** A value, perhaps filled. What the whole pattern becomes must be finite wherever the value is. */
export function maybeFilled(of: Pattern): Pattern {
  // Each with names of its own, as one pattern may have several fills.
  const names = [`real ${fills}`, `fill ${fills++}`] as const;
  return either(op('select', [any(names[0]), of, any(names[1])], free), of);
}

/** x of a filled x, else the value itself. */
export function unfilled(b: Builder, id: ValueId): ValueId {
  const node = b.producer(id);
  return node?.op === 'select' && node.attrs.free === true ? node.inputs[1]! : id;
}

/** What is surely known of a value's sign, looking this many nodes deep. */
const deepest = 12;

function isPositive(b: Builder, id: ValueId, depth = 0): boolean {
  const c = numberOf(b, id);
  if (c !== undefined) return c > 0;
  const node = b.producer(id);
  if (node === undefined || depth > deepest) return false;
  const [x, y, z] = node.inputs.map(input => () => isPositive(b, input, depth + 1));
  switch (node.op) {
    case 'sqrt':
    case 'rsqrt':
    case 'reshape':
    case 'transpose':
    case 'broadcast':
      return x!();
    case 'add': {
      const [left, right] = node.inputs as readonly [ValueId, ValueId];
      return (x!() && isNotNegative(b, right, depth + 1)) || (y!() && isNotNegative(b, left, depth + 1));
    }
    case 'max':
      return x!() || y!();
    case 'select':
      return y!() && z!();
    default:
      return false;
  }
}

function isNotNegative(b: Builder, id: ValueId, depth: number): boolean {
  const c = numberOf(b, id);
  if (c !== undefined) return c >= 0;
  const node = b.producer(id);
  if (node === undefined || depth > deepest) return false;
  const all = (ids: readonly ValueId[]): boolean => ids.every(input => isNotNegative(b, input, depth + 1));
  switch (node.op) {
    case 'exp':
    case 'abs':
    case 'sigmoid':
    case 'softmax':
    case 'relu':
      return true;
    case 'mul':
      return node.inputs[0] === node.inputs[1] || all(node.inputs);
    case 'add':
    case 'div':
    case 'sqrt':
    case 'rsqrt':
    case 'reduce_sum':
    case 'reduce_max':
    case 'reshape':
    case 'transpose':
    case 'broadcast':
      return all(node.inputs);
    case 'cast':
      return b.typeOf(node.inputs[0]!).dtype === 'bool';
    case 'max':
      return node.inputs.some(input => isNotNegative(b, input, depth + 1));
    case 'select':
      return all(node.inputs.slice(1));
    default:
      return false;
  }
}

/** The shape of a mask beside `to`, where it has `shape` beside `from` and that is a reshape of `to`. */
function maskShape(
  shape: readonly Dim[],
  from: readonly Dim[],
  to: readonly Dim[],
): readonly Dim[] | undefined {
  const full = [...Array<Dim>(from.length - shape.length).fill(1), ...shape];
  const made: Dim[] = to.map(() => 1);
  for (const group of axisGroups(from, to)) {
    if (group.from.every(axis => full[axis] === 1)) continue;
    if (!group.from.every(axis => full[axis] === from[axis])) return undefined;
    for (const axis of group.to) made[axis] = to[axis]!;
  }
  return made;
}

export const poleRules: readonly Rule[] = [
  {
    name: 'fill-of-fill',
    because: 'padding by either mask may hold any finite number',
    pattern: op(
      'select',
      [any('c'), op('select', [any('d'), any('x'), any('inner')], free), any('fill')],
      free,
    ),
    replace: (m, b) => {
      const [x, both] = [m.value('x'), b.one('and', [m.value('c'), m.value('d')])];
      const filled = b.one('select', [both, x, m.value('inner')], { free: true });
      return sameShapes(b.shapeOf(filled), b.shapeOf(m.root)) ? filled : undefined;
    },
  },
  {
    name: 'fill-of-reshape',
    because: 'elements keep their order, and so do the places of padding',
    pattern: op('select', [any('c'), op('reshape', [any('x')]), any('fill')], free),
    replace: (m, b) => {
      const [c, x, fill] = [m.value('c'), m.value('x'), m.value('fill')];
      const mask = maskShape(b.shapeOf(c), b.shapeOf(m.root), b.shapeOf(x));
      if (mask === undefined || b.shapeOf(x).length === 0 || b.shapeOf(fill).length > 0) return undefined;
      const filled = b.one('select', [reshaped(b, c, mask), x, fill], { free: true });
      if (!sameShapes(b.shapeOf(filled), b.shapeOf(x))) return undefined;
      return reshaped(b, filled, b.shapeOf(m.root));
    },
  },
  {
    name: 'fill-of-positive',
    because: 'where a value is above 0, padding is no pole and any finite number may stand there',
    pattern: op('select', [any('real'), any('x'), any('fill')], free),
    replace: (m, b) => {
      const x = m.value('x');
      return sameShapes(b.shapeOf(x), b.shapeOf(m.root)) && isPositive(b, x) ? x : undefined;
    },
  },
];
