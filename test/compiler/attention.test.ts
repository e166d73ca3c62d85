// Attention is recognised in many spellings, with the same results before and after, gradients included.

import { describe, expect, test } from 'vitest';
import { optimize } from '../../src/compiler/optimize.ts';
import { recognise } from '../../src/compiler/recognise.ts';
import type { Builder } from '../../src/ir/builder.ts';
import type { Graph, TensorType, ValueId } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { bare, everything, expectSame, expectSound, f32, feeds, graphOf, withGradients } from './helpers.ts';

const [B, T, S, H, K] = [2, 3, 5, 2, 4] as const;
const D = H * K;
const bool = (...shape: number[]): TensorType => ({ dtype: 'bool', shape });

type Ids = Readonly<Record<string, ValueId>>;

function attentionOf(graph: Graph) {
  return graph.nodes.filter(n => n.op === 'attention');
}

/** Recognised as one attention with these attrs; equal before and after, its gradients too. */
function expectAttention(
  before: Graph,
  attrs: { scale: number; causal: boolean },
  bias: readonly number[] | undefined,
) {
  const after = recognise(before, ops, { afterEach: (_, g) => expectSound(g) });
  const [found, more] = attentionOf(after);
  expect(found, 'an attention').toBeDefined();
  expect(more).toBeUndefined();
  expect(after.nodes.map(n => n.op)).not.toContain('softmax');
  expect(found!.attrs.causal).toBe(attrs.causal);
  expect(found!.attrs.scale).toBeCloseTo(attrs.scale, 6);
  expect(found!.inputs[3] === undefined ? undefined : after.types[found!.inputs[3]]!.shape).toEqual(bias);
  expectSame(before, after, 1e-6);
  const [plain, fused] = [before, after].map(withGradients);
  for (const graph of [fused!, ...[bare, everything].map(target => optimize(fused!, target, ops))]) {
    expectSound(graph);
    expectSame(plain!, graph, 1e-6);
  }
}

const qkv = { q: f32(B, H, T, K), k: f32(B, H, S, K), v: f32(B, H, S, K) };
const dot = (
  b: Builder,
  x: ValueId,
  y: ValueId,
  batch: readonly number[],
  [i, j]: readonly [number, number],
) => b.one('dot_general', [x, y], { lhsBatch: batch, rhsBatch: batch, lhsContract: [i], rhsContract: [j] });
const softmax = (b: Builder, x: ValueId, axis = 3) => b.one('softmax', [x], { axis });
const scaled = (b: Builder, x: ValueId, by: number) => b.one('mul', [x, b.constant(by)]);
const split = (b: Builder, x: ValueId, length: number, perm: readonly number[]) =>
  b.one('transpose', [b.one('reshape', [x], { shape: [B, length, H, K] })], { perm });

