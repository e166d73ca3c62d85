// Arithmetic of two inputs with broadcasting. Floats and i32, but for pow; i32 wraps, and div and rem round down.

import type { Builder } from '../ir/builder.ts';
import type { Attrs, ValueId } from '../ir/graph.ts';
import type { GradQuery, GradRule, OpDef, Sample, SampleInput } from '../ir/op.ts';
import { defineOp } from './define.ts';
import { floats, numbers } from './dtype-rules.ts';
import {
  binaryReference,
  elementwiseDependence,
  elementwiseFlops,
  elementwiseKeep,
  elementwiseShape,
  poleKeep,
} from './elementwise-rules.ts';
import { unbroadcast } from './gradient-rules.ts';
import { f32, i32 } from './sample-inputs.ts';

type NoAttrs = Readonly<Record<never, never>>;
type Bounds = { readonly low: number; readonly high: number };

interface Binary {
  readonly name: string;
  readonly doc: string;
  readonly f: (a: number, b: number) => number;
  /** The i32 form; without it the op takes floats only. */
  readonly whole?: (a: number, b: number) => number;
  readonly grad: GradRule<Attrs>;
  /** Inputs at whose 0 the slope is infinite. */
  readonly poles?: readonly number[];
  readonly a?: Bounds;
  readonly b?: Bounds;
}

function binary({ name, doc, f, whole, grad, a, b, poles }: Binary): OpDef<NoAttrs> {
  const samples = (): readonly Sample<NoAttrs>[] => {
    const pair = (label: string, left: readonly number[], right: readonly number[]): Sample<NoAttrs> => ({
      name: label,
      inputs: [f32(left, a), f32(right, b)],
      attrs: {},
    });
    const wholes: readonly SampleInput[] = [
      i32([6], { values: [-7, -1, 0, 5, 2147483647, 12] }),
      i32([6], { values: [3, 2, 4, -2, 3, 5] }),
    ];
    return [
      pair('equal shapes', [3, 4], [3, 4]),
      pair('a row', [3, 4], [4]),
      pair('a column on the left', [3, 1], [3, 4]),
      pair('both stretch', [2, 1, 3], [4, 1]),
      pair('a scalar', [], [2, 3]),
      ...(whole === undefined ? [] : [{ name: 'i32', inputs: wholes, attrs: {} }]),
    ];
  };
  const floating = binaryReference(f);
  const integral = binaryReference(whole ?? f);
  return defineOp<NoAttrs>({
    name,
    kind: 'core',
    doc,
    shape: elementwiseShape(name, 2),
    dtype: q => [whole === undefined ? floats(name, q.inputs) : numbers(name, q.inputs)],
    keep: poles === undefined ? elementwiseKeep : poleKeep(...poles),
    dependence: elementwiseDependence,
    grad,
    reference: q => (q.outputs[0]!.dtype === 'i32' ? integral(q) : floating(q)),
    samples,
    flops: elementwiseFlops,
  });
}

/** Gradients at the output's shape, summed back to the inputs' shapes; only the wanted ones are built. */
const partials =
  (
    left: (b: Builder, dy: ValueId, q: GradQuery<Attrs>) => ValueId,
    right: (b: Builder, dy: ValueId, q: GradQuery<Attrs>) => ValueId,
  ): GradRule<Attrs> =>
  q => {
    const dy = q.grads[0];
    if (dy === undefined) return [undefined, undefined];
    return [left, right].map((rule, i) =>
      q.wanted[i] === true
        ? unbroadcast(q.builder, rule(q.builder, dy, q), q.builder.shapeOf(q.inputs[i]!))
        : undefined,
    );
  };

const zeroLike = (b: Builder, x: ValueId): ValueId => b.constant(0, b.typeOf(x).dtype);

export const add = binary({
  name: 'add',
  doc: 'a + b',
  f: (a, b) => a + b,
  whole: (a, b) => (a + b) | 0,
  grad: partials(
    (_, dy) => dy,
    (_, dy) => dy,
  ),
});

export const sub = binary({
  name: 'sub',
  doc: 'a − b',
  f: (a, b) => a - b,
  whole: (a, b) => (a - b) | 0,
  grad: partials(
    (_, dy) => dy,
    (b, dy) => b.one('neg', [dy]),
  ),
});

