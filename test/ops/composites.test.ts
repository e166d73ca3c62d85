// A composite's decomposition gives what its own reference gives.

import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import { ops } from '../../src/ops/registry.ts';
import { caseGraph, catalogue, named } from './catalogue.ts';

const composites = catalogue(ops).filter(c => c.def.kind === 'composite');

describe('decompositions agree with references', () => {
  test.each(composites.map(c => [c.title, c] as const))('%s', (_, c) => {
    const b = createBuilder(c.op, ops);
    const inputs = c.sample.inputs.map((input, i) => b.input(`x${i}`, 'feed', input.type));
    const outputs = c.def.decompose!({ builder: b, inputs, attrs: c.sample.attrs });
    outputs.forEach((id, i) => {
      b.output(`y${i}`, 'fetch', id);
    });
    const apart = b.finish();
    const whole = caseGraph(ops, c);
    expect(apart.outputs.map(o => apart.types[o.id])).toEqual(whole.outputs.map(o => whole.types[o.id]));
    const given = named('x', c.inputs('f64'));
    const [expected, found] = [whole, apart].map(g => evaluate(g, given, { precision: 'f64' }));
    for (const [name, tensor] of expected!) {
      const other = found!.get(name)!.data;
      tensor.data.forEach((value: number, k: number) => {
        expect(Math.abs(other[k]! - value), `${name}[${k}]: ${other[k]} and ${value}`).toBeLessThanOrEqual(
          1e-9 * Math.max(1, Math.abs(value)),
        );
      });
    }
  });
});

test('composites have a decomposition and core ops none', () => {
  for (const [name, def] of ops) expect(def.decompose !== undefined, name).toBe(def.kind === 'composite');
});
