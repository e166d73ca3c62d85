// Every identity of the algebra, alone: what it makes of one graph, and that it means the same.

import { describe, expect, test } from 'vitest';
import { broadcastRules } from '../../src/compiler/passes/broadcasts.ts';
import { numberRules } from '../../src/compiler/passes/numbers.ts';
import { poleRules } from '../../src/compiler/passes/poles.ts';
import { maskRules, productRules } from '../../src/compiler/passes/products.ts';
import { dropDimsRules, keepDimsRules, shapeRules } from '../../src/compiler/passes/shapes.ts';
import { turnRules } from '../../src/compiler/passes/turns.ts';
import type { Builder } from '../../src/ir/builder.ts';
import type { Attrs, Graph, ValueId } from '../../src/ir/graph.ts';
import { type Rule, rewrite } from '../../src/ir/rewrite.ts';
import { ops } from '../../src/ops/registry.ts';
import { expectSame, expectSound, f32, graphOf, opsOf } from './helpers.ts';

const rules: readonly Rule[] = [
  ...numberRules,
  ...shapeRules,
  ...keepDimsRules,
  ...dropDimsRules,
  ...broadcastRules,
  ...productRules,
  ...maskRules,
  ...turnRules,
];

/** Each output as one expression: `mul(x, 0.5)`, attrs in braces. */
function expressions(graph: Graph): string {
  const texts = new Map<ValueId, string>(graph.inputs.map(i => [i.id, i.name]));
  for (const node of graph.nodes) {
    const { value, shape, dtype, ...attrs } = node.attrs;
    const filled =
      node.op === 'constant' ? `${value}${(shape as readonly number[]).length > 0 ? `[${shape}]` : ''}` : '';
    const shown = Object.entries({ ...attrs, ...(shape === undefined ? {} : { shape }) })
      .filter(([, v]) => !Array.isArray(v) || v.length > 0 || node.op === 'reshape')
      .map(([k, v]) => `${k} ${Array.isArray(v) ? `[${v}]` : v}`)
      .join(', ');
    const inputs = node.inputs.map(id => texts.get(id)!).join(', ');
    for (const id of node.outputs)
      texts.set(id, filled || `${node.op}(${inputs})${shown === '' ? '' : `{${shown}}`}`);
  }
  return graph.outputs.map(o => texts.get(o.id)!).join('; ');
}

type Make = (b: Builder, ids: { x: ValueId; y: ValueId; s: ValueId; m: ValueId; p: ValueId }) => ValueId;
const dot = (b: Builder, x: ValueId, y: ValueId, i: number, j: number) =>
  b.one('dot_general', [x, y], { lhsBatch: [], rhsBatch: [], lhsContract: [i], rhsContract: [j] });

