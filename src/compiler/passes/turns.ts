// Transposes move out of a softmax that is spelled by hand, so that it stands beside its products: for attention alone,
// as other patterns read the transposed value.

import { any, either, number, op } from '../../ir/pattern.ts';
import type { Rule } from '../../ir/rewrite.ts';
import { selectOfTransposed } from './products.ts';
import { reshaped, sameShapes, transposed, unitReshape } from './shapes.ts';

const pairs = ['add', 'sub', 'mul', 'div'];

export const turnRules: readonly Rule[] = [
  {
    name: 'transpose-of-masked',
    because: 'choosing between a value and a number works in any order of axes',
    pattern: op('select', [any('c'), op('transpose', [any('x')], { as: 't' }), number('b')]),
    replace: selectOfTransposed,
  },
  {
    name: 'transpose-of-pair',
    because: 'two values moved in the same way may be moved together',
    pattern: either(
      ...pairs.map(name =>
        op(name, [op('transpose', [any('x')], { as: 't' }), op('transpose', [any('y')], { as: 'other' })]),
      ),
    ),
    replace: (m, b) => {
      const perm = m.node('t').attrs.perm as readonly number[];
      const other = m.node('other').attrs.perm as readonly number[];
      if (perm.length !== other.length || !perm.every((axis, i) => axis === other[i])) return undefined;
      const [first] = b.producer(m.root)!.inputs;
      const inputs = first === m.value('t') ? [m.value('x'), m.value('y')] : [m.value('y'), m.value('x')];
      return b.one('transpose', [b.one(b.producer(m.root)!.op, inputs)], { perm });
    },
  },
  {
    name: 'transpose-of-biased',
    because: 'a bias that is smaller than what it is added to is moved in its place',
    pattern: either(
      ...pairs.flatMap(name => [
        op(name, [op('transpose', [any('x')], { as: 't', once: true }), any('y')]),
        op(name, [any('y'), op('transpose', [any('x')], { as: 't', once: true })]),
      ]),
    ),
    replace: (m, b) => {
      const perm = m.node('t').attrs.perm as readonly number[];
      const [x, y] = [m.value('x'), m.value('y')];
      const own = b.shapeOf(y);
      const full = [...Array<number>(Math.max(0, perm.length - own.length)).fill(1), ...own];
      const smaller = full.some((d, axis) => d === 1 && b.shapeOf(m.root)[axis] !== 1);
      if (!smaller || !sameShapes(b.shapeOf(m.value('t')), b.shapeOf(m.root))) return undefined;
      const back = perm.map((_, axis) => perm.indexOf(axis));
      const moved = own.length === 0 ? y : transposed(b, reshaped(b, y, full), back);
      const { op: name, inputs } = b.producer(m.root)!;
      const made = b.one(name, inputs[0] === m.value('t') ? [x, moved] : [moved, x]);
      return b.one('transpose', [made], { perm });
    },
  },
  {
    name: 'transpose-of-exp',
    because: 'an exponential is taken at every position, in any order of axes',
    pattern: op('exp', [op('transpose', [any('x')], { as: 't' })]),
    replace: (m, b) => b.one('transpose', [b.one('exp', [m.value('x')])], { perm: m.node('t').attrs.perm! }),
  },
  {
    name: 'transpose-of-reduction',
    because: 'a sum or a maximum runs along its axes wherever they stand',
    pattern: either(
      op('reduce_sum', [op('transpose', [any('x')], { as: 't' })]),
      op('reduce_max', [op('transpose', [any('x')], { as: 't' })]),
    ),
    replace: (m, b) => {
      const perm = m.node('t').attrs.perm as readonly number[];
      const { op: name, attrs } = b.producer(m.root)!;
      if (attrs.keepdims !== true) return undefined;
      const axes = (attrs.axes as readonly number[]).map(axis => perm[axis]!).toSorted((i, j) => i - j);
      return b.one('transpose', [b.one(name, [m.value('x')], { ...attrs, axes })], { perm });
    },
  },
  {
    name: 'transpose-of-opened',
    because: 'axes of 1 may be added after the others were moved',
    pattern: op('transpose', [op('reshape', [op('transpose', [any('x')], { as: 'inner' })], { as: 'r' })]),
    replace: (m, b) => {
      const [from, to] = [b.shapeOf(m.value('inner')), b.shapeOf(m.value('r'))];
      const perm = b.producer(m.root)!.attrs.perm as readonly number[];
      const places = unitReshape(from, to);
      if (places === undefined || from.some(d => d === 1)) return undefined;
      // The axes of `from` in the order in which they come out.
      const order = perm.flatMap(axis => {
        const at = places.indexOf(axis);
        return at < 0 ? [] : [at];
      });
      return reshaped(b, transposed(b, m.value('inner'), order), b.shapeOf(m.root));
    },
  },
];
