// Random tensors, what the reference says of one op, and nearness, for the tests of WebGPU's kernels.

import { expect } from 'vitest';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Attrs } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { randomTensor } from '../ops/catalogue.ts';

/** Floats from −1 to 1, by the seed. */
export const random = (shape: readonly number[], seed: string): HostTensor =>
  randomTensor({ dtype: 'f32', shape }, seed, 'f32');

/** What one op gives, by the reference in f32. */
export function referenceOf(op: string, attrs: Attrs, inputs: readonly HostTensor[]): readonly HostTensor[] {
  const b = createBuilder(op, ops);
  const ids = inputs.map(({ dtype, shape }, i) => b.input(`x${i}`, 'feed', { dtype, shape }));
  const made = b.emit(op, ids, attrs);
  for (const [i, id] of made.entries()) b.output(`y${i}`, 'fetch', id);
  const given = new Map(inputs.map((t, i) => [`x${i}`, t] as const));
  const found = evaluate(b.finish(), given, { precision: 'f32' });
  return made.map((_, i) => found.get(`y${i}`)!);
}

/** Within 10⁻⁴ of each number and 10⁻⁵ beside zero, NaN and infinities alike. */
export function expectNear(found: HostTensor, expected: HostTensor, name: string): void {
  expect(found.shape, name).toEqual(expected.shape);
  const wrong = [...expected.data].flatMap((want, i) => {
    const have = found.data[i]!;
    const isNear = Number.isFinite(want) && Math.abs(have - want) <= 1e-4 * Math.abs(want) + 1e-5;
    return isNear || Object.is(have, want)
      ? []
      : [`${name}[${i}] is ${have}, and the reference says ${want}`];
  });
  expect(wrong.slice(0, 5), `${wrong.length} of ${expected.data.length}`).toEqual([]);
}
