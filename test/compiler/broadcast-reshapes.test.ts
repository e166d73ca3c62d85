// Reshapes that move outward must not meet where their results only broadcast against each other.

import { expect, it } from 'vitest';
import { algebra } from '../../src/compiler/passes/algebra.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import { verify } from '../../src/ir/verify.ts';
import { ops } from '../../src/ops/registry.ts';

it('keeps apart two views of equal shapes that stand across each other', () => {
  const b = createBuilder('outer product', ops);
  const x = b.input('x', 'feed', { dtype: 'f32', shape: [4, 4] });
  const y = b.input('y', 'feed', { dtype: 'f32', shape: [4, 4] });
  const column = b.one('reshape', [x], { shape: [4, 4, 1] });
  const row = b.one('reshape', [y], { shape: [4, 1, 4] });
  b.output('out', 'fetch', b.one('mul', [column, row]));
  const graph = algebra.run(b.finish(), { registry: ops, target: undefined });
  expect(verify(graph, ops)).toEqual([]);
  expect(graph.types[graph.outputs[0]?.id ?? -1]?.shape).toEqual([4, 4, 4]);
  expect(graph.nodes.filter(n => n.op === 'reshape')).toHaveLength(2);
});
