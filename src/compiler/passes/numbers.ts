// Algebra with numbers: neutral elements, chains of constants, powers, quotients.

import { isFloat } from '../../base/dtype.ts';
import type { Builder } from '../../ir/builder.ts';
import type { ValueId } from '../../ir/graph.ts';
import { any, either, type Match, number, numberOf, op } from '../../ir/pattern.ts';
import type { Rule } from '../../ir/rewrite.ts';
import { maybeFilled, unfilled } from './poles.ts';
import { sameShapes } from './shapes.ts';

/** x where it has the type of the match's root, else broadcast to it. */
function fitted(b: Builder, m: Match, x: ValueId): ValueId {
  const { shape } = b.typeOf(m.root);
  return sameShapes(b.shapeOf(x), shape) ? x : b.one('broadcast', [x], { shape });
}

const isFloatValue = (b: Builder, id: ValueId): boolean => isFloat(b.typeOf(id).dtype);

/** A constant of the root's dtype. */
const constant = (b: Builder, m: Match, value: number): ValueId => b.constant(value, b.typeOf(m.root).dtype);

const isRoot = (b: Builder, m: Match, id: ValueId): boolean => sameShapes(b.shapeOf(id), b.shapeOf(m.root));

const scaledInteger = op('mul', [op('cast', [op('shift_right', [any('bits')], { as: 'x' })]), number('s')]);