describe('spellings', () => {
  test('heads apart, scale after the product', () => {
    const graph = graphOf(qkv, (b, { q, k, v }) => {
      const scores = b.one('div', [dot(b, q!, k!, [0, 1], [3, 3]), b.constant(2)]);
      return dot(b, softmax(b, scores), v!, [0, 1], [3, 2]);
    });
    expectAttention(graph, { scale: 0.5, causal: false }, undefined);
  });

  test('keys transposed, scale on q, softmax by hand', () => {
    const graph = graphOf(qkv, (b, { q, k, v }) => {
      const kt = b.one('transpose', [k!], { perm: [0, 1, 3, 2] });
      const scores = dot(b, scaled(b, q!, 0.5), kt, [0, 1], [3, 2]);
      const max = b.one('reduce_max', [scores], { axes: [3], keepdims: true });
      const e = b.one('exp', [b.one('sub', [scores, max])]);
      const p = b.one('div', [e, b.one('reduce_sum', [e], { axes: [3], keepdims: true })]);
      return dot(b, p, v!, [0, 1], [3, 2]);
    });
    expectAttention(graph, { scale: 0.5, causal: false }, undefined);
  });

  test('heads split from packed projections and merged again, scale on k before the split', () => {
    const graph = graphOf({ x: f32(B, T, D), wq: f32(D, D), wk: f32(D, D), wv: f32(D, D) }, (b, ids: Ids) => {
      const project = (w: ValueId) =>
        b.one('dot_general', [ids.x!, w], { lhsBatch: [], rhsBatch: [], lhsContract: [2], rhsContract: [0] });
      const [q, k, v] = [project(ids.wq!), scaled(b, project(ids.wk!), 0.5), project(ids.wv!)].map(x =>
        split(b, x, T, [0, 2, 1, 3]),
      );
      const y = dot(b, softmax(b, dot(b, q!, k!, [0, 1], [3, 3])), v!, [0, 1], [3, 2]);
      return b.one('reshape', [b.one('transpose', [y], { perm: [0, 2, 1, 3] })], { shape: [B, T, D] });
    });
    expectAttention(graph, { scale: 0.5, causal: false }, undefined);
  });

  test('einsum order: heads left in the middle', () => {
    const graph = graphOf(
      { q: f32(B, T, H, K), k: f32(B, S, H, K), v: f32(B, S, H, K) },
      (b, { q, k, v }) => {
        const scores = b.one('dot_general', [q!, k!], {
          lhsBatch: [0, 2],
          rhsBatch: [0, 2],
          lhsContract: [3],
          rhsContract: [3],
        });
        return b.one('dot_general', [softmax(b, scores), v!], {
          lhsBatch: [0, 1],
          rhsBatch: [0, 2],
          lhsContract: [3],
          rhsContract: [1],
        });
      },
    );
    expectAttention(graph, { scale: 1, causal: false }, undefined);
  });

  test('keys times queries, softmax over the keys in front', () => {
    const graph = graphOf(qkv, (b, { q, k, v }) => {
      const scores = scaled(b, dot(b, k!, q!, [0, 1], [3, 3]), 0.5);
      return dot(b, v!, softmax(b, scores, 2), [0, 1], [2, 2]);
    });
    expectAttention(graph, { scale: 0.5, causal: false }, undefined);
  });

  test('one head, no heads, no batch', () => {
    const three = graphOf({ q: f32(B, T, K), k: f32(B, S, K), v: f32(B, S, K) }, (b, { q, k, v }) =>
      dot(b, softmax(b, scaled(b, dot(b, q!, k!, [0], [2, 2]), 0.5), 2), v!, [0], [2, 1]),
    );
    expectAttention(three, { scale: 0.5, causal: false }, undefined);
    const two = graphOf({ q: f32(T, K), k: f32(S, K), v: f32(S, K) }, (b, { q, k, v }) =>
      dot(b, softmax(b, dot(b, q!, k!, [], [1, 1]), 1), v!, [], [1, 0]),
    );
    expectAttention(two, { scale: 1, causal: false }, undefined);
  });

  test('three batch axes', () => {
    const graph = graphOf(
      { q: f32(2, B, H, T, K), k: f32(2, B, H, S, K), v: f32(2, B, H, S, K) },
      (b, { q, k, v }) => dot(b, softmax(b, dot(b, q!, k!, [0, 1, 2], [4, 4]), 4), v!, [0, 1, 2], [4, 3]),
    );
    expectAttention(graph, { scale: 1, causal: false }, undefined);
  });

  test('a learned temperature', () => {
    const graph = graphOf({ ...qkv, s: f32() }, (b, { q, k, v, s }) =>
      dot(b, softmax(b, b.one('mul', [dot(b, q!, k!, [0, 1], [3, 3]), s!])), v!, [0, 1], [3, 2]),
    );
    expectAttention(graph, { scale: 1, causal: false }, undefined);
  });
});