export const mul = binary({
  name: 'mul',
  doc: 'a · b',
  f: (a, b) => a * b,
  whole: Math.imul,
  grad: partials(
    (b, dy, q) => b.one('mul', [dy, q.inputs[1]!]),
    (b, dy, q) => b.one('mul', [dy, q.inputs[0]!]),
  ),
});

export const div = binary({
  name: 'div',
  doc: 'a / b; i32: rounded down, 0 where b is 0',
  poles: [1],
  f: (a, b) => a / b,
  whole: (a, b) => (b === 0 ? 0 : Math.floor(a / b) | 0),
  grad: partials(
    (b, dy, q) => b.one('div', [dy, q.inputs[1]!]),
    // −y / b
    (b, dy, q) => b.one('neg', [b.one('mul', [dy, b.one('div', [q.outputs[0]!, q.inputs[1]!])])]),
  ),
  b: { low: 0.5, high: 2 },
});

const aIsLess = (b: Builder, q: GradQuery<Attrs>): ValueId => b.one('less', [q.inputs[0]!, q.inputs[1]!]);

export const max = binary({
  name: 'max',
  doc: 'the larger of a and b; where they are equal the gradient goes to a',
  f: Math.max,
  whole: Math.max,
  grad: partials(
    (b, dy, q) => b.one('select', [aIsLess(b, q), zeroLike(b, dy), dy]),
    (b, dy, q) => b.one('select', [aIsLess(b, q), dy, zeroLike(b, dy)]),
  ),
});

const bIsLess = (b: Builder, q: GradQuery<Attrs>): ValueId => b.one('less', [q.inputs[1]!, q.inputs[0]!]);

export const min = binary({
  name: 'min',
  doc: 'the smaller of a and b; where they are equal the gradient goes to a',
  f: Math.min,
  whole: Math.min,
  grad: partials(
    (b, dy, q) => b.one('select', [bIsLess(b, q), zeroLike(b, dy), dy]),
    (b, dy, q) => b.one('select', [bIsLess(b, q), dy, zeroLike(b, dy)]),
  ),
});

/** As IEEE 754 has it: 1 to any power is 1, and so is −1 to an infinite one. */
export const power = (a: number, b: number): number =>
  a === 1 || (a === -1 && Math.abs(b) === Number.POSITIVE_INFINITY) ? 1 : a ** b;

export const pow = binary({
  name: 'pow',
  doc: 'a to the power of b; floats',
  poles: [0],
  f: power,
  grad: partials(
    // b · aᵇ⁻¹
    (b, dy, q) => {
      const less = b.one('sub', [q.inputs[1]!, b.constant(1, b.typeOf(dy).dtype)]);
      return b.one('mul', [dy, b.one('mul', [q.inputs[1]!, b.one('pow', [q.inputs[0]!, less])])]);
    },
    // aᵇ · ln a, and 0 where a isn't positive
    (b, dy, q) => {
      const positive = b.one('less', [zeroLike(b, dy), q.inputs[0]!]);
      const safe = b.one('select', [positive, q.inputs[0]!, b.constant(1, b.typeOf(dy).dtype)]);
      return b.one('mul', [dy, b.one('mul', [q.outputs[0]!, b.one('log', [safe])])]);
    },
  ),
  a: { low: 0.3, high: 2 },
  b: { low: -2, high: 3 },
});

/** Exact, and a where b is infinite with its sign. */
export function remainder(a: number, b: number): number {
  const r = a % b;
  return r !== 0 && r < 0 !== b < 0 ? r + b : r;
}

export const rem = binary({
  name: 'rem',
  doc: 'a − b · ⌊a / b⌋: what remains has the sign of b; i32: 0 where b is 0',
  f: remainder,
  whole: (a, b) => (b === 0 ? 0 : (a - b * Math.floor(a / b)) | 0),
  grad: partials(
    (_, dy) => dy,
    (b, dy, q) =>
      b.one('neg', [b.one('mul', [dy, b.one('floor', [b.one('div', [q.inputs[0]!, q.inputs[1]!])])])]),
  ),
  a: { low: 2.1, high: 2.9 },
  b: { low: 1.5, high: 1.9 },
});
