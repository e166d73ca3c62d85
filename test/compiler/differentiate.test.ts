// Gradients of whole graphs: against central differences, only where needed, in the spans of what they differentiate.

import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import { differentiate, reaches } from '../../src/compiler/differentiate.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { expectSound, f32, feeds, graphOf, opsOf, text } from './helpers.ts';

/** Adds the gradients of y0 for the named inputs as fetches dNAME. */
function gradientsOf(graph: Graph, names: readonly string[]): Graph {
  const b = createBuilder('gradients', ops, { from: graph, keepOutputs: true });
  const ids = names.map(name => graph.inputs.find(i => i.name === name)!.id);
  differentiate(b, graph.outputs[0]!.id, ids).forEach((id, i) => {
    if (id !== undefined) b.output(`d${names[i]}`, 'fetch', id);
  });
  return b.finish();
}

function expectCentralDifferences(graph: Graph, names: readonly string[]): void {
  const whole = gradientsOf(graph, names);
  expectSound(whole);
  const inputs = feeds(graph);
  const found = evaluate(whole, inputs, { precision: 'f64' });
  const step = 2 ** -12;
  for (const name of names) {
    const tensor = inputs.get(name)!;
    for (let i = 0; i < tensor.data.length; i++) {
      const at = (by: number): number => {
        const data = Float64Array.from(tensor.data);
        data[i]! += by;
        const moved = new Map(inputs).set(name, { ...tensor, data });
        return evaluate(graph, moved, { precision: 'f64' }).get('y0')!.data[0]!;
      };
      const difference = (at(step) - at(-step)) / (2 * step);
      const gradient = found.get(`d${name}`)!.data[i]!;
      expect(Math.abs(gradient - difference), `${name}[${i}]: ${gradient}, ${difference}`).toBeLessThan(1e-5);
    }
  }
}

describe('against central differences', () => {
  test('a small network with a shared weight, a norm, attention and cross entropy', () => {
    const graph = graphOf(
      {
        x: f32(2, 3, 4),
        w: f32(4, 4),
        scale: f32(4),
        labels: { dtype: 'i32', shape: [2, 3] },
      },
      (b, ids) => {
        const project = (v: number) =>
          b.one('dot_general', [v, ids.w!], {
            lhsBatch: [],
            rhsBatch: [],
            lhsContract: [2],
            rhsContract: [0],
          });
        const normal = b.emit('layer_norm', [ids.x!], { epsilon: 1e-5 })[0]!;
        const h = b.one('mul', [normal, ids.scale!]);
        const heads = (v: number) => b.one('reshape', [v], { shape: [2, 1, 3, 4] });
        const qkv = [project(h), h, b.one('gelu', [project(h)], { approximate: true })].map(heads);
        const [y] = b.emit('attention', qkv, { scale: 0.5, causal: true });
        const residual = b.one('add', [ids.x!, b.one('reshape', [y!], { shape: [2, 3, 4] })]);
        const [loss] = b.emit('softmax_cross_entropy', [project(residual), ids.labels!]);
        return b.one('reduce_sum', [loss!], { axes: [0, 1], keepdims: false });
      },
    );
    expectCentralDifferences(graph, ['x', 'w', 'scale']);
  });

  test('outputs of one op read apart', () => {
    const graph = graphOf({ x: f32(3, 4) }, (b, { x }) => {
      const [normal, inverse] = b.emit('layer_norm', [x!], { epsilon: 0.1 });
      const y = b.one('mul', [b.one('sin', [normal!]), b.one('exp', [inverse!])]);
      return b.one('reduce_sum', [y], { axes: [0, 1], keepdims: false });
    });
    expectCentralDifferences(graph, ['x']);
  });

  test('probabilities of attention read apart', () => {
    const shape = f32(1, 2, 3, 4);
    const graph = graphOf({ q: shape, k: shape, v: shape, bias: f32(3, 3) }, (b, { q, k, v, bias }) => {
      const [out, p] = b.emit('attention', [q!, k!, v!, bias!], { scale: 0.5, causal: false });
      const parts = [out!, p!].map(id =>
        b.one('reduce_sum', [b.one('mul', [id, b.one('sin', [id])])], {
          axes: [0, 1, 2, 3],
          keepdims: false,
        }),
      );
      return b.one('add', [parts[0]!, parts[1]!]);
    });
    expectCentralDifferences(graph, ['q', 'k', 'v', 'bias']);
  });
});

describe('only what is needed', () => {
  const graph = graphOf({ x: f32(2), w: f32(2), u: f32(2) }, (b, { x, w, u }) => {
    const stopped = b.one('stop_gradient', [b.one('exp', [u!])]);
    const y = b.one('mul', [b.one('mul', [x!, w!]), stopped]);
    return b.one('reduce_sum', [y], { axes: [0], keepdims: false });
  });

  test('golden: x gets no gradient, and none is made', () => {
    const whole = gradientsOf(graph, ['w']);
    expect(text(whole)).toBe(`graph gradients {
  input %0 "x" feed: f32[2]
  input %1 "w" feed: f32[2]
  input %2 "u" feed: f32[2]
  %3: f32[2] = exp(%2)
  %4: f32[2] = stop_gradient(%3)
  %5: f32[2] = mul(%0, %1)
  %6: f32[2] = mul(%5, %4)
  %7: f32[] = reduce_sum(%6) {axes: [0], keepdims: false}
  %8: f32[] = constant() {dtype: "f32", shape: [], value: 1}
  %9: f32[1] = reshape(%8) {shape: [1]}
  %10: f32[2] = broadcast(%9) {shape: [2]}
  %11: f32[2] = mul(%10, %4)
  %12: f32[2] = mul(%11, %0)
  fetch "y0" %7
  fetch "dw" %12
}
`);
  });

  test('what is behind a stop has none', () => {
    const whole = gradientsOf(graph, ['u']);
    expect(whole.outputs.map(o => o.name)).toEqual(['y0']);
    expect(opsOf(whole).filter(op => op === 'exp')).toHaveLength(1);
    const b = createBuilder('reach', ops, { from: graph });
    expect(reaches(b, graph.outputs[0]!.id, [0, 1, 2])).toEqual([true, true, false]);
  });

  test('a value that is read twice adds its gradients up', () => {
    const square = graphOf({ x: f32() }, (b, { x }) => b.one('mul', [x!, b.one('sin', [x!])]));
    expectCentralDifferences(square, ['x']);
  });

  test('the loss itself', () => {
    const identity = graphOf({ x: f32() }, (_, { x }) => x!);
    expect(
      evaluate(gradientsOf(identity, ['x']), feeds(identity), { precision: 'f64' }).get('dx')!.data[0],
    ).toBe(1);
  });
});

test('a gradient stands in the span of its node', () => {
  const span = { file: 'm.mm', start: 0, end: 1, line: 7, column: 1, endLine: 7, endColumn: 2 };
  const b = createBuilder('spans', ops);
  const x = b.input('x', 'feed', f32());
  b.span = span;
  const y = b.one('sin', [x]);
  b.span = undefined;
  differentiate(b, y, [x]);
  expect(b.finish().nodes.map(n => [n.op, n.span?.line])).toEqual([
    ['sin', 7],
    ['constant', undefined],
    ['cos', 7],
    ['mul', 7],
  ]);
});

test('a loss that is no scalar is refused', () => {
  const b = createBuilder('vector', ops);
  const x = b.input('x', 'feed', f32(2));
  expect(() => differentiate(b, x, [x])).toThrow('a loss is a scalar');
});
