// Plans: who shares memory with whom, and the peak; costs and fusions that are read off a graph.

import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { bytesOf, costByLine, graphCost } from '../../src/compiler/cost.ts';
import { fusionsOf } from '../../src/compiler/fusions.ts';
import { decompose } from '../../src/compiler/passes/decompose.ts';
import type { Target } from '../../src/compiler/plan.ts';
import { schedule } from '../../src/compiler/schedule.ts';
import { type Builder, createBuilder } from '../../src/ir/builder.ts';
import type { Graph, ValueId } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { bare, everything, expectSame, expectSound, f32, graphOf } from './helpers.ts';
import { randomGraph } from './random-graphs.ts';

describe('memory', () => {
  test('a chain needs two buffers, a reshape none', () => {
    const graph = graphOf({ x: f32(16) }, (b, { x }) => {
      const shaped = b.one('reshape', [b.one('exp', [b.one('neg', [x!])])], { shape: [4, 4] });
      return b.one('sin', [b.one('tanh', [shaped])]);
    });
    const plan = schedule(graph, bare, []);
    expect([...plan.bufferOf.values()]).toEqual([0, 1, 1, 0, 1]);
    expect(plan.buffers).toEqual([
      { id: 0, bytes: 64 },
      { id: 1, bytes: 64 },
    ]);
    expect(plan.releases).toEqual([[], [1], [], [2, 3], [4]]);
    expect(plan.peakBytes).toBe(64 + 2 * 64);
  });

  test('weights and moments count twice where the engine alternates, and their next values not at all', () => {
    const b = createBuilder('step', ops);
    const w = b.input('w', 'weight', f32(16));
    const x = b.input('x', 'feed', f32(16));
    b.output('w', 'next', b.one('add', [w, x]));
    const graph = b.finish();
    expect(schedule(graph, bare, []).peakBytes).toBe(64 + 64 + 64);
    expect(schedule(graph, { ...bare, alternates: true }, []).peakBytes).toBe(2 * 64 + 64);
  });

  test('a sum lies where its first term lay, unless that is read again, or in another shape', () => {
    const target: Target = { ...bare, inPlace: new Set(['add']) };
    const sum = (read: (b: Builder, term: ValueId, result: ValueId) => readonly ValueId[]) => {
      const graph = graphOf({ x: f32(16) }, (b, { x }) => {
        const terms = ['exp', 'sin', 'tanh'].map(op => b.one(op, [x!]));
        return read(b, terms[0]!, b.one('add', [b.one('add', [terms[0]!, terms[1]!]), terms[2]!]));
      });
      return {
        plan: schedule(graph, target, []),
        without: schedule(graph, target, [], new Set(['in-place'])),
      };
    };
    const once = sum((_, __, y) => [y]);
    expect([...once.plan.bufferOf.values()]).toEqual([0, 1, 2, 0, 0]);
    expect([...once.without.bufferOf.values()]).toEqual([0, 1, 2, 3, 0]);
    expect(once.without.peakBytes - once.plan.peakBytes).toBe(64);
    const again = sum((b, term, y) => [y, b.one('neg', [term])]);
    expect(again.plan.bufferOf.get(4)).not.toBe(again.plan.bufferOf.get(1));
    const turned = graphOf({ x: f32(4, 1) }, (b, { x }) => {
      const e = b.one('exp', [x!]);
      return b.one('add', [b.one('reshape', [e], { shape: [1, 4] }), e]);
    });
    expect(schedule(turned, target, []).buffers).toHaveLength(2);
  });

  test('without reuse every value has its own buffer, and none dies before the end', () => {
    const graph = graphOf({ x: f32(16) }, (b, { x }) => b.one('sin', [b.one('exp', [b.one('neg', [x!])])]));
    const plan = schedule(graph, bare, [], new Set(['reuse-buffers']));
    expect(plan.buffers).toHaveLength(3);
    expect(plan.releases).toEqual([[], [], [1, 2]]);
    expect(plan.peakBytes).toBe(4 * 64);
  });

  test.each([
    ['', bare],
    [' but for what is taken over', { ...bare, inPlace: new Set(['add', 'mul', 'exp', 'tanh', 'select']) }],
  ])('no two values that are alive at once share a buffer%s', (_, target) => {
    fc.assert(
      fc.property(randomGraph, graph => {
        const plan = schedule(graph, target, []);
        const alive = new Map<number, ValueId>();
        const root = rootsOf(graph);
        for (const [at, node] of graph.nodes.entries()) {
          for (const id of node.inputs) {
            const buffer = plan.bufferOf.get(id);
            if (buffer !== undefined) expect(root(alive.get(buffer)!)).toBe(root(id));
          }
          const dying = new Set(plan.releases[at]);
          for (const id of node.outputs) {
            const buffer = plan.bufferOf.get(id);
            if (buffer === undefined) continue;
            const other = alive.get(buffer);
            const isTaken =
              other !== undefined && dying.has(root(other)) && target.inPlace?.has(node.op) === true;
            expect(other === undefined || root(other) === root(id) || isTaken).toBe(true);
            alive.set(buffer, id);
            expect(plan.buffers[buffer]!.bytes).toBeGreaterThanOrEqual(bytesOf(graph.types[id]!));
          }
          for (const id of plan.releases[at]!) {
            const buffer = plan.bufferOf.get(id) ?? -1;
            const there = alive.get(buffer);
            if (there !== undefined && root(there) === id) alive.delete(buffer);
          }
        }
        for (const { id } of graph.outputs) {
          const buffer = plan.bufferOf.get(id);
          if (buffer !== undefined) expect(root(alive.get(buffer)!)).toBe(root(id));
        }
      }),
    );
  });
});

