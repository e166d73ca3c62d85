// Gradients where an op has a corner: who gets what at a tie is part of its definition.

import { expect, test } from 'vitest';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Attrs } from '../../src/ir/graph.ts';
import type { OpDef } from '../../src/ir/op.ts';
import { ops } from '../../src/ops/registry.ts';
import { named } from './catalogue.ts';
import { floats } from './run-op.ts';

/** Gradients of the sum of the first output. */
function gradients(op: string, values: readonly (readonly number[])[], attrs: Attrs = {}) {
  const b = createBuilder(op, ops);
  const inputs = values.map((v, i) => b.input(`x${i}`, 'feed', { dtype: 'f32', shape: [v.length] }));
  const outputs = b.emit(op, inputs, attrs);
  const { grad } = ops.get(op) as unknown as OpDef;
  if (typeof grad !== 'function') throw new Error(`${op} has no gradient`);
  const one = b.constant(1, 'f32', b.shapeOf(outputs[0]!));
  const grads = outputs.map((_, i) => (i === 0 ? one : undefined));
  const node = b.producer(outputs[0]!)!;
  grad({ builder: b, node, attrs, inputs, outputs, grads, wanted: inputs.map(() => true) }).forEach(
    (id, i) => {
      b.output(`g${i}`, 'fetch', id!);
    },
  );
  const given = named(
    'x',
    values.map(v => floats([v.length], v)),
  );
  return [...evaluate(b.finish(), given, { precision: 'f32' }).values()].map(t => [...t.data]);
}

test('equal maxima of reduce_max share', () => {
  expect(gradients('reduce_max', [[3, 1, 3]], { axes: [0], keepdims: false })).toEqual([[0.5, 0, 0.5]]);
});

test('max and min of equals give all to the first', () => {
  const sides = [
    [1, 2, 5],
    [1, 3, 4],
  ];
  expect(gradients('max', sides)).toEqual([
    [1, 0, 1],
    [0, 1, 0],
  ]);
  expect(gradients('min', sides)).toEqual([
    [1, 1, 0],
    [0, 0, 1],
  ]);
});

test('top_k of equals gives to the lower index', () => {
  expect(gradients('top_k', [[2, 7, 7]], { k: 1 })).toEqual([[0, 1, 0]]);
});

test('abs has slope 0 at 0', () => {
  expect(gradients('abs', [[-2, 0, 2]])).toEqual([[-1, 0, 1]]);
});

test('powers of 0 have finite gradients', () => {
  expect(gradients('pow', [[0], [2]])).toEqual([[0], [0]]);
});
