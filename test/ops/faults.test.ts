// How shape and dtype rules say no: the rule, then the facts.

import { expect, test } from 'vitest';
import { dimSymbol } from '../../src/base/dim.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Attrs, TensorType } from '../../src/ir/graph.ts';
import { OpFault } from '../../src/ir/op.ts';
import { ops } from '../../src/ops/registry.ts';

const batch = dimSymbol({ id: 'B', name: 'B', role: 'data' });
const f32 = (...shape: TensorType['shape'][number][]): TensorType => ({ dtype: 'f32', shape });
const i32 = (...shape: number[]): TensorType => ({ dtype: 'i32', shape });
const bool = (...shape: number[]): TensorType => ({ dtype: 'bool', shape });

function faultOf(op: string, inputs: readonly TensorType[], attrs: Attrs = {}): string {
  const b = createBuilder('fault', ops);
  const ids = inputs.map((type, i) => b.input(`x${i}`, 'feed', type));
  try {
    b.emit(op, ids, attrs);
  } catch (error) {
    if (error instanceof OpFault) return error.message;
    throw error;
  }
  return 'no fault';
}

const whole = (n: number) => ({ strides: Array(n).fill(1), low: Array(n).fill(0), high: Array(n).fill(0) });

const faults: readonly (readonly [string, readonly TensorType[], Attrs, string])[] = [
  [
    'add',
    [f32(2, 3), f32(2, 4)],
    {},
    'add wants equal dims, 1 or missing leading dims; got [2, 3] and [2, 4], where 3 meets 4',
  ],
  ['add', [f32(batch), f32(3)], {}, 'where B meets 3'],
  ['add', [f32(2), i32(2)], {}, 'add takes numbers of one dtype; got f32 and i32'],
  ['add', [f32(2)], {}, 'add takes 2 inputs; it was given 1'],
  ['exp', [i32(2)], {}, 'exp takes floats of one dtype; got i32'],
  ['pow', [i32(2), i32(2)], {}, 'pow takes floats'],
  ['not', [f32(2)], {}, 'not takes bool'],
  ['select', [f32(2), f32(2), f32(2)], {}, 'select takes a bool and two values of one dtype; got f32'],
  ['shift_right', [i32(2)], { by: 32 }, 'moves by 0 to 31 places; got 32'],
  ['reshape', [f32(2, 3)], { shape: [4] }, 'reshape keeps the number of elements; [2, 3] has 6, [4] has 4'],
  ['reshape', [f32(batch, 4)], { shape: [batch, 5] }, '[B, 4] has 4·B, [B, 5] has 5·B'],
  ['transpose', [f32(2, 3)], { perm: [0] }, 'transpose orders every axis'],
  ['transpose', [f32(2, 3)], { perm: [0, 0] }, 'transpose takes each axis once; got 0, 0'],
  ['broadcast', [f32(3)], { shape: [2, 1] }, 'broadcast only stretches'],
  ['slice', [f32(4)], { starts: [1], limits: [5], strides: [1] }, 'slice stays inside its axis; 1 to 5 of 4'],
  ['slice', [f32(4)], { starts: [0], limits: [4], strides: [0] }, 'slice goes forward; the stride is 0'],
  ['pad', [f32(4)], { low: [-1], high: [0], value: 0 }, 'pad only adds; got -1'],
  ['concat', [f32(2, 3), f32(2, 4)], { axis: 0 }, 'concat wants shapes that differ on axis 0 only'],
  ['concat', [f32(2), i32(2)], { axis: 0 }, 'concat takes values of one dtype; got f32 and i32'],
  ['reduce_sum', [f32(2)], { axes: [1], keepdims: false }, "axis 1 of [2] isn't there"],
  ['top_k', [f32(3)], { k: 4 }, 'top_k takes 1 to 3 values; k is 4'],
  [
    'dot_general',
    [f32(2, 3), f32(4, 5)],
    { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] },
    'dot_general wants paired axes of one size; axis 1 of [2, 3] meets axis 0 of [4, 5]',
  ],
  ['conv2d', [f32(1, 2, 2, 3), f32(1, 1, 4, 1)], whole(2), 'conv2d wants as many channels as its kernel'],
  ['conv2d', [f32(1, 2, 2, 3), f32(3, 1, 3, 1)], whole(2), '3 is larger than 2 with its padding'],
  ['conv2d', [f32(2, 2, 3), f32(3, 1, 3, 1)], whole(2), 'conv2d takes two values of four axes'],
  ['gather', [f32(2, 2), f32(2)], {}, 'gather wants i32 ids; got f32'],
  ['scatter_add', [i32(2), f32(3)], { rows: 4 }, 'scatter_add wants an update for each id'],
  ['take_along', [f32(2, 3), i32(3, 1)], { axis: 1 }, 'take_along wants shapes that differ on axis 1 only'],
  ['random_bits', [i32(1), i32()], { shape: [2], identity: 1 }, 'i32 scalars; got i32[1] and i32[]'],
  ['literal', [], { dtype: 'f32', shape: [2], values: [1] }, '[2] was given 1'],
  ['constant', [], { dtype: 'i32', shape: [], value: 0.5 }, 'an i32 constant is a whole number; got 0.5'],
  ['cast', [bool(2)], { to: 'f64' }, 'cast wants a dtype; got f64'],
];

test.each(faults)('%s refuses %j', (op, inputs, attrs, expected) => {
  expect(faultOf(op, inputs, attrs)).toContain(expected);
});

test('stretching a literal 1 over a symbolic dim is fine', () => {
  expect(faultOf('add', [f32(batch, 3), f32(1, 3)])).toBe('no fault');
});
