// Activations and their gradients: relu, gelu (both forms), quick_gelu, silu.

import type { Builder } from '../../ir/builder.ts';
import type { Attrs, ValueId } from '../../ir/graph.ts';
import type { GradRule, OpDef, SampleInput } from '../../ir/op.ts';
import { defineOp } from '../define.ts';
import { erfOf as erf } from '../erf.ts';
import {
  count,
  elementwiseDependence,
  elementwiseKeep,
  fill,
  oneFloat,
  operand,
  sameShape,
} from './rules.ts';

type NoAttrs = Record<string, never>;
type Gelu = {
  /** The tanh form of Hendrycks and Gimpel, arXiv:1606.08415; else the exact one by erf. */
  readonly approximate: boolean;
};

interface Pointwise<A extends Attrs> {
  readonly name: string;
  readonly doc: string;
  readonly attrs: readonly A[];
  readonly flops: number;
}

interface Activation<A extends Attrs> extends Pointwise<A> {
  readonly value: (x: number, attrs: A) => number;
  readonly decompose: (b: Builder, x: ValueId, attrs: A) => ValueId;
  readonly grad: GradRule<A>;
}

interface ActivationGrad<A extends Attrs> extends Pointwise<A> {
  /** dy/dx at x. */
  readonly slope: (x: number, attrs: A) => number;
  readonly decompose: (b: Builder, x: ValueId, attrs: A) => ValueId;
}

const values: SampleInput = { type: { dtype: 'f32', shape: [3, 5] }, low: -3, high: 3 };

function activation<A extends Attrs>(spec: Activation<A>): OpDef<A> {
  return defineOp<A>({
    name: spec.name,
    kind: 'composite',
    doc: spec.doc,
    shape: q => [operand(spec.name, q.inputs, 0).shape],
    dtype: q => [oneFloat(spec.name, q.inputs)],
    keep: elementwiseKeep,
    dependence: elementwiseDependence,
    grad: spec.grad,
    reference: q => [fill(q.allocate(q.outputs[0]!), i => spec.value(q.inputs[0]!.data[i]!, q.attrs))],
    samples: () => spec.attrs.map((attrs, i) => ({ name: `${spec.name} ${i}`, inputs: [values], attrs })),
    flops: q => spec.flops * count(q.outputs[0]!),
    decompose: q => [spec.decompose(q.builder, q.inputs[0]!, q.attrs)],
  });
}

/** (x, dy) → dy · f′(x). */
function activationGrad<A extends Attrs>(spec: ActivationGrad<A>): OpDef<A> {
  return defineOp<A>({
    name: spec.name,
    kind: 'composite',
    doc: spec.doc,
    shape: q => {
      sameShape(spec.name, q.dims, operand(spec.name, q.inputs, 0), operand(spec.name, q.inputs, 1));
      return [q.inputs[0]!.shape];
    },
    dtype: q => [oneFloat(spec.name, q.inputs)],
    keep: elementwiseKeep,
    dependence: elementwiseDependence,
    grad: { none: 'second derivatives of activations are not defined' },
    reference: q => [
      fill(
        q.allocate(q.outputs[0]!),
        i => q.inputs[1]!.data[i]! * spec.slope(q.inputs[0]!.data[i]!, q.attrs),
      ),
    ],
    samples: () =>
      spec.attrs.map((attrs, i) => ({ name: `${spec.name} ${i}`, inputs: [values, values], attrs })),
    flops: q => spec.flops * count(q.outputs[0]!),
    decompose: q => [q.builder.one('mul', [q.inputs[1]!, spec.decompose(q.builder, q.inputs[0]!, q.attrs)])],
  });
}

/** The gradient is the op NAME_grad of the input and dy. */
function byOp<A extends Attrs>(name: string): GradRule<A> {
  return q => {
    const [dy] = q.grads;
    return [dy === undefined ? undefined : q.builder.one(name, [q.inputs[0]!, dy], q.attrs)];
  };
}

