// Composites are recognised however a user spells them, and the graph computes the same as before.

import { describe, expect, test } from 'vitest';
import { recognitionPasses } from '../../src/compiler/recognise.ts';
import type { Builder } from '../../src/ir/builder.ts';
import type { TensorType, ValueId } from '../../src/ir/graph.ts';
import { expectSame, f32, graphOf, opsOf, runChecked } from './helpers.ts';

type Spelling = (b: Builder, x: ValueId) => ValueId;

/** Short names for emitting. */
function short(b: Builder) {
  const c = (v: number): ValueId => b.constant(v);
  const two =
    (op: string) =>
    (x: ValueId, y: ValueId): ValueId =>
      b.one(op, [x, y]);
  const one =
    (op: string) =>
    (x: ValueId): ValueId =>
      b.one(op, [x]);
  const over = (op: string) => (x: ValueId, axis: number, keepdims: boolean) =>
    b.one(op, [x], { axes: [axis], keepdims });
  return {
    c,
    add: two('add'),
    sub: two('sub'),
    mul: two('mul'),
    div: two('div'),
    pow: two('pow'),
    max: two('max'),
    less: two('less'),
    neg: one('neg'),
    exp: one('exp'),
    log: one('log'),
    erf: one('erf'),
    tanh: one('tanh'),
    sqrt: one('sqrt'),
    rsqrt: one('rsqrt'),
    sigmoid: one('sigmoid'),
    stop: one('stop_gradient'),
    sum: over('reduce_sum'),
    maximum: over('reduce_max'),
    reshape: (x: ValueId, ...shape: number[]): ValueId => b.one('reshape', [x], { shape }),
    select: (m: ValueId, x: ValueId, y: ValueId): ValueId => b.one('select', [m, x, y]),
  };
}

function expectBecomes(spelling: Spelling, expected: readonly string[], type: TensorType = f32(3, 4)): void {
  const before = graphOf({ x: type }, (b, { x }) => spelling(b, x!));
  const after = runChecked(before, recognitionPasses, undefined);
  expect(opsOf(after)).toEqual(expected);
  expectSame(before, after, 1e-6);
}

describe('activations', () => {
  const cases: readonly (readonly [string, string, Spelling])[] = [
    ['relu by max', 'relu', (b, x) => short(b).max(x, b.constant(0))],
    [
      'relu by max, constant first and filled',
      'relu',
      (b, x) => short(b).max(b.constant(0, 'f32', [3, 4]), x),
    ],
    ['relu by select', 'relu', (b, x) => short(b).select(short(b).less(b.constant(0), x), x, b.constant(0))],
    [
      'gelu: 0.5·x·(1 + erf(x/√2))',
      'gelu',
      (b, x) => {
        const { c, mul, add, erf, div, sqrt } = short(b);
        return mul(mul(c(0.5), x), add(c(1), erf(div(x, sqrt(c(2))))));
      },
    ],
    [
      'gelu: x·(0.5·(erf(x·0.7071) + 1))',
      'gelu',
      (b, x) => {
        const { c, mul, add, erf } = short(b);
        return mul(x, mul(c(0.5), add(erf(mul(x, c(Math.SQRT1_2))), c(1))));
      },
    ],
    [
      'gelu: x·(0.5 + 0.5·erf(x/√2))',
      'gelu',
      (b, x) => {
        const { c, mul, add, erf } = short(b);
        return mul(x, add(c(0.5), mul(c(0.5), erf(mul(x, c(Math.SQRT1_2))))));
      },
    ],
    [
      'gelu tanh with pow',
      'gelu',
      (b, x) => {
        const { c, mul, add, tanh, pow } = short(b);
        const inner = mul(c(Math.sqrt(2 / Math.PI)), add(x, mul(c(0.044715), pow(x, c(3)))));
        return mul(mul(c(0.5), x), add(c(1), tanh(inner)));
      },
    ],
    [
      'gelu tanh with products, factored',
      'gelu',
      (b, x) => {
        const { c, mul, add, tanh, sqrt, div } = short(b);
        const inner = mul(mul(sqrt(div(c(2), c(Math.PI))), x), add(c(1), mul(mul(c(0.044715), x), x)));
        return mul(c(0.5), mul(x, add(c(1), tanh(inner))));
      },
    ],
    [
      'gelu tanh through sigmoid',
      'gelu',
      (b, x) => {
        const { c, mul, add, sigmoid } = short(b);
        const bent = add(x, mul(mul(mul(c(0.044715), x), x), x));
        return mul(x, sigmoid(mul(c(2 * Math.sqrt(2 / Math.PI)), bent)));
      },
    ],
    [
      'quick gelu',
      'quick_gelu',
      (b, x) => short(b).mul(x, short(b).sigmoid(short(b).mul(b.constant(1.702), x))),
    ],
    ['silu', 'silu', (b, x) => short(b).mul(short(b).sigmoid(x), x)],
    [
      'silu by exp',
      'silu',
      (b, x) => {
        const { c, mul, add, exp, neg, div } = short(b);
        return mul(x, div(c(1), add(c(1), exp(neg(x)))));
      },
    ],
  ];
  test.each(cases)('%s', (_, op, spelling) => expectBecomes(spelling, [op]));

  test('a product that is none of them stays', () => {
    expectBecomes(
      (b, x) => short(b).mul(x, short(b).sigmoid(short(b).mul(b.constant(1.5), x))),
      ['mul', 'sigmoid', 'mul'],
    );
  });
});

