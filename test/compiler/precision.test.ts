// Mixed precision as a pass: which ops are narrow, that values are rounded once where they are made, and the scale of
// the loss, with gradients that overflow.

import { describe, expect, test } from 'vitest';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { firstScale, scaleNames, stepsToGrow } from '../../src/compiler/loss-scale.ts';
import { optimize } from '../../src/compiler/optimize.ts';
import { decompose } from '../../src/compiler/passes/decompose.ts';
import { narrowOps, narrowProducts, productComposites } from '../../src/compiler/passes/precision.ts';
import type { OptimizerSpec } from '../../src/compiler/program.ts';
import { schedule } from '../../src/compiler/schedule.ts';
import { trainStep } from '../../src/compiler/train-step.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Graph } from '../../src/ir/graph.ts';
import type { OpDef } from '../../src/ir/op.ts';
import { print } from '../../src/ir/print.ts';
import { ops } from '../../src/ops/registry.ts';
import { bare, everything, expectSound, f32, graphOf } from './helpers.ts';

const matrix = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] };
const count = (graph: Graph, op: string): number => graph.nodes.filter(n => n.op === op).length;
const narrowed = (graph: Graph, precision: 'bf16' | 'f16' = 'bf16'): Graph =>
  narrowProducts.run(graph, { registry: ops, target: bare, precision });

test('composites that hold products are known', () => {
  const holding = [...ops.values()].filter(def => {
    const { samples, decompose: apart } = def as unknown as OpDef;
    if (apart === undefined) return false;
    return samples().some(({ inputs, attrs }) => {
      const b = createBuilder('one', ops);
      const ids = inputs.map(({ type }, i) => b.input(String(i), 'feed', type));
      for (const [i, id] of b.emit(def.name, ids, attrs).entries()) b.output(String(i), 'fetch', id);
      return decompose(b.finish(), ops, new Set()).nodes.some(n => narrowOps.includes(n.op));
    });
  });
  expect(holding.map(d => d.name).sort()).toEqual([...productComposites].sort());
});

describe('values are rounded where they are made', () => {
  test('once, however many products read them and however they are moved', () => {
    const graph = graphOf({ x: f32(2, 3), w: f32(3, 3) }, (b, { x, w }) => {
      const h = b.one('exp', [x!]);
      const turned = b.one('transpose', [h], { perm: [1, 0] });
      return [
        b.one('dot_general', [h, w!], matrix),
        b.one('dot_general', [w!, turned], matrix),
        b.one('neg', [h]),
      ];
    });
    const mixed = narrowed(graph);
    expectSound(mixed);
    expect(print(mixed)).toMatchInlineSnapshot(`
      "graph test {
        input %0 "x" feed: f32[2, 3]
        input %1 "w" feed: f32[3, 3]
        %2: bf16[3, 3] = cast(%1) {to: "bf16"}
        %3: f32[2, 3] = exp(%0)
        %4: bf16[2, 3] = cast(%3) {to: "bf16"}
        %5: bf16[3, 2] = transpose(%4) {perm: [1, 0]}
        %6: bf16[2, 3] = dot_general(%4, %2) {lhsBatch: [], lhsContract: [1], rhsBatch: [], rhsContract: [0]}
        %7: bf16[3, 2] = dot_general(%2, %5) {lhsBatch: [], lhsContract: [1], rhsBatch: [], rhsContract: [0]}
        %8: f32[2, 3] = neg(%3)
        %9: f32[2, 3] = cast(%6) {to: "f32"}
        %10: f32[3, 2] = cast(%7) {to: "f32"}
        fetch "y0" %9
        fetch "y1" %10
        fetch "y2" %8
      }
      "
    `);
  });

  test('and between two products nothing is widened', () => {
    const graph = graphOf({ x: f32(2, 3), w: f32(3, 2) }, (b, { x, w }) => {
      const y = b.one('dot_general', [x!, w!], matrix);
      const flat = b.one('reshape', [b.one('transpose', [y], { perm: [1, 0] })], { shape: [1, 4] });
      return b.one('dot_general', [flat, b.one('reshape', [w!], { shape: [6, 1] })], {
        ...matrix,
        lhsContract: [0],
        rhsContract: [1],
      });
    });
    const mixed = narrowed(graph);
    expectSound(mixed);
    // x, w, and the result for whoever fetched it.
    expect(count(mixed, 'cast')).toBe(3);
  });

  test('attention is taken apart on an engine that runs it whole', () => {
    const head = f32(1, 2, 3, 4);
    const graph = graphOf({ q: head, k: head, v: head }, (b, { q, k, v }) =>
      b.emit('attention', [q!, k!, v!], { scale: 0.5, causal: true }),
    );
    const mixed = optimize(graph, everything, ops, { precision: 'bf16' });
    expect(count(mixed, 'attention')).toBe(0);
    const types = mixed.nodes.flatMap(n => n.outputs.map(id => [n.op, mixed.types[id]?.dtype] as const));
    expect(types.filter(([op]) => op === 'dot_general')).toEqual(Array(2).fill(['dot_general', 'bf16']));
    expect(types.filter(([op]) => op === 'softmax')).toEqual([['softmax', 'f32']]);
    expect(count(optimize(graph, everything, ops), 'attention')).toBe(1);
  });
});