/** Ops on values and numbers (`…By`) of x's dtype. */
function pointwise(b: Builder, x: ValueId) {
  const number = (v: number): ValueId => b.constant(v, b.typeOf(x).dtype);
  return {
    mul: (p: ValueId, q: ValueId): ValueId => b.one('mul', [p, q]),
    add: (p: ValueId, q: ValueId): ValueId => b.one('add', [p, q]),
    mulBy: (p: ValueId, by: number): ValueId => b.one('mul', [p, number(by)]),
    addBy: (p: ValueId, by: number): ValueId => b.one('add', [p, number(by)]),
    subFrom: (from: number, p: ValueId): ValueId => b.one('sub', [number(from), p]),
    unary: (op: string, p: ValueId): ValueId => b.one(op, [p]),
  };
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const tanhScale = Math.sqrt(2 / Math.PI);
const tanhCubic = 0.044715;
const quick = 1.702;

export const relu = activation<NoAttrs>({
  name: 'relu',
  doc: 'max(x, 0).',
  attrs: [{}],
  flops: 1,
  value: x => (x > 0 ? x : Number.isNaN(x) ? x : 0),
  decompose: (b, x) => b.one('max', [x, b.constant(0, b.typeOf(x).dtype)]),
  grad: q => {
    const [dy] = q.grads;
    if (dy === undefined) return [undefined];
    const zero = q.builder.constant(0, q.builder.typeOf(dy).dtype);
    return [q.builder.one('select', [q.builder.one('less', [zero, q.outputs[0]!]), dy, zero])];
  },
});

export const gelu = activation<Gelu>({
  name: 'gelu',
  doc: 'x·Φ(x) by erf, or ½x(1 + tanh(√(2/π)(x + 0.044715x³))) where approximate (arXiv:1606.08415).',
  attrs: [{ approximate: false }, { approximate: true }],
  flops: 12,
  value: (x, { approximate }) =>
    approximate
      ? 0.5 * x * (1 + Math.tanh(tanhScale * (x + tanhCubic * x ** 3)))
      : 0.5 * x * (1 + erf(x / Math.SQRT2)),
  decompose: (b, x, { approximate }) => {
    const { mul, mulBy, addBy, unary } = pointwise(b, x);
    const inner = approximate
      ? unary('tanh', mul(mulBy(x, tanhScale), addBy(mulBy(mul(x, x), tanhCubic), 1)))
      : unary('erf', mulBy(x, Math.SQRT1_2));
    return mul(mulBy(x, 0.5), addBy(inner, 1));
  },
  grad: byOp('gelu_grad'),
});

export const geluGrad = activationGrad<Gelu>({
  name: 'gelu_grad',
  doc: 'dy·(Φ(x) + x·φ(x)), or the derivative of the tanh form where approximate.',
  attrs: [{ approximate: false }, { approximate: true }],
  flops: 18,
  slope: (x, { approximate }) => {
    if (!approximate)
      return 0.5 * (1 + erf(x / Math.SQRT2)) + (x * Math.exp(-0.5 * x * x)) / Math.sqrt(2 * Math.PI);
    const t = Math.tanh(tanhScale * (x + tanhCubic * x ** 3));
    return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * tanhScale * (1 + 3 * tanhCubic * x * x);
  },
  decompose: (b, x, { approximate }) => {
    const { mul, add, mulBy, addBy, subFrom, unary } = pointwise(b, x);
    const square = mul(x, x);
    if (!approximate) {
      const cdf = mulBy(addBy(unary('erf', mulBy(x, Math.SQRT1_2)), 1), 0.5);
      return add(cdf, mul(mulBy(x, 1 / Math.sqrt(2 * Math.PI)), unary('exp', mulBy(square, -0.5))));
    }
    const t = unary('tanh', mul(mulBy(x, tanhScale), addBy(mulBy(square, tanhCubic), 1)));
    const inner = mul(mulBy(x, 0.5 * tanhScale), addBy(mulBy(square, 3 * tanhCubic), 1));
    return add(mulBy(addBy(t, 1), 0.5), mul(subFrom(1, mul(t, t)), inner));
  },
});

export const quickGelu = activation<NoAttrs>({
  name: 'quick_gelu',
  doc: 'x·σ(1.702x), the GELU of CLIP (arXiv:2103.00020).',
  attrs: [{}],
  flops: 6,
  value: x => x * sigmoid(quick * x),
  decompose: (b, x) => {
    const { mul, mulBy, unary } = pointwise(b, x);
    return mul(x, unary('sigmoid', mulBy(x, quick)));
  },
  grad: byOp('quick_gelu_grad'),
});

export const quickGeluGrad = activationGrad<NoAttrs>({
  name: 'quick_gelu_grad',
  doc: 'dy·(s + 1.702x·s(1 − s)), s = σ(1.702x).',
  attrs: [{}],
  flops: 9,
  slope: x => {
    const s = sigmoid(quick * x);
    return s + quick * x * s * (1 - s);
  },
  decompose: (b, x) => swishSlope(b, x, quick),
});

export const silu = activation<NoAttrs>({
  name: 'silu',
  doc: 'x·σ(x) (arXiv:1702.03118).',
  attrs: [{}],
  flops: 5,
  value: x => x * sigmoid(x),
  decompose: (b, x) => {
    const { mul, unary } = pointwise(b, x);
    return mul(x, unary('sigmoid', x));
  },
  grad: byOp('silu_grad'),
});

export const siluGrad = activationGrad<NoAttrs>({
  name: 'silu_grad',
  doc: 'dy·(s + x·s(1 − s)), s = σ(x).',
  attrs: [{}],
  flops: 8,
  slope: x => {
    const s = sigmoid(x);
    return s + x * s * (1 - s);
  },
  decompose: (b, x) => swishSlope(b, x, 1),
});

/** d/dx x·σ(ax) = s·(1 + ax(1 − s)), s = σ(ax). */
function swishSlope(b: Builder, x: ValueId, a: number): ValueId {
  const { mul, mulBy, addBy, subFrom, unary } = pointwise(b, x);
  const scaled = a === 1 ? x : mulBy(x, a);
  const s = unary('sigmoid', scaled);
  return mul(s, addBy(mul(scaled, subFrom(1, s)), 1));
}
