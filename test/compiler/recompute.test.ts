// Recomputation: whatever is given up and made again, the step gives the same bits, and its plan takes less.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { gptTrainStep } from '../../bench/gpt-graph.ts';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import { differentiate } from '../../src/compiler/differentiate.ts';
import { forwardValues } from '../../src/compiler/forward-values.ts';
import { optimize } from '../../src/compiler/optimize.ts';
import { commonSubexpressions } from '../../src/compiler/passes/common.ts';
import type { Target } from '../../src/compiler/plan.ts';
import { recompute } from '../../src/compiler/recompute.ts';
import { dropOrder } from '../../src/compiler/recompute-order.ts';
import { rematerialize } from '../../src/compiler/rematerialize.ts';
import { peakBytes, schedule } from '../../src/compiler/schedule.ts';
import { trainStep } from '../../src/compiler/train-step.ts';
import { type Builder, createBuilder } from '../../src/ir/builder.ts';
import type { Graph, ValueId } from '../../src/ir/graph.ts';
import { withoutDead } from '../../src/ir/traverse.ts';
import { ops } from '../../src/ops/registry.ts';
import { bare, everything, expectSound, f32, feeds } from './helpers.ts';
import { randomGraph } from './random-graphs.ts';

/** The sum of all outputs as the loss, and its gradients for all inputs behind it. */
function withLoss(graph: Graph): Graph {
  const b = createBuilder('step', ops, { from: graph });
  const parts = graph.outputs
    .filter(o => graph.types[o.id]!.dtype === 'f32')
    .map(o => {
      const axes = b.shapeOf(o.id).map((_, i) => i);
      return b.one('reduce_sum', [b.one('tanh', [o.id])], { axes, keepdims: false });
    });
  const loss = parts.reduce((x, y) => b.one('add', [x, y]), b.constant(0));
  b.output('loss', 'fetch', loss);
  const ids = graph.inputs.map(i => i.id);
  differentiate(b, loss, ids).forEach((id, i) => {
    if (id !== undefined) b.output(`d${i}`, 'fetch', id);
  });
  return b.finish();
}

function expectEqualBits(a: Graph, b: Graph): void {
  const [x, y] = [a, b].map(g => evaluate(g, feeds(a), { precision: 'f32' }));
  for (const [name, tensor] of x!) expect(y!.get(name), name).toEqual(tensor);
}

test.each([
  ['whole', everything],
  ['apart', bare],
])('random steps give the same bits whatever is kept, composites %s', (_, target) => {
  let again = 0;
  fc.assert(
    fc.property(randomGraph, fc.nat(), (made, n) => {
      const graph = optimize(withLoss(made), target, ops);
      const forward = forwardValues(graph);
      const order = dropOrder(graph, forward, ops);
      expect([...order].sort((a, b) => a - b)).toEqual(forward.saved);
      const kept = new Set(order.slice(n % (order.length + 1)));
      const result = rematerialize(graph, forward, kept);
      const rewritten = withoutDead(result.graph);
      again += result.again.length;
      expectSound(rewritten);
      expectEqualBits(graph, rewritten);
      // Merging equal nodes takes nothing back.
      const merged = commonSubexpressions.run(rewritten, { registry: ops, target });
      expect(peakBytes(merged, target)).toBeLessThanOrEqual(peakBytes(rewritten, target));
    }),
    { numRuns: 200 },
  );
  expect(again).toBeGreaterThan(100);
});