const optimizer: OptimizerSpec = {
  kind: 'sgd',
  rate: { kind: 'constant', rate: 0.5, warmup: 0 },
  momentum: 0.9,
  nesterov: false,
  decay: 0,
  clip: undefined,
};

/** loss = mean of x·w, a state that counts, and a copy that follows w. */
function scaledStep(): Graph {
  const b = createBuilder('step', ops);
  const x = b.input('x', 'feed', f32(2, 2));
  const w = b.input('w', 'weight', f32(2, 1));
  const seen = b.input('seen', 'state', f32());
  b.input('copy', 'state', f32(2, 1));
  const y = b.one('dot_general', [x, w], matrix);
  b.output('loss', 'fetch', b.one('reduce_sum', [y], { axes: [0, 1], keepdims: false }));
  b.output('seen', 'next', b.one('add', [seen, b.constant(1)]));
  const step = trainStep({
    graph: b.finish(),
    trained: [{ name: 'w', decay: true }],
    followers: [{ name: 'copy', of: 'w', by: 0.5 }],
    optimizer,
    registry: ops,
    scaled: true,
  });
  return optimize(step, bare, ops, { precision: 'f16' });
}

const of = (shape: readonly number[], ...data: number[]): HostTensor => ({
  dtype: 'f32',
  shape,
  data: Float32Array.from(data),
});

describe('the scale of the loss', () => {
  const kept = ['w', 'w#m', 'seen', 'copy', ...Object.values(scaleNames)];
  async function opened() {
    const graph = scaledStep();
    expectSound(graph);
    const session = await createReferenceEngine({ precision: 'f32' }).open(
      new Map([['train', schedule(graph, bare, [])]]),
      {},
    );
    await session.write(
      new Map([
        ['w', of([2, 1], 1, 2)],
        ['copy', of([2, 1], 1, 2)],
        ['w#m', of([2, 1], 0, 0)],
        ['seen', of([], 0)],
        [scaleNames.scale, of([], 0)],
        [scaleNames.good, of([], 0)],
      ]),
    );
    return {
      session,
      run: async (x: readonly number[]) => {
        const given = new Map([
          ['x', of([2, 2], ...x)],
          ['rate', of([], 0.5)],
        ]);
        const fetched = await session.run('train', given);
        const held = await session.read(kept);
        const number = (name: string) => fetched.get(name)?.data[0];
        return {
          loss: number('loss'),
          norm: number('gradient_norm'),
          scale: number('loss_scale'),
          held: Object.fromEntries([...held].map(([name, t]) => [name, [...t.data]])),
        };
      },
    };
  }

  test('a step whose gradients overflow is skipped, and the scale halved', async () => {
    const { run } = await opened();
    // dw = Σ x · scale: 65,536 · 1 is infinite in f16.
    const over = await run([1, 1, 0, 0]);
    expect(over).toMatchObject({ loss: 3, scale: firstScale });
    expect(Number.isFinite(over.norm)).toBe(false);
    expect(over.held).toEqual({
      w: [1, 2],
      'w#m': [0, 0],
      seen: [0],
      copy: [1, 2],
      [scaleNames.scale]: [firstScale / 2],
      [scaleNames.good]: [0],
    });
    const good = await run([1, 1, 0, 0]);
    expect(good).toMatchObject({ loss: 3, scale: firstScale / 2, norm: Math.fround(Math.SQRT2) });
    expect(good.held).toEqual({
      w: [0.5, 1.5],
      'w#m': [1, 1],
      seen: [1],
      copy: [0.75, 1.75],
      [scaleNames.scale]: [firstScale / 2],
      [scaleNames.good]: [1],
    });
  });

  test('a NaN skips a step as well', async () => {
    const { run } = await opened();
    const { held } = await run([Number.NaN, 0, 0, 0]);
    expect(held).toMatchObject({ w: [1, 2], seen: [0], [scaleNames.scale]: [firstScale / 2] });
  });

  test('after enough good steps in a row it is doubled', async () => {
    const { session, run } = await opened();
    await session.write(
      new Map([
        [scaleNames.scale, of([], 8)],
        [scaleNames.good, of([], stepsToGrow - 2)],
      ]),
    );
    const step = [0.5, 0, 0, 0];
    expect((await run(step)).held).toMatchObject({
      [scaleNames.scale]: [8],
      [scaleNames.good]: [stepsToGrow - 1],
    });
    expect((await run(step)).held).toMatchObject({ [scaleNames.scale]: [16], [scaleNames.good]: [0] });
    expect((await run(step)).held).toMatchObject({ [scaleNames.scale]: [16], [scaleNames.good]: [1] });
  });
});
