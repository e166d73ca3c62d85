// Whatever the graph: every pass leaves it sound and meaning the same, and running the passes again changes nothing.

import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { differentiate } from '../../src/compiler/differentiate.ts';
import { optimizationPasses, optimize } from '../../src/compiler/optimize.ts';
import { recognise, recognitionPasses } from '../../src/compiler/recognise.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { print } from '../../src/ir/print.ts';
import { ops } from '../../src/ops/registry.ts';
import { bare, everything, expectSame, expectSound, runChecked } from './helpers.ts';
import { randomGraph } from './random-graphs.ts';

/** Values can be huge (exp of exp): a property that compares them asks for less there. */
const tolerance = 1e-6;
const runs = { numRuns: 200 };

test('recognition keeps the meaning', () => {
  fc.assert(
    fc.property(randomGraph, graph =>
      expectSame(graph, runChecked(graph, recognitionPasses, undefined), tolerance),
    ),
    runs,
  );
});

test.each([
  ['taking all composites apart', bare],
  ['keeping them whole', everything],
])('optimization keeps the meaning, %s', (_, target) => {
  fc.assert(
    fc.property(randomGraph, graph =>
      expectSame(graph, runChecked(graph, optimizationPasses, target), tolerance),
    ),
    runs,
  );
});

test('gradients of a recognised graph are those of the graph as written', () => {
  fc.assert(
    fc.property(randomGraph, graph => {
      const [plain, recognised] = [graph, recognise(graph, ops)].map(withGradients);
      expectSound(plain!);
      expectSame(plain!, optimize(recognised!, everything, ops), tolerance);
    }),
    runs,
  );
});

function withGradients(graph: Graph): Graph {
  const b = createBuilder('gradients', ops, { from: graph, keepOutputs: true });
  const parts = graph.outputs
    .filter(o => graph.types[o.id]!.dtype === 'f32')
    .map(o => {
      const axes = b.shapeOf(o.id).map((_, i) => i);
      return b.one('reduce_sum', [b.one('tanh', [o.id])], { axes, keepdims: false });
    });
  const [first, ...rest] = parts;
  if (first === undefined) return graph;
  const loss = rest.reduce((x, y) => b.one('add', [x, y]), first);
  const ids = graph.inputs.map(i => i.id);
  differentiate(b, loss, ids).forEach((id, i) => {
    // A branch that is never chosen may go, and with it the only way to an input: its gradient was 0.
    b.output(`d${i}`, 'fetch', id ?? b.constant(0, 'f32', graph.types[ids[i]!]!.shape));
  });
  return b.finish();
}

test('optimizing again changes nothing, and is the same every time', () => {
  fc.assert(
    fc.property(randomGraph, graph => {
      const once = optimize(graph, everything, ops);
      expect(print(optimize(graph, everything, ops))).toBe(print(once));
      expect(print(optimize(once, everything, ops))).toBe(print(once));
    }),
    runs,
  );
});
