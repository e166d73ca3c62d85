// Elementwise ops of one input: y = f(x). Floats, but for `not`.

import type { Builder } from '../ir/builder.ts';
import type { Attrs, ValueId } from '../ir/graph.ts';
import type { GradRule, OpDef } from '../ir/op.ts';
import { defineOp } from './define.ts';
import { booleans, floats } from './dtype-rules.ts';
import {
  elementwiseDependence,
  elementwiseFlops,
  elementwiseKeep,
  elementwiseShape,
  poleKeep,
  unaryReference,
} from './elementwise-rules.ts';
import { erfOf } from './erf.ts';
import { notDifferentiable, scaled } from './gradient-rules.ts';
import { bool, f32 } from './sample-inputs.ts';

type NoAttrs = Readonly<Record<never, never>>;

interface Unary {
  readonly name: string;
  readonly doc: string;
  readonly f: (x: number) => number;
  readonly grad: GradRule<Attrs>;
  /** Where finite differences are valid; −1 to 1 unless given. */
  readonly low?: number;
  readonly high?: number;
  /** The slope is infinite at 0. */
  readonly pole?: true;
}

function unary({ name, doc, f, grad, low = -1, high = 1, pole }: Unary): OpDef<NoAttrs> {
  return defineOp<NoAttrs>({
    name,
    kind: 'core',
    doc,
    shape: elementwiseShape(name, 1),
    dtype: q => [floats(name, q.inputs)],
    keep: pole === true ? poleKeep(0) : elementwiseKeep,
    dependence: elementwiseDependence,
    grad,
    reference: unaryReference(f),
    samples: () => [
      { name: 'matrix', inputs: [f32([3, 4], { low, high })], attrs: {} },
      { name: 'scalar', inputs: [f32([], { low, high })], attrs: {} },
      { name: 'rank 3 with a dim of 1', inputs: [f32([2, 1, 3], { low, high })], attrs: {} },
    ],
    flops: elementwiseFlops,
  });
}

/** dx = dy · f′, where f′ is built from x and y. */
const slope =
  (derivative: (b: Builder, x: ValueId, y: ValueId) => ValueId): GradRule<Attrs> =>
  q => {
    const [x, y, dy] = [q.inputs[0]!, q.outputs[0]!, q.grads[0]];
    if (dy === undefined) return [undefined];
    return [q.builder.one('mul', [dy, derivative(q.builder, x, y)])];
  };

const one = (b: Builder, like: ValueId): ValueId => b.constant(1, b.typeOf(like).dtype);
const squared = (b: Builder, x: ValueId): ValueId => b.one('mul', [x, x]);

export const neg = unary({
  name: 'neg',
  doc: 'y = −x',
  f: x => -x,
  grad: q => [q.grads[0] === undefined ? undefined : q.builder.one('neg', [q.grads[0]])],
});

export const abs = unary({
  name: 'abs',
  doc: 'y = |x|; the gradient at 0 is 0',
  f: Math.abs,
  grad: slope((b, x) => b.one('sign', [x])),
  low: 0.2,
});

export const sign = unary({
  name: 'sign',
  doc: 'y = −1, 0 or 1',
  f: Math.sign,
  grad: notDifferentiable('sign is constant where it is smooth'),
});

export const exp = unary({
  name: 'exp',
  doc: 'y = eˣ',
  f: Math.exp,
  // Not at 0, but where it overflows: ∞ · 0 is NaN, in a product and in the gradient.
  pole: true,
  grad: slope((_, __, y) => y),
});

export const log = unary({
  name: 'log',
  doc: 'y = ln x',
  pole: true,
  f: Math.log,
  grad: q => [q.grads[0] === undefined ? undefined : q.builder.one('div', [q.grads[0], q.inputs[0]!])],
  low: 0.3,
  high: 2,
});

export const sqrt = unary({
  name: 'sqrt',
  doc: 'y = √x',
  pole: true,
  f: Math.sqrt,
  // 1 / (2√x)
  grad: q => [
    q.grads[0] === undefined
      ? undefined
      : q.builder.one('div', [scaled(q.builder, q.grads[0], 0.5), q.outputs[0]!]),
  ],
  low: 0.3,
  high: 2,
});

export const rsqrt = unary({
  name: 'rsqrt',
  doc: 'y = 1/√x',
  f: x => 1 / Math.sqrt(x),
  // −½ y³
  grad: slope((b, _, y) => scaled(b, b.one('mul', [squared(b, y), y]), -0.5)),
  low: 0.3,
  high: 2,
});

export const tanh = unary({
  name: 'tanh',
  doc: 'y = tanh x',
  f: Math.tanh,
  // 1 − y²
  grad: slope((b, _, y) => b.one('sub', [one(b, y), squared(b, y)])),
});

export const erf = unary({
  name: 'erf',
  doc: 'y = 2/√π ∫₀ˣ exp(−t²) dt',
  f: erfOf,
  // 2/√π exp(−x²)
  grad: slope((b, x) => scaled(b, b.one('exp', [b.one('neg', [squared(b, x)])]), 2 / Math.sqrt(Math.PI))),
  low: -3,
  high: 3,
});

export const sin = unary({
  name: 'sin',
  doc: 'y = sin x, radians',
  f: Math.sin,
  grad: slope((b, x) => b.one('cos', [x])),
});

export const cos = unary({
  name: 'cos',
  doc: 'y = cos x, radians',
  f: Math.cos,
  grad: slope((b, x) => b.one('neg', [b.one('sin', [x])])),
});

export const floor = unary({
  name: 'floor',
  doc: 'the largest whole number at or below x',
  f: Math.floor,
  grad: notDifferentiable('floor is constant where it is smooth'),
  low: -3,
  high: 3,
});

export const sigmoid = unary({
  name: 'sigmoid',
  doc: 'y = 1 / (1 + e⁻ˣ)',
  f: x => 1 / (1 + Math.exp(-x)),
  // y (1 − y)
  grad: slope((b, _, y) => b.one('mul', [y, b.one('sub', [one(b, y), y])])),
  low: -3,
  high: 3,
});

export const not = defineOp<NoAttrs>({
  name: 'not',
  kind: 'core',
  doc: 'logical negation of bool',
  shape: elementwiseShape('not', 1),
  dtype: q => [booleans('not', q.inputs)],
  keep: elementwiseKeep,
  dependence: elementwiseDependence,
  grad: notDifferentiable('bool has no gradient'),
  reference: unaryReference(x => (x === 0 ? 1 : 0)),
  samples: () => [{ name: 'matrix', inputs: [bool([3, 4])], attrs: {} }],
  flops: elementwiseFlops,
});