describe('masks and biases', () => {
  const self = { q: f32(B, H, T, K), k: f32(B, H, T, K), v: f32(B, H, T, K) };
  const iota = (b: Builder, shape: readonly number[], axis: number) =>
    b.one('iota', [], { dtype: 'i32', shape, axis });
  const hide = (b: Builder, mask: ValueId, scores: ValueId) =>
    b.one('select', [mask, scores, b.constant(-1e30)]);

  test.each([
    [
      'key ≤ query',
      (b: Builder) =>
        b.one('less_equal', [iota(b, [T], 0), b.one('reshape', [iota(b, [T], 0)], { shape: [T, 1] })]),
    ],
    [
      'key < query + 1',
      (b: Builder) =>
        b.one('less', [iota(b, [1, T], 1), b.one('add', [iota(b, [T, 1], 0), b.constant(1, 'i32')])]),
    ],
    [
      'not (query < key)',
      (b: Builder) => b.one('not', [b.one('less', [iota(b, [T, T], 0), iota(b, [T, T], 1)])]),
    ],
  ] as const)('causal: %s', (_, mask) => {
    const graph = graphOf(self, (b, { q, k, v }) => {
      const scores = hide(b, mask(b), scaled(b, dot(b, q!, k!, [0, 1], [3, 3]), 0.5));
      return dot(b, softmax(b, scores), v!, [0, 1], [3, 2]);
    });
    expectAttention(graph, { scale: 0.5, causal: true }, undefined);
  });

  test('a mask the other way round is a bias', () => {
    const graph = graphOf(self, (b, { q, k, v }) => {
      const mask = b.one('less_equal', [iota(b, [T, 1], 0), iota(b, [1, T], 1)]);
      return dot(b, softmax(b, hide(b, mask, dot(b, q!, k!, [0, 1], [3, 3]))), v!, [0, 1], [3, 2]);
    });
    expectAttention(graph, { scale: 1, causal: false }, [1, 1, T, T]);
  });

  test('padded keys, weights zeroed after the softmax', () => {
    const graph = graphOf({ ...qkv, keep: bool(B, S) }, (b, { q, k, v, keep }) => {
      const mask = b.one('reshape', [keep!], { shape: [B, 1, 1, S] });
      const p = softmax(b, hide(b, mask, scaled(b, dot(b, q!, k!, [0, 1], [3, 3]), 0.5)));
      return dot(b, b.one('select', [mask, p, b.constant(0)]), v!, [0, 1], [3, 2]);
    });
    expectAttention(graph, { scale: 0.5, causal: false }, [B, 1, 1, S]);
  });

  test('a row with no keys at all gives 0 before and after', () => {
    const graph = graphOf({ ...qkv, keep: bool(B, S) }, (b, { q, k, v, keep }) => {
      const mask = b.one('reshape', [keep!], { shape: [B, 1, 1, S] });
      const p = softmax(b, hide(b, mask, dot(b, q!, k!, [0, 1], [3, 3])));
      return dot(b, b.one('select', [mask, p, b.constant(0)]), v!, [0, 1], [3, 2]);
    });
    const after = recognise(graph, ops);
    expect(attentionOf(after)).toHaveLength(1);
    const inputs = feeds(graph);
    inputs.set('keep', { dtype: 'bool', shape: [B, S], data: Uint8Array.of(0, 0, 0, 0, 0, 1, 1, 0, 0, 0) });
    expectSame(graph, after, 1e-9, inputs);
  });

  test('padded keys, values zeroed before their heads are split', () => {
    const inputs = { q: f32(B, H, T, K), k: f32(B, H, S, K), x: f32(B, S, D), keep: bool(B, S) };
    const graph = graphOf(inputs, (b, { q, k, x, keep }) => {
      const rows = b.one('reshape', [keep!], { shape: [B, S, 1] });
      const v = split(b, b.one('select', [rows, x!, b.constant(0)]), S, [0, 2, 1, 3]);
      const mask = b.one('reshape', [keep!], { shape: [B, 1, 1, S] });
      const p = softmax(b, hide(b, mask, dot(b, q!, k!, [0, 1], [3, 3])));
      return dot(b, b.one('select', [mask, p, b.constant(0)]), v, [0, 1], [3, 2]);
    });
    expectAttention(graph, { scale: 1, causal: false }, [B, 1, 1, S]);
    // The one of the values, the one of the bias.
    expect(recognise(graph, ops).nodes.filter(n => n.op === 'select')).toHaveLength(2);
  });

  test('causal and padded at once, by and', () => {
    const graph = graphOf({ ...self, keep: bool(B, T) }, (b, { q, k, v, keep }) => {
      const causal = b.one('less_equal', [iota(b, [1, 1, 1, T], 3), iota(b, [1, 1, T, 1], 2)]);
      const mask = b.one('and', [causal, b.one('reshape', [keep!], { shape: [B, 1, 1, T] })]);
      return dot(b, softmax(b, hide(b, mask, dot(b, q!, k!, [0, 1], [3, 3]))), v!, [0, 1], [3, 2]);
    });
    const after = recognise(graph, ops, { afterEach: (_, g) => expectSound(g) });
    const [found] = attentionOf(after);
    expect(found?.attrs.causal).toBe(true);
    expect(after.types[found!.inputs[3]!]!.shape).toEqual([B, 1, 1, T]);
    const inputs = feeds(graph);
    inputs.set('keep', { dtype: 'bool', shape: [B, T], data: Uint8Array.of(1, 1, 0, 1, 0, 1) });
    expectSame(graph, after, 1e-9, inputs);
  });

  test('a learned bias inside the scale', () => {
    const graph = graphOf({ ...qkv, bias: f32(H, T, S) }, (b, { q, k, v, bias }) => {
      const scores = scaled(b, b.one('add', [dot(b, q!, k!, [0, 1], [3, 3]), bias!]), 0.5);
      return dot(b, softmax(b, scores), v!, [0, 1], [3, 2]);
    });
    expectAttention(graph, { scale: 0.5, causal: false }, [1, H, T, S]);
  });
});

describe('what is no attention', () => {
  test('weights dropped at random stay as they are', () => {
    const graph = graphOf({ ...qkv, draw: bool(B, H, T, S) }, (b, { q, k, v, draw }) => {
      const p = softmax(b, dot(b, q!, k!, [0, 1], [3, 3]));
      return dot(b, b.one('select', [draw!, p, b.constant(0)]), v!, [0, 1], [3, 2]);
    });
    expect(attentionOf(recognise(graph, ops))).toHaveLength(0);
  });
  test('a softmax over the queries', () => {
    const graph = graphOf(qkv, (b, { q, k, v }) =>
      dot(b, softmax(b, dot(b, q!, k!, [0, 1], [3, 3]), 2), v!, [0, 1], [3, 2]),
    );
    expect(attentionOf(recognise(graph, ops))).toHaveLength(0);
  });
});
