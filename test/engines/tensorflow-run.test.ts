// Whole trainings on TensorFlow, and variables that are read and assigned in one step.

import { expect, test } from 'vitest';
import { createTensorflowEngine } from '../../src/backends/tensorflow/engine.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import { ops } from '../../src/ops/registry.ts';
import { planOf } from '../backends/op-catalogue.ts';
import { f32 } from '../train/toy.ts';
import { testWholeRuns } from './whole-runs.ts';

testWholeRuns('tensorflow', 60);

test('a variable that is fetched is read before its step assigns it, and free nodes may make its next value', async () => {
  const b = createBuilder('queue', ops);
  const queue = b.input('queue', 'state', { dtype: 'f32', shape: [2, 3] });
  const x = b.input('x', 'feed', { dtype: 'f32', shape: [6] });
  const sum = b.one('add', [b.one('mul', [b.one('reshape', [queue], { shape: [6] }), b.constant(2)]), x]);
  b.output('before', 'fetch', queue);
  b.output('queue', 'next', b.one('reshape', [sum], { shape: [2, 3] }));
  const plans = new Map([['train', planOf(b.finish())]]);
  const session = await createTensorflowEngine().open(plans, { threads: 2 });
  const six = (shape: readonly number[], value: number) => f32(shape, new Array<number>(6).fill(value));
  await session.write(new Map([['queue', six([2, 3], 1)]]));
  let wanted = 1;
  for (let step = 0; step < 20; step++) {
    const fetched = await session.run('train', new Map([['x', six([6], 1)]]));
    expect(fetched.get('before')).toEqual(six([2, 3], wanted));
    wanted = Math.fround(2 * wanted + 1);
  }
  await session.close();
});