/** The value that a chain of reshapes began with. */
function rootsOf(graph: Graph): (id: ValueId) => ValueId {
  const roots = new Map<ValueId, ValueId>();
  for (const node of graph.nodes)
    if (node.op === 'reshape' || node.op === 'stop_gradient')
      roots.set(node.outputs[0]!, roots.get(node.inputs[0]!) ?? node.inputs[0]!);
  return id => roots.get(id) ?? id;
}

describe('costs', () => {
  test('a product: 2·M·K·N operations, its operands and result moved once', () => {
    const graph = graphOf({ x: f32(3, 4), w: f32(4, 5) }, (b, { x, w }) =>
      b.one('dot_general', [x!, w!], { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] }),
    );
    expect(graphCost(graph, ops)).toEqual({ flops: 2 * 3 * 4 * 5, bytes: 4 * (12 + 20 + 15), kernels: 1 });
  });

  test('by the outermost line, reshapes and constants free', () => {
    const at = (file: string, line: number) => ({
      file,
      line,
      start: 0,
      end: 0,
      column: 1,
      endLine: 1,
      endColumn: 1,
    });
    const b = createBuilder('lines', ops);
    const x = b.input('x', 'feed', f32(8));
    b.span = { ...at('std/a.mm', 3), via: at('user.mm', 9) };
    const y = b.one('add', [x, b.constant(1)]);
    b.span = at('user.mm', 4);
    const z = b.one('reshape', [b.one('exp', [b.one('mul', [y, y])])], { shape: [2, 4] });
    b.output('z', 'fetch', z);
    const lines = costByLine(b.finish(), ops);
    expect(lines.map(l => [l.file, l.line, l.kernels])).toEqual([
      ['user.mm', 4, 2],
      ['user.mm', 9, 1],
    ]);
  });
});

describe('fusions', () => {
  const at = (file: string, line: number) => ({
    file,
    line,
    start: 0,
    end: 0,
    column: 1,
    endLine: 1,
    endColumn: 1,
  });
  const b = createBuilder('fusions', ops);
  const x = b.input('x', 'feed', f32(8, 4));
  b.span = { ...at('std/a.mm', 3), via: at('user.mm', 9) };
  const [y] = b.emit('layer_norm', [x], { epsilon: 1e-5 });
  b.span = at('user.mm', 10);
  b.output('z', 'fetch', b.one('softmax', [y!], { axis: 1 }));
  const graph = b.finish();

  test('what the engine keeps whole, with the lines it comes from', () => {
    const [norm, softmax, ...more] = fusionsOf(graph, everything, ops);
    expect(more).toEqual([]);
    expect(norm).toMatchObject({ kind: 'layer_norm', count: 1 });
    expect(norm!.from).toEqual([
      { file: 'std/a.mm', line: 3 },
      { file: 'user.mm', line: 9 },
    ]);
    // max, sub, exp, sum, div as one: four kernels less.
    expect(softmax).toMatchObject({
      kind: 'softmax',
      kernelsSaved: 4,
      from: [{ file: 'user.mm', line: 10 }],
    });
    expect(softmax!.bytesSaved).toBeGreaterThan(0);
  });

  test('an engine that needs more kernels saves less; one that takes it apart has no fusion', () => {
    const needed: Record<string, number> = { softmax: 3, layer_norm: 99 };
    const kernels = (g: Graph) => g.nodes.map(n => needed[n.op] ?? 1);
    const slow = { ...everything, kernels };
    expect(fusionsOf(graph, slow, ops).map(f => [f.kind, f.kernelsSaved])).toEqual([['softmax', 2]]);
    expect(fusionsOf(graph, bare, ops)).toEqual([]);
  });
});

test('decomposition leaves core ops only, and the same values', () => {
  const shape = f32(1, 2, 3, 4);
  const graph = graphOf({ q: shape, k: shape, v: shape }, (b, { q, k, v }) =>
    b.one('silu', [b.emit('attention', [q!, k!, v!], { scale: 0.5, causal: true })[0]!]),
  );
  const apart = decompose(graph, ops, new Set());
  expectSound(apart);
  expect(apart.nodes.every(n => ops.get(n.op)!.kind === 'core')).toBe(true);
  expect(decompose(graph, ops, new Set(['softmax'])).nodes.map(n => n.op)).toContain('softmax');
  expectSame(graph, apart);
});