/** Layers of x ← x + tanh(x·W)·V with dropout, and Σ x² as the loss. */
function stack(depth: number, rows: number, width: number, target: Target): Graph {
  const b = createBuilder('stack', ops);
  const [seed, step] = ['seed', 'step'].map(n => b.input(n, 'scalar', { dtype: 'i32', shape: [] }));
  let x = b.input('x', 'feed', f32(rows, width));
  const names: string[] = [];
  const product = (of: ValueId, name: string): ValueId => {
    names.push(name);
    const w = b.input(name, 'weight', f32(width, width));
    const axes = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] };
    return b.one('dot_general', [of, w], axes);
  };
  for (let i = 0; i < depth; i++) {
    const hidden = b.one('tanh', [product(x, `w${i}`)]);
    const kept = drawn(b, seed!, step!, i, [rows, width]);
    x = b.one('add', [x, b.one('select', [kept, product(hidden, `v${i}`), b.constant(0)])]);
  }
  b.output('loss', 'fetch', b.one('reduce_sum', [b.one('mul', [x, x])], { axes: [0, 1], keepdims: false }));
  const trained = names.map(name => ({ name, decay: true }));
  const rate = { kind: 'constant', rate: 1e-3, warmup: 0 } as const;
  const optimizer = {
    kind: 'adamw',
    rate,
    decay: 0.01,
    beta1: 0.9,
    beta2: 0.999,
    epsilon: 1e-8,
    clip: 1,
  } as const;
  return optimize(trainStep({ graph: b.finish(), trained, optimizer, registry: ops }), target, ops);
}

function drawn(
  b: Builder,
  seed: ValueId,
  step: ValueId,
  identity: number,
  shape: readonly number[],
): ValueId {
  return b.one('less', [b.constant(0, 'i32'), b.one('random_bits', [seed, step], { shape, identity })]);
}

const { target } = createOnnxEngine();

test('a step of 12 layers with dropout fits in half, on ONNX Runtime with the same bits', async () => {
  const graph = stack(12, 1024, 16, { ...target, memory: { perByte: 1, fixed: 0 } });
  const plain = { ...target, memory: { perByte: 1, fixed: 0 } };
  const before = peakBytes(graph, plain);
  const { graph: smaller, note } = recompute(graph, plain, ops, before / 2);
  expectSound(smaller);
  expect(note.before).toBe(before);
  expect(note.peak).toBeLessThanOrEqual(before / 2);
  expect(peakBytes(smaller, plain)).toBe(note.peak);
  expect(note.addedWork).toBeGreaterThan(0);
  expect(note.addedWork).toBeLessThan(0.34);
  expectEqualBits(graph, smaller);
  const [a, b] = await Promise.all([onOnnx(graph), onOnnx(smaller)]);
  expect(b).toEqual(a);
});

async function onOnnx(graph: Graph) {
  const engine = createOnnxEngine();
  const session = await engine.open(new Map([['train', schedule(graph, engine.target, [])]]), { threads: 1 });
  const given = feeds(graph);
  const owned = graph.inputs.filter(i => i.role === 'weight' || i.role === 'moment').map(i => i.name);
  const initial = [...given].map(([name, t]) => {
    // A moment is a mean of squares.
    const data = name.includes('#') ? t.data.map(Math.abs) : t.data;
    return [name, { ...t, data }] as const;
  });
  await session.write(new Map(initial.filter(([name]) => owned.includes(name))));
  const fed = new Map(initial.filter(([name]) => !owned.includes(name)));
  const fetched = [await session.run('train', fed), await session.run('train', fed)];
  const held = await session.read(owned);
  await session.close();
  return { fetched, held };
}

describe('gpt-4x256', () => {
  const { graph } = gptTrainStep(target, 'f32');

  test('fits in half on ONNX Runtime, for a fifth of its work more', () => {
    const before = peakBytes(graph, target);
    const { graph: smaller, note } = recompute(graph, target, ops, before / 2);
    expectSound(smaller);
    expect(note.peak).toBeLessThanOrEqual(before / 2);
    expect(note.addedWork).toBeLessThan(0.21);
  });

  test('a little less memory costs next to nothing', () => {
    const { note } = recompute(graph, target, ops, 0.8 * peakBytes(graph, target));
    expect(note.peak).toBeLessThanOrEqual(note.limit);
    expect(note.addedWork).toBeLessThan(0.01);
  });

  test('enough memory changes nothing; too little gives the least', () => {
    const before = peakBytes(graph, target);
    expect(recompute(graph, target, ops, before).graph).toBe(graph);
    const { note } = recompute(graph, target, ops, 1);
    expect(note.peak).toBeGreaterThan(1);
    expect(note.peak).toBeLessThanOrEqual(before / 2);
  });
});