describe('softmax', () => {
  const cases: readonly (readonly [string, Spelling])[] = [
    [
      'exp(x − max)/Σ',
      (b, x) => {
        const { sub, exp, div, maximum, sum } = short(b);
        const e = exp(sub(x, maximum(x, 1, true)));
        return div(e, sum(e, 1, true));
      },
    ],
    [
      'kept dims by reshape, max without gradient',
      (b, x) => {
        const { sub, exp, div, maximum, sum, reshape, stop } = short(b);
        const e = exp(sub(x, stop(reshape(maximum(x, 1, false), 3, 1))));
        return div(e, reshape(sum(e, 1, false), 3, 1));
      },
    ],
    [
      'without max, by an inverse',
      (b, x) => {
        const { exp, div, mul, sum, c } = short(b);
        return mul(exp(x), div(c(1), sum(exp(x), 1, true)));
      },
    ],
  ];
  test.each(cases)('%s', (_, spelling) => expectBecomes(spelling, ['softmax']));

  test('another axis', () => {
    expectBecomes(
      (b, x) => {
        const { sub, exp, div, maximum, sum } = short(b);
        const e = exp(sub(x, maximum(x, 0, true)));
        return div(e, sum(e, 0, true));
      },
      ['softmax'],
    );
  });
  test('a sum over other exponents is no softmax', () => {
    const before = graphOf({ x: f32(3, 4), y: f32(3, 4) }, (b, { x, y }) => {
      const { exp, div, sum } = short(b);
      return div(exp(x!), sum(exp(y!), 1, true));
    });
    expect(opsOf(runChecked(before, recognitionPasses, undefined))).not.toContain('softmax');
  });
  test('a maximum along another axis stays in the argument of softmax', () => {
    const before = graphOf({ x: f32(3, 4) }, (b, { x }) => {
      const { sub, exp, div, maximum, sum } = short(b);
      const e = exp(sub(x!, maximum(x!, 0, true)));
      return div(e, sum(e, 1, true));
    });
    const after = runChecked(before, recognitionPasses, undefined);
    expect(opsOf(after)).toEqual(['reduce_max', 'sub', 'softmax']);
    expectSame(before, after);
  });
  test('logsumexp by its maximum', () => {
    expectBecomes(
      (b, x) => {
        const { sub, exp, log, maximum, sum, add } = short(b);
        const m = maximum(x, 1, true);
        return add(m, log(sum(exp(sub(x, m)), 1, true)));
      },
      ['logsumexp'],
    );
  });
});

describe('norms', () => {
  const mean = (b: Builder, x: ValueId): ValueId => {
    const { div, reshape, sum, c } = short(b);
    return reshape(div(sum(x, 1, false), c(4)), 3, 1);
  };
  const cases: readonly (readonly [string, string, Spelling])[] = [
    [
      'layer norm by rsqrt',
      'layer_norm',
      (b, x) => {
        const { sub, mul, add, rsqrt, c } = short(b);
        const centre = sub(x, mean(b, x));
        return mul(centre, rsqrt(add(mean(b, mul(centre, centre)), c(1e-5))));
      },
    ],
    [
      'layer norm by a quotient and pow, kept sums times 1/n',
      'layer_norm',
      (b, x) => {
        const { sub, mul, add, sqrt, c, sum, div, pow } = short(b);
        const average = (v: ValueId) => mul(sum(v, 1, true), c(0.25));
        const variance = average(pow(sub(x, average(x)), c(2)));
        return div(sub(x, average(x)), sqrt(add(variance, c(1e-5))));
      },
    ],
    [
      'layer norm with the variance as E[x²] − E[x]², deviation reshaped late',
      'layer_norm',
      (b, x) => {
        const { sub, mul, add, sqrt, c, sum, div, reshape } = short(b);
        const average = (v: ValueId) => div(sum(v, 1, false), c(4));
        const [m, s] = [average(x), average(mul(x, x))];
        const deviation = sqrt(add(sub(s, mul(m, m)), c(1e-3)));
        return div(sub(x, reshape(m, 3, 1)), reshape(deviation, 3, 1));
      },
    ],
    [
      'rms norm',
      'rms_norm',
      (b, x) => {
        const { mul, add, rsqrt, c } = short(b);
        return mul(x, rsqrt(add(mean(b, mul(x, x)), c(1e-5))));
      },
    ],
  ];
  test.each(cases)('%s', (_, op, spelling) => expectBecomes(spelling, [op]));

  test('a scale that meets the deviation first', () => {
    const before = graphOf({ x: f32(3, 4), g: f32(4) }, (b, { x, g }) => {
      const { sub, mul, add, rsqrt, c } = short(b);
      const centre = sub(x!, mean(b, x!));
      return mul(centre, mul(rsqrt(add(mean(b, mul(centre, centre)), c(1e-5))), g!));
    });
    const after = runChecked(before, recognitionPasses, undefined);
    expect(opsOf(after)).toEqual(['layer_norm', 'mul']);
    expectSame(before, after, 1e-6);
  });
  test('a sum that is divided by another number is no norm', () => {
    const before = graphOf({ x: f32(3, 4) }, (b, { x }) => {
      const { mul, add, rsqrt, c, sum } = short(b);
      return mul(x!, rsqrt(add(mul(sum(mul(x!, x!), 1, true), c(0.3)), c(1e-5))));
    });
    expect(opsOf(runChecked(before, recognitionPasses, undefined))).not.toContain('rms_norm');
  });
});