/** x, y: f32[2, 3]; s: f32[]; m: bool[2, 3]; p: f32[2, 3] above zero. */
const cases: Readonly<Record<string, readonly [Make, string]>> = {
  'times-one': [(b, { x }) => b.one('mul', [b.constant(1), x]), 'x'],
  'over-one': [(b, { x }) => b.one('div', [x, b.constant(1)]), 'x'],
  'plus-zero': [(b, { s }) => b.one('add', [s, b.constant(0, 'f32', [2])]), 'broadcast(s){shape [2]}'],
  'zero-minus': [(b, { x }) => b.one('sub', [b.constant(0), x]), 'neg(x)'],
  'minus-number': [(b, { x }) => b.one('sub', [x, b.constant(2)]), 'add(x, -2)'],
  'double-negation': [(b, { x }) => b.one('neg', [b.one('neg', [x])]), 'x'],
  'plus-negative': [(b, { x, y }) => b.one('add', [b.one('neg', [y]), x]), 'sub(x, y)'],
  'minus-negative': [(b, { x, y }) => b.one('sub', [x, b.one('neg', [y])]), 'add(x, y)'],
  'negative-times-number': [(b, { x }) => b.one('neg', [b.one('mul', [x, b.constant(2)])]), 'mul(x, -2)'],
  'times-minus-one': [(b, { x }) => b.one('mul', [x, b.constant(-1)]), 'neg(x)'],
  'over-number': [(b, { x }) => b.one('div', [x, b.constant(4)]), 'mul(x, 0.25)'],
  'over-root': [(b, { x, p }) => b.one('div', [x, b.one('sqrt', [p])]), 'mul(x, rsqrt(p))'],
  'inverse-root': [(b, { p }) => b.one('pow', [b.one('sqrt', [p]), b.constant(-1)]), 'rsqrt(p)'],
  power: [(b, { p }) => b.one('pow', [p, b.constant(3)]), 'mul(mul(p, p), p)'],
  'number-times-number': [
    (b, { x }) => b.one('mul', [b.one('mul', [b.constant(2), x]), b.constant(3)]),
    'mul(x, 6)',
  ],
  'number-plus-number': [
    (b, { x }) => b.one('add', [b.one('add', [b.constant(2), x]), b.constant(3)]),
    'add(x, 5)',
  ],
  'number-outward': [
    (b, { x, y }) => b.one('mul', [b.one('mul', [x, b.constant(2)]), y]),
    'mul(mul(x, y), 2)',
  ],
  'scalars-together': [
    (b, { x, s }) => b.one('mul', [b.one('mul', [x, s]), b.one('exp', [s])]),
    'mul(x, mul(s, exp(s)))',
  ],
  sigmoid: [
    (b, { x }) =>
      b.one('div', [b.constant(1), b.one('add', [b.one('exp', [b.one('neg', [x])]), b.constant(1)])]),
    'sigmoid(x)',
  ],
  'reshape-nothing': [(b, { x }) => b.one('reshape', [x], { shape: [2, 3] }), 'x'],
  'reshape-reshape': [
    (b, { x }) => b.one('reshape', [b.one('reshape', [x], { shape: [6] })], { shape: [3, 2] }),
    'reshape(x){shape [3,2]}',
  ],
  'reshape-outward': [
    (b, { x, y, s }) => {
      const [left, right] = [x, y].map(v => b.one('reshape', [v], { shape: [6] }));
      return b.one('mul', [b.one('add', [left!, right!]), s]);
    },
    'reshape(mul(add(x, y), s)){shape [6]}',
  ],
  'transpose-nothing': [(b, { x }) => b.one('transpose', [x], { perm: [0, 1] }), 'x'],
  'transpose-transpose': [
    (b, { x }) => {
      const cube = b.one('reshape', [x], { shape: [2, 3, 1] });
      return b.one('transpose', [b.one('transpose', [cube], { perm: [1, 2, 0] })], { perm: [1, 0, 2] });
    },
    'transpose(reshape(x){shape [2,3,1]}){perm [2,1,0]}',
  ],
  'transpose-of-units': [
    (b, { x }) => b.one('transpose', [b.one('broadcast', [x], { shape: [1, 2, 3] })], { perm: [1, 0, 2] }),
    'reshape(broadcast(x){shape [1,2,3]}){shape [2,1,3]}',
  ],
  'broadcast-broadcast': [
    (b, { s }) => b.one('broadcast', [b.one('broadcast', [s], { shape: [2] })], { shape: [3, 2] }),
    'broadcast(s){shape [3,2]}',
  ],
  'reshape-of-number': [b => b.one('reshape', [b.constant(2, 'f32', [6])], { shape: [2, 3] }), '2[2,3]'],
  'broadcast-of-number': [b => b.one('broadcast', [b.constant(2)], { shape: [2, 3] }), '2[2,3]'],
  'sum-of-nothing': [
    (b, { x }) =>
      b.one('reduce_sum', [b.one('reshape', [x], { shape: [6, 1] })], { axes: [1], keepdims: false }),
    'reshape(reshape(x){shape [6,1]}){shape [6]}',
  ],
  'cast-cast': [
    (b, { m }) => b.one('cast', [b.one('cast', [m], { to: 'i32' })], { to: 'f32' }),
    'cast(m){to f32}',
  ],
  'select-select': [
    (b, { m, x, y, p }) => b.one('select', [m, b.one('select', [m, x, p]), y]),
    'select(m, x, y)',
  ],
  'select-same': [(b, { m, x }) => b.one('select', [m, x, x]), 'x'],
  'not-not': [
    (b, { m }) => b.one('cast', [b.one('not', [b.one('not', [m])])], { to: 'f32' }),
    'cast(m){to f32}',
  ],
  'select-not': [(b, { m, x, y }) => b.one('select', [b.one('not', [m]), x, y]), 'select(m, y, x)'],
  'gather-in-order': [
    (b, { x }) => b.one('gather', [x, b.one('iota', [], { dtype: 'i32', shape: [1], axis: 0 })]),
    'slice(x){starts [0,0], limits [1,3], strides [1,1]}',
  ],
  'compare-integers': [
    (b, { x, y }) => {
      const steps = b.one('cast', [b.one('mul', [x, b.constant(2 ** 31)])], { to: 'i32' });
      const u = b.one('mul', [
        b.one('cast', [b.one('shift_right', [steps], { by: 8 })], { to: 'f32' }),
        b.constant(2 ** -24),
      ]);
      return b.one('select', [b.one('less_equal', [b.constant(0.1), u]), x, y]);
    },
    'select(less_equal(1677722, shift_right(cast(mul(x, 2147483648)){to i32}){by 8}), x, y)',
  ],
  'pad-nothing': [
    (b, { x }) => b.one('slice', [x], { starts: [0, 0], limits: [2, 3], strides: [1, 1] }),
    'x',
  ],
  'reduce_sum-keeps': [
    (b, { x }) => b.one('reduce_sum', [x], { axes: [1], keepdims: false }),
    'reshape(reduce_sum(x){axes [1], keepdims true}){shape [2]}',
  ],
  'reduce_max-keeps': [
    (b, { x }) => b.one('reduce_max', [x], { axes: [0, 1], keepdims: false }),
    'reshape(reduce_max(x){axes [0,1], keepdims true}){shape []}',
  ],
  'logsumexp-keeps': [
    (b, { x }) => b.one('logsumexp', [x], { axis: 0, keepdims: false }),
    'reshape(logsumexp(x){axis 0, keepdims true}){shape [3]}',
  ],
  'reduce_sum-drops': [
    (b, { x }) => b.one('reshape', [b.one('reduce_sum', [x], { axes: [1], keepdims: true })], { shape: [2] }),
    'reduce_sum(x){axes [1], keepdims false}',
  ],
  'reduce_max-drops': [
    (b, { x }) =>
      b.one('reshape', [b.one('reduce_max', [x], { axes: [1], keepdims: false })], { shape: [2, 1] }),
    'reduce_max(x){axes [1], keepdims true}',
  ],
  'logsumexp-drops': [
    (b, { x }) => b.one('reshape', [b.one('logsumexp', [x], { axis: 0, keepdims: true })], { shape: [3] }),
    'logsumexp(x){axis 0, keepdims false}',
  ],
  'mul-of-broadcast': [
    (b, { x, s }) => b.one('mul', [b.one('broadcast', [s], { shape: [2, 3] }), x]),
    'mul(s, x)',
  ],
  'add-of-broadcast': [
    (b, { s }) => b.one('add', [b.one('broadcast', [s], { shape: [2, 3] }), b.constant(2, 'f32', [3])]),
    'broadcast(add(s, 2)){shape [2,3]}',
  ],
  'exp-of-broadcast': [
    (b, { s }) => b.one('exp', [b.one('broadcast', [s], { shape: [2] })]),
    'broadcast(exp(s)){shape [2]}',
  ],
  'select-of-broadcast': [
    (b, { m, x, s }) => b.one('select', [m, x, b.one('broadcast', [s], { shape: [2, 3] })]),
    'select(m, x, s)',
  ],
  'transpose-into-left': [
    (b, { x, y }) => dot(b, b.one('transpose', [x], { perm: [1, 0] }), y, 1, 0),
    'dot_general(x, y){lhsContract [0], rhsContract [0]}',
  ],
  'transpose-into-right': [
    (b, { x, y }) => dot(b, x, b.one('transpose', [y], { perm: [1, 0] }), 1, 0),
    'dot_general(x, y){lhsContract [1], rhsContract [1]}',
  ],
  'transpose-of-product': [
    (b, { x, y }) => b.one('transpose', [dot(b, x, y, 1, 1)], { perm: [1, 0] }),
    'dot_general(y, x){lhsContract [1], rhsContract [1]}',
  ],
  'transpose-of-softmax': [
    (b, { x }) => b.one('softmax', [b.one('transpose', [x], { perm: [1, 0] })], { axis: 0 }),
    'transpose(softmax(x){axis 1}){perm [1,0]}',
  ],
  'transpose-of-scaled': [
    (b, { x }) => b.one('mul', [b.one('transpose', [x], { perm: [1, 0] }), b.constant(2)]),
    'transpose(mul(x, 2)){perm [1,0]}',
  ],
  'transpose-of-select': [
    (b, { x, m }) => {
      const mask = b.one(
        'reshape',
        [b.one('slice', [m], { starts: [0, 0], limits: [1, 2], strides: [1, 1] })],
        { shape: [2] },
      );
      return b.one('select', [mask, b.one('transpose', [x], { perm: [1, 0] }), b.constant(0)]);
    },
    'transpose(select(transpose(reshape(reshape(slice(m){starts [0,0], limits [1,2], strides [1,1]}){shape [2]}){shape [1,2]}){perm [1,0]}, x, 0)){perm [1,0]}',
  ],
  'transpose-of-masked': [
    (b, { x, m }) => {
      const turned = b.one('transpose', [x], { perm: [1, 0] });
      const mask = b.one('transpose', [m], { perm: [1, 0] });
      return b.one('mul', [b.one('select', [mask, turned, b.constant(0)]), turned]);
    },
    'mul(transpose(select(transpose(transpose(m){perm [1,0]}){perm [1,0]}, x, 0)){perm [1,0]}, transpose(x){perm [1,0]})',
  ],
  'transpose-of-pair': [
    (b, { x, y }) => {
      const [left, right] = [x, y].map(v => b.one('transpose', [v], { perm: [1, 0] }));
      return b.one('sub', [left!, right!]);
    },
    'transpose(sub(x, y)){perm [1,0]}',
  ],
  'transpose-of-biased': [
    (b, { x, s }) => {
      const row = b.one('broadcast', [s], { shape: [2] });
      return b.one('div', [b.one('transpose', [x], { perm: [1, 0] }), row]);
    },
    'transpose(div(x, transpose(reshape(broadcast(s){shape [2]}){shape [1,2]}){perm [1,0]})){perm [1,0]}',
  ],
  'transpose-of-exp': [
    (b, { x }) => b.one('exp', [b.one('transpose', [x], { perm: [1, 0] })]),
    'transpose(exp(x)){perm [1,0]}',
  ],
  'transpose-of-reduction': [
    (b, { x }) =>
      b.one('reduce_max', [b.one('transpose', [x], { perm: [1, 0] })], { axes: [0], keepdims: true }),
    'transpose(reduce_max(x){axes [1], keepdims true}){perm [1,0]}',
  ],
  'transpose-of-opened': [
    (b, { x }) => {
      const turned = b.one('transpose', [x], { perm: [1, 0] });
      return b.one('transpose', [b.one('reshape', [turned], { shape: [3, 2, 1] })], { perm: [1, 0, 2] });
    },
    'reshape(transpose(transpose(x){perm [1,0]}){perm [1,0]}){shape [2,3,1]}',
  ],
};

