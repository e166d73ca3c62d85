// A batch in parts: loss and gradients are those of the whole, draws too, and only one part's values are alive.

import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import { differentiate } from '../../src/compiler/differentiate.ts';
import { optimize } from '../../src/compiler/optimize.ts';
import { recompute } from '../../src/compiler/recompute.ts';
import { peakBytes } from '../../src/compiler/schedule.ts';
import { splitRows } from '../../src/compiler/split-rows.ts';
import { type Builder, createBuilder } from '../../src/ir/builder.ts';
import type { Graph, ValueId } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { everything, expectSame, expectSound, f32, feeds } from './helpers.ts';

const product = (b: Builder, x: ValueId, w: ValueId, last: number): ValueId =>
  b.one('dot_general', [x, w], { lhsBatch: [], rhsBatch: [], lhsContract: [last], rhsContract: [0] });

/** Two towers over sequences, with dropout and a fold of leading axes; InfoNCE over all pairs, or a mean of squares. */
function pairs(size: number, kind: 'contrast' | 'mean' | 'batch norm'): Graph {
  const b = createBuilder('pairs', ops);
  const [seed, step] = ['seed', 'step'].map(n => b.input(n, 'scalar', { dtype: 'i32', shape: [] }));
  const tower = (name: string, identity: number): ValueId => {
    let x = b.input(`b0/${name}`, 'feed', f32(size, 4, 6));
    if (kind === 'batch norm') x = b.one('sub', [x, b.one('reduce_sum', [x], { axes: [0], keepdims: true })]);
    const folded = b.one('reshape', [x], { shape: [size * 4, 6] });
    const hidden = b.one('tanh', [product(b, folded, b.input(`${name}.up`, 'weight', f32(6, 8)), 1)]);
    const bits = b.one('random_bits', [seed!, step!], { shape: [size * 4, 8], identity });
    const kept = b.one('select', [b.one('less', [bits, b.constant(0, 'i32')]), hidden, b.constant(0)]);
    const apart = b.one('reshape', [kept], { shape: [size, 4, 8] });
    const spread = b.one('add', [apart, b.input(`${name}.bias`, 'weight', f32(4, 8))]);
    const pooled = b.one('reduce_sum', [spread], { axes: [1], keepdims: false });
    return product(b, pooled, b.input(`${name}.out`, 'weight', f32(8, 5)), 1);
  };
  const [left, right] = [tower('left', 5), tower('right', 9)];
  if (kind === 'mean') {
    const square = b.one('mul', [b.one('sub', [left, right]), left]);
    b.output('loss', 'fetch', b.one('reduce_sum', [square], { axes: [0, 1], keepdims: false }));
    return b.finish();
  }
  const axes = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [1] };
  const logits = b.one('softmax', [b.one('dot_general', [left, right], axes)], { axis: 1 });
  const weighted = b.one('mul', [logits, b.one('sin', [logits])]);
  b.output('loss', 'fetch', b.one('reduce_sum', [weighted], { axes: [0, 1], keepdims: false }));
  return b.finish();
}

function withGradients(graph: Graph): Graph {
  const b = createBuilder('step', ops, { from: graph, keepOutputs: true });
  const weights = graph.inputs.filter(i => i.role === 'weight');
  const grads = differentiate(
    b,
    graph.outputs[0]!.id,
    weights.map(w => w.id),
  );
  for (const [i, id] of grads.entries()) b.output(`d${weights[i]!.name}`, 'fetch', id!);
  return optimize(b.finish(), everything, ops);
}

const batch = (size: number, parts: number) => ({ feeds: new Set(['b0/left', 'b0/right']), size, parts });

describe.each(['contrast', 'mean', 'batch norm'] as const)('%s', kind => {
  test.each([2, 4, 8])('in %d parts', parts => {
    const graph = pairs(8, kind);
    const split = splitRows(graph, ops, batch(8, parts));
    expectSound(split.graph);
    const [whole, inParts] = [withGradients(graph), withGradients(split.graph)];
    expectSame(whole, inParts, 1e-9);
    const limited = recompute(inParts, everything, ops, 1).graph;
    expectSound(limited);
    expect(evaluate(limited, feeds(whole), { precision: 'f32' })).toEqual(
      evaluate(inParts, feeds(whole), { precision: 'f32' }),
    );
    expect(split.meeting?.op).toBe(
      { contrast: 'dot_general', mean: 'reduce_sum', 'batch norm': 'reduce_sum' }[kind],
    );
  });
});

test('4,096 pairs take the memory of 64, their inputs, draws, embeddings and logits', () => {
  const least = (size: number, parts: number): number => {
    const graph = withGradients(splitRows(pairs(size, 'mean'), ops, batch(size, parts)).graph);
    return recompute(graph, everything, ops, 1).note.peak;
  };
  const inputs = (size: number): number => 2 * size * 4 * 6 * 4;
  const draws = 2 * 4096 * 4 * 8 * 4;
  const embeddings = 4 * 4096 * 5 * 4;
  expect(least(4096, 64) - inputs(4096)).toBeLessThan(least(64, 1) - inputs(64) + draws + embeddings);
  expect(peakBytes(withGradients(pairs(4096, 'mean')), everything)).toBeGreaterThan(2 * least(4096, 64));
});