export const numberRules: readonly Rule[] = [
  {
    name: 'times-one',
    because: 'x·1 = x',
    pattern: op('mul', [any('x'), number(1)]),
    replace: (m, b) => fitted(b, m, m.value('x')),
  },
  {
    name: 'over-one',
    because: 'x/1 = x',
    pattern: op('div', [any('x'), number(1)]),
    replace: (m, b) => fitted(b, m, m.value('x')),
  },
  {
    name: 'plus-zero',
    because: 'x + 0 = x',
    pattern: either(op('add', [any('x'), number(0)]), op('sub', [any('x'), number(0)])),
    replace: (m, b) => fitted(b, m, m.value('x')),
  },
  {
    name: 'zero-minus',
    because: '0 − x = −x',
    pattern: op('sub', [number(0), any('x')]),
    replace: (m, b) => (isFloatValue(b, m.root) ? b.one('neg', [fitted(b, m, m.value('x'))]) : undefined),
  },
  {
    name: 'minus-number',
    because: 'x − c = x + (−c)',
    pattern: op('sub', [any('x'), number('c')]),
    replace: (m, b) =>
      isFloatValue(b, m.root)
        ? b.one('add', [fitted(b, m, m.value('x')), constant(b, m, -m.number('c'))])
        : undefined,
  },
  {
    name: 'double-negation',
    because: '−(−x) = x',
    pattern: op('neg', [op('neg', [any('x')])]),
    replace: m => m.value('x'),
  },
  {
    name: 'plus-negative',
    because: 'x + (−y) = x − y',
    pattern: op('add', [any('x'), op('neg', [any('y')])]),
    replace: (m, b) => b.one('sub', [m.value('x'), m.value('y')]),
  },
  {
    name: 'minus-negative',
    because: 'x − (−y) = x + y',
    pattern: op('sub', [any('x'), op('neg', [any('y')])]),
    replace: (m, b) => b.one('add', [m.value('x'), m.value('y')]),
  },
  {
    name: 'negative-times-number',
    because: '(−x)·c = x·(−c)',
    pattern: either(
      op('mul', [op('neg', [any('x')]), number('c')]),
      op('neg', [op('mul', [any('x'), number('c')], { once: true })]),
    ),
    replace: (m, b) => b.one('mul', [fitted(b, m, m.value('x')), constant(b, m, -m.number('c'))]),
  },
  {
    name: 'times-minus-one',
    because: 'x·(−1) = −x',
    pattern: op('mul', [any('x'), number(-1)]),
    replace: (m, b) => (isFloatValue(b, m.root) ? b.one('neg', [fitted(b, m, m.value('x'))]) : undefined),
  },
  {
    name: 'over-number',
    because: 'x/c = x·(1/c)',
    pattern: op('div', [any('x'), number('c')]),
    replace: (m, b) => {
      const inverse = 1 / m.number('c');
      if (!isFloatValue(b, m.root) || !Number.isFinite(inverse) || inverse === 0) return undefined;
      return b.one('mul', [fitted(b, m, m.value('x')), constant(b, m, inverse)]);
    },
  },
  {
    name: 'over-root',
    because: 'x/√y = x·(1/√y)',
    pattern: op('div', [any('x'), op('sqrt', [any('y')], { once: true })]),
    replace: (m, b) => b.one('mul', [m.value('x'), b.one('rsqrt', [m.value('y')])]),
  },
  {
    name: 'inverse-root',
    because: '(√y)⁻¹ = 1/√y',
    pattern: op('pow', [op('sqrt', [any('y')], { once: true }), number(-1)]),
    replace: (m, b) => b.one('rsqrt', [m.value('y')]),
  },
  {
    name: 'power',
    because: 'x¹ = x, x² = x·x, x³ = x·x·x, x^½ = √x, x^−½ = 1/√x, x⁻¹ = 1/x',
    pattern: op('pow', [any('x'), number('c')]),
    replace: (m, b) => {
      const c = m.number('c');
      // x¹, x² and x³ have no pole to keep padding from.
      const x = c >= 1 ? unfilled(b, m.value('x')) : m.value('x');
      if (!isRoot(b, m, x) || !isFloatValue(b, x)) return undefined;
      switch (c) {
        case 1:
          return x;
        case 2:
          return b.one('mul', [x, x]);
        case 3:
          return b.one('mul', [b.one('mul', [x, x]), x]);
        case 0.5:
          return b.one('sqrt', [x]);
        case -0.5:
          return b.one('rsqrt', [x]);
        case -1:
          return b.one('div', [constant(b, m, 1), x]);
        default:
          return undefined;
      }
    },
  },
  {
    name: 'number-times-number',
    because: '(x·a)·b = x·(a·b)',
    pattern: op('mul', [op('mul', [any('x'), number('a')]), number('b')]),
    replace: (m, b) => {
      const value = m.number('a') * m.number('b');
      if (!isFloatValue(b, m.root) || !Number.isFinite(value) || Math.abs(value) < 1e-30) return undefined;
      return b.one('mul', [fitted(b, m, m.value('x')), constant(b, m, value)]);
    },
  },
  {
    name: 'number-plus-number',
    because: '(x + a) + b = x + (a + b)',
    pattern: op('add', [op('add', [any('x'), number('a')]), number('b')]),
    replace: (m, b) =>
      isFloatValue(b, m.root)
        ? b.one('add', [fitted(b, m, m.value('x')), constant(b, m, m.number('a') + m.number('b'))])
        : undefined,
  },
  {
    name: 'number-outward',
    because: '(x·c)·y = (x·y)·c',
    pattern: op('mul', [op('mul', [any('x'), number('c')], { as: 'inner', once: true }), any('y')]),
    replace: (m, b) => {
      const [x, y] = [m.value('x'), m.value('y')];
      // Only where that doesn't move the number to a larger tensor.
      if (!isFloatValue(b, m.root) || numberOf(b, y) !== undefined) return undefined;
      if (!isRoot(b, m, m.value('inner')) || !isRoot(b, m, x)) return undefined;
      return b.one('mul', [b.one('mul', [x, y]), constant(b, m, m.number('c'))]);
    },
  },
  {
    name: 'scalars-together',
    because: '(x·s)·t = x·(s·t) where s and t are scalars',
    pattern: op('mul', [op('mul', [any('x'), any('s')], { once: true }), any('t')]),
    replace: (m, b) => {
      const scalar = (id: ValueId): boolean => b.shapeOf(id).length === 0;
      const [x, s, t] = [m.value('x'), m.value('s'), m.value('t')];
      if (scalar(x) || !scalar(s) || !scalar(t) || !isFloatValue(b, m.root)) return undefined;
      return b.one('mul', [x, b.one('mul', [s, t])]);
    },
  },
  {
    name: 'sigmoid',
    because: 'y/(1 + exp(−x)) = y·σ(x)',
    pattern: op('div', [
      any('y'),
      op('add', [
        op('exp', [maybeFilled(either(op('neg', [any('x')]), op('mul', [any('x'), number('c')])))]),
        number(1),
      ]),
    ]),
    replace: (m, b) => {
      const [x, y] = [m.value('x'), m.value('y')];
      if (!isRoot(b, m, x)) return undefined;
      const by = m.has('c') ? -m.number('c') : 1;
      const sigmoid = b.one('sigmoid', [by === 1 ? x : b.one('mul', [x, constant(b, m, by)])]);
      return numberOf(b, y) === 1 ? sigmoid : b.one('mul', [y, sigmoid]);
    },
  },
  {
    name: 'compare-integers',
    because: 'for an integer x and s a power of two: c ≤ x·s ⇔ ⌈c/s⌉ ≤ x, x·s < c ⇔ x < ⌈c/s⌉, and so on',
    pattern: either(
      op('less_equal', [number('least'), scaledInteger]),
      op('less', [scaledInteger, number('least')]),
      op('less_equal', [scaledInteger, number('most')]),
      op('less', [number('most'), scaledInteger]),
    ),
    replace: (m, b) => {
      const s = m.number('s');
      const shift = m.node('x').attrs.by as number;
      // x has at most 24 bits, so that as a float it is exact, and so is its product with a power of two.
      if (shift < 8 || !(s > 0) || !Number.isInteger(Math.log2(s))) return undefined;
      const bound = m.has('least')
        ? Math.ceil(Math.fround(m.number('least')) / s)
        : Math.floor(Math.fround(m.number('most')) / s);
      if (!(Math.abs(bound) < 2 ** 30)) return undefined;
      const node = b.producer(m.root)!;
      const numberFirst = node.inputs.findIndex(id => numberOf(b, id) !== undefined) === 0;
      const limit = b.constant(bound, 'i32');
      const made = b.one(node.op, numberFirst ? [limit, m.value('x')] : [m.value('x'), limit]);
      return sameShapes(b.shapeOf(made), b.shapeOf(m.root)) ? made : undefined;
    },
  },
];
