// Shape rules over symbols agree with the same rules over numbers, once numbers are put in the symbols' places.

import { describe, expect, test } from 'vitest';
import { type Dim, dimSubstitute, dimSymbol } from '../../src/base/dim.ts';
import type { TensorType } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { catalogue } from './catalogue.ts';

describe('symbolic shapes', () => {
  test.each(catalogue(ops).map(c => [c.title, c] as const))('%s', (_, c) => {
    const values = new Map<string, Dim>();
    const symbolic = c.sample.inputs.map(
      ({ type }): TensorType => ({
        ...type,
        shape: type.shape.map(dim => (dim === 1 ? 1 : symbolFor(dim as number, values))),
      }),
    );
    const numbers = (dim: Dim): Dim => dimSubstitute(dim, values);
    const { attrs } = c.sample;
    // `same` records a requirement in a checker; here it is met or not by the sample's own sizes.
    const dims = { same: (a: Dim, b: Dim) => numbers(a) === numbers(b) };
    const query = { attrs, regions: [], dims };
    const concrete = c.def.shape({ ...query, inputs: c.sample.inputs.map(i => i.type) });
    const shapes = c.def.shape({ ...query, inputs: symbolic });
    expect(shapes.map(shape => shape.map(numbers))).toEqual(concrete);
    expect(c.def.dtype({ ...query, inputs: symbolic }).length).toBe(shapes.length);
  });
});

/** Sizes that are equal get one symbol. */
function symbolFor(size: number, values: Map<string, Dim>): Dim {
  const id = `n${size}`;
  values.set(id, size);
  return dimSymbol({ id, name: id, role: 'data' });
}