const graphFor = (make: Make): Graph =>
  graphOf(
    { x: f32(2, 3), y: f32(2, 3), s: f32(), m: { dtype: 'bool', shape: [2, 3] }, q: f32(2, 3) },
    (b, ids) => {
      const p = b.one('exp', [ids.q!]);
      return make(b, { x: ids.x!, y: ids.y!, s: ids.s!, m: ids.m!, p });
    },
  );

describe('identities', () => {
  test.each(Object.entries(cases))('%s', (name, [make, expected]) => {
    const rule = rules.find(r => r.name === name);
    expect(rule, name).toBeDefined();
    const before = graphFor(make);
    const after = rewrite(before, [rule!], ops);
    expectSound(after);
    expect(expressions(after).replaceAll('exp(q)', 'p')).toBe(expected);
    expectSame(before, after, 1e-12);
  });

  test('every rule has a case, or is one of a family that has', () => {
    const family = /-of-broadcast$/;
    expect(rules.map(r => r.name).filter(name => !(name in cases) && !family.test(name))).toEqual([]);
  });

  test('every rule says why', () => {
    for (const rule of rules) expect(rule.because.length, rule.name).toBeGreaterThan(5);
  });
});

test.each([
  ['less_equal', true],
  ['less_equal', false],
  ['less', true],
  ['less', false],
] as const)('comparisons of scaled integers at the bound itself: %s, number first: %s', (name, first) => {
  const bits = [0, 1, 1677721, 1677722, 1677723, 0xffffff].map(v => (v << 8) | 0xff);
  const graph = graphOf({ bits: { dtype: 'i32', shape: [6] }, x: f32(6) }, (b, ids) => {
    const whole = b.one('cast', [b.one('shift_right', [ids.bits!], { by: 8 })], { to: 'f32' });
    const u = b.one('mul', [whole, b.constant(2 ** -24)]);
    return [0.1, 1677722 * 2 ** -24, 0, 1].map(c => {
      const limit = b.constant(Math.fround(c));
      return b.one('cast', [b.one(name, first ? [limit, u] : [u, limit])], { to: 'f32' });
    });
  });
  const rule = rules.find(r => r.name === 'compare-integers')!;
  const after = rewrite(graph, [rule], ops);
  expect(after.nodes.map(n => n.op)).not.toContain('mul');
  const inputs = new Map([
    ['bits', { dtype: 'i32' as const, shape: [6], data: Int32Array.from(bits) }],
    ['x', { dtype: 'f32' as const, shape: [6], data: new Float32Array(6) }],
  ]);
  expectSame(graph, after, 0, inputs);
});

