// Comparisons (to bool), logic of bool, and bits of i32.

import { fault } from '../ir/builder.ts';
import type { OpDef } from '../ir/op.ts';
import { defineOp } from './define.ts';
import { booleans, integers, numbers } from './dtype-rules.ts';
import {
  binaryReference,
  elementwiseDependence,
  elementwiseFlops,
  elementwiseKeep,
  elementwiseShape,
  unaryReference,
} from './elementwise-rules.ts';
import { notDifferentiable } from './gradient-rules.ts';
import { bool, f32, i32 } from './sample-inputs.ts';

type NoAttrs = Readonly<Record<never, never>>;

function binary(
  name: string,
  doc: string,
  takes: 'numbers' | 'bool' | 'i32',
  f: (a: number, b: number) => number,
): OpDef<NoAttrs> {
  const random = { numbers: f32, bool, i32 }[takes];
  const dtype = { numbers, bool: booleans, i32: integers }[takes];
  return defineOp<NoAttrs>({
    name,
    kind: 'core',
    doc,
    shape: elementwiseShape(name, 2),
    dtype: q => {
      const of = dtype(name, q.inputs);
      return [takes === 'numbers' ? 'bool' : of];
    },
    keep: elementwiseKeep,
    dependence: elementwiseDependence,
    grad: notDifferentiable('the result is not a float'),
    reference: binaryReference(f),
    samples: () => [
      { name: 'equal shapes', inputs: [random([3, 4], { high: 9 }), random([3, 4], { high: 9 })], attrs: {} },
      { name: 'both stretch', inputs: [random([2, 1], { high: 9 }), random([1, 3], { high: 9 })], attrs: {} },
      ...(takes === 'numbers'
        ? [
            { name: 'i32 with ties', inputs: [i32([3, 4], { high: 3 }), i32([4], { high: 3 })], attrs: {} },
            {
              name: 'equal floats',
              inputs: [f32([3], { values: [0.5, 1, -1] }), f32([3], { values: [0.5, 2, -2] })],
              attrs: {},
            },
          ]
        : []),
    ],
    flops: elementwiseFlops,
  });
}

export const equal = binary('equal', 'a = b', 'numbers', (a, b) => (a === b ? 1 : 0));
export const less = binary('less', 'a < b', 'numbers', (a, b) => (a < b ? 1 : 0));
export const less_equal = binary('less_equal', 'a ≤ b', 'numbers', (a, b) => (a <= b ? 1 : 0));
export const and = binary('and', 'both', 'bool', (a, b) => a & b);
export const or = binary('or', 'either or both', 'bool', (a, b) => a | b);
export const bit_xor = binary('bit_xor', 'exclusive or of the 32 bits', 'i32', (a, b) => a ^ b);
export const bit_and = binary('bit_and', 'and of the 32 bits', 'i32', (a, b) => a & b);

type ShiftAttrs = { readonly by: number };

export const shift_right = defineOp<ShiftAttrs>({
  name: 'shift_right',
  kind: 'core',
  doc: 'the 32 bits moved `by` places to the right, zeros from the left',
  shape: q => {
    if (!Number.isInteger(q.attrs.by) || q.attrs.by < 0 || q.attrs.by > 31)
      fault(`shift_right moves by 0 to 31 places; got ${q.attrs.by}`);
    return elementwiseShape('shift_right', 1)(q);
  },
  dtype: q => [integers('shift_right', q.inputs)],
  keep: elementwiseKeep,
  dependence: elementwiseDependence,
  grad: notDifferentiable('the result is not a float'),
  reference: q => unaryReference(x => (x >>> q.attrs.by) | 0)(q),
  samples: () => [
    { name: 'positive and negative', inputs: [i32([4], { values: [1024, -1, -1024, 7] })], attrs: { by: 3 } },
    { name: 'by nothing', inputs: [i32([2, 2], { high: 100 })], attrs: { by: 0 } },
  ],
  flops: elementwiseFlops,
});