describe('cross entropy', () => {
  const labels: TensorType = { dtype: 'i32', shape: [3] };
  const pick = (b: Builder, x: ValueId, l: ValueId): ValueId =>
    b.one('reshape', [b.one('take_along', [x, b.one('reshape', [l], { shape: [3, 1] })], { axis: 1 })], {
      shape: [3],
    });
  const cases: readonly (readonly [
    string,
    (b: Builder, x: ValueId, l: ValueId) => ValueId,
    readonly string[],
  ])[] = [
    [
      'logsumexp − pick',
      (b, x, l) => short(b).sub(b.one('logsumexp', [x], { axis: 1, keepdims: false }), pick(b, x, l)),
      ['softmax_cross_entropy'],
    ],
    [
      '−log(softmax)[label]',
      (b, x, l) => short(b).neg(pick(b, short(b).log(b.one('softmax', [x], { axis: 1 })), l)),
      ['softmax_cross_entropy'],
    ],
    [
      'log softmax by hand',
      (b, x, l) => {
        const { sub, exp, log, sum, maximum, neg } = short(b);
        const z = sub(x, maximum(x, 1, true));
        return neg(pick(b, sub(z, log(sum(exp(z), 1, true))), l));
      },
      ['softmax_cross_entropy'],
    ],
    [
      'by one-hot labels',
      (b, x, l) => {
        const { mul, neg, sum, log } = short(b);
        const positions = b.one('iota', [], { dtype: 'i32', shape: [1, 4], axis: 1 });
        const hit = b.one('equal', [positions, b.one('reshape', [l], { shape: [3, 1] })]);
        const oneHot = b.one('cast', [hit], { to: 'f32' });
        return neg(sum(mul(oneHot, log(b.one('softmax', [x], { axis: 1 }))), 1, false));
      },
      ['softmax_cross_entropy'],
    ],
  ];
  test.each(cases)('%s', (_, spelling, expected) => {
    const before = graphOf({ x: f32(3, 4), l: labels }, (b, { x, l }) => spelling(b, x!, l!));
    const after = runChecked(before, recognitionPasses, undefined);
    expect(opsOf(after)).toEqual(expected);
    expectSame(before, after, 1e-6);
  });

  test('padded classes', () => {
    const before = graphOf(
      { x: f32(3, 4), l: labels, keep: { dtype: 'bool', shape: [4] } },
      (b, { x, l, keep }) => {
        const filled = b.one('select', [keep!, x!, b.constant(-1e30)]);
        const zeroed = b.one('select', [keep!, x!, b.constant(0)]);
        return short(b).sub(b.one('logsumexp', [filled], { axis: 1, keepdims: false }), pick(b, zeroed, l!));
      },
    );
    const after = runChecked(before, recognitionPasses, undefined);
    expect(opsOf(after)).toEqual(['select', 'softmax_cross_entropy']);
    const inputs = new Map([
      [
        'x',
        {
          dtype: 'f32' as const,
          shape: [3, 4],
          data: Float32Array.from({ length: 12 }, (_, i) => Math.sin(i)),
        },
      ],
      ['l', { dtype: 'i32' as const, shape: [3], data: Int32Array.of(0, 2, 1) }],
      ['keep', { dtype: 'bool' as const, shape: [4], data: Uint8Array.of(1, 1, 1, 0) }],
    ]);
    expectSame(before, after, 1e-9, inputs);
  });
});