describe('padding beside a pole', () => {
  const filled = (x: (b: Builder, q: ValueId) => ValueId, attrs: Attrs): readonly string[] => {
    const graph = graphOf({ q: f32(2, 3), m: { dtype: 'bool', shape: [2, 1] } }, (b, { q, m }) =>
      b.one('div', [q!, b.one('select', [m!, x(b, q!), b.constant(1)], attrs)]),
    );
    return opsOf(rewrite(graph, poleRules, ops));
  };
  const square = (b: Builder, q: ValueId) => b.one('mul', [q, q]);
  const above = (b: Builder, q: ValueId) => b.one('sqrt', [b.one('add', [square(b, q), b.constant(1e-5)])]);
  test('is let go where the value is never 0', () => {
    expect(filled(above, { free: true })).toEqual(['mul', 'add', 'sqrt', 'div']);
  });
  test('stays where the value may be 0', () => {
    expect(filled(square, { free: true })).toContain('select');
    expect(filled((b, q) => b.one('exp', [q]), { free: true })).toContain('select');
  });
  test('a choice that the user wrote stays', () => {
    expect(filled(above, {})).toContain('select');
  });
});

describe('where a rule must not apply', () => {
  const unchanged = (name: string, make: Make): void => {
    const before = graphFor(make);
    const rule = rules.find(r => r.name === name)!;
    expect(expressions(rewrite(before, [rule], ops))).toBe(expressions(before));
  };
  test('a number doesn’t move to a larger tensor', () => {
    unchanged('number-outward', (b, { x, s }) => b.one('mul', [b.one('mul', [s, b.constant(2)]), x]));
  });
  test('a value that others read keeps its factors', () => {
    unchanged('scalars-together', (b, { x, s }) => {
      const inner = b.one('mul', [x, s]);
      return b.one('add', [b.one('mul', [inner, s]), inner]);
    });
  });
  test('a quotient by 0 stays one', () => {
    unchanged('over-number', (b, { x }) => b.one('div', [x, b.constant(0)]));
  });
  test('free axes that a transpose reorders stay in its order', () => {
    unchanged('transpose-into-left', (b, { x, y }) => {
      const cube = b.one('reshape', [x], { shape: [2, 1, 3] });
      return dot(b, b.one('transpose', [cube], { perm: [1, 0, 2] }), y, 2, 1);
    });
  });
  test('a slice that skips is no identity', () => {
    unchanged('pad-nothing', (b, { s }) =>
      b.one('slice', [b.one('broadcast', [s], { shape: [2] })], { starts: [0], limits: [1], strides: [1] }),
    );
  });
});
