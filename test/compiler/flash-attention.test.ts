// Attention whose probabilities nobody reads becomes flash attention, forward and backward, and means the same.

import { describe, expect, test } from 'vitest';
import { optimize } from '../../src/compiler/optimize.ts';
import { flashAttention } from '../../src/compiler/passes/flash-attention.ts';
import { runPasses } from '../../src/compiler/passes/pass.ts';
import { recognise } from '../../src/compiler/recognise.ts';
import type { Builder } from '../../src/ir/builder.ts';
import type { Graph, ValueId } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import {
  bare,
  everything,
  expectSame,
  expectSound,
  f32,
  graphOf,
  opsOf,
  runChecked,
  withGradients,
} from './helpers.ts';

const qkv = { q: f32(2, 2, 5, 4), k: f32(2, 2, 3, 4), v: f32(2, 2, 3, 6) };
const run = (graph: Graph): Graph => runChecked(graph, [flashAttention], everything);

function trained(attrs: { scale: number; causal: boolean }, bias?: readonly number[]): Graph {
  return withGradients(
    graphOf(qkv, (b, { q, k, v }) => {
      const hidden = bias === undefined ? [] : [b.constant(-0.25, 'f32', bias)];
      return b.emit('attention', [q!, k!, v!, ...hidden], attrs)[0]!;
    }),
  );
}

describe('flash attention', () => {
  test.each([
    ['plain', trained({ scale: 0.5, causal: false })],
    ['causal', trained({ scale: 0.5, causal: true })],
    ['with a bias', trained({ scale: 0.3, causal: false }, [2, 1, 1, 3])],
  ])('%s, forward and backward', (_, before) => {
    const after = run(before);
    expect(opsOf(after).filter(op => op.includes('attention'))).toEqual([
      'flash_attention',
      'flash_attention_grad',
    ]);
    expectSame(before, after);
    const scores = (graph: Graph) => graph.types.filter(t => t.shape.at(-1) === 3 && t.shape.at(-2) === 5);
    expect(scores(before)).not.toEqual([]);
    expect(scores(after), 'no value of the size of the scores').toEqual([]);
  });

  test('the same forward pass serves two gradients', () => {
    const before = graphOf({ ...qkv, dout: f32(2, 2, 5, 6) }, (b, { q, k, v, dout }) => {
      const [, p] = b.emit('attention', [q!, k!, v!], { scale: 0.5, causal: false });
      const grads = [dout!, b.one('neg', [dout!])].map(d =>
        b.emit('attention_grad', [q!, k!, v!, p!, d], { scale: 0.5 }),
      );
      return grads.flatMap(([dq, dk, dv]) => [dq!, dk!, dv!]);
    });
    const after = run(before);
    expect(opsOf(after).filter(op => op.startsWith('flash'))).toHaveLength(3);
    expectSame(before, after);
  });
});

describe('keys and values stretched over heads', () => {
  /** [B, S, G, K] repeated to [B, G·R, S, K] (`heads inside`), or from [B, G, S, K]. */
  const repeated = (
    graph: (b: Builder, ids: Readonly<Record<string, ValueId>>) => ValueId,
    k: readonly number[],
    v = k,
  ): Graph => withGradients(graphOf({ q: f32(2, 6, 5, 4), k: f32(...k), v: f32(...v) }, graph));
  const attend = (b: Builder, q: ValueId, k: ValueId, v: ValueId): ValueId =>
    b.emit('attention', [q, k, v], { scale: 0.5, causal: true })[0]!;
  const stretch = (b: Builder, x: ValueId, open: number[], wide: number[], closed: number[]): ValueId => {
    const apart = b.one('reshape', [x], { shape: open });
    return b.one('reshape', [b.one('broadcast', [apart], { shape: wide })], { shape: closed });
  };

  /** Broadcasts of more than a number. */
  const stretched = (graph: Graph): number =>
    graph.nodes.filter(n => n.op === 'broadcast' && graph.types[n.inputs[0]!]!.shape.some(d => Number(d) > 1))
      .length;
  const expectGroups = (before: Graph, groups: number): void => {
    const after = run(before);
    const forward = after.nodes.find(n => n.op === 'flash_attention')!;
    expect([1, 2].map(i => after.types[forward.inputs[i]!]!.shape[1])).toEqual([groups, groups]);
    expect(stretched(after), 'keys and values that are still stretched').toBe(0);
    expectSame(before, after);
  };

  test('heads in front', () => {
    const wide = (b: Builder, x: ValueId) => stretch(b, x, [2, 2, 1, 5, 4], [2, 2, 3, 5, 4], [2, 6, 5, 4]);
    expectGroups(
      repeated((b, { q, k, v }) => attend(b, q!, wide(b, k!), wide(b, v!)), [2, 2, 5, 4]),
      2,
    );
  });

  test('heads in the middle, turned after they were repeated', () => {
    const wide = (b: Builder, x: ValueId) =>
      b.one('transpose', [stretch(b, x, [2, 5, 2, 1, 4], [2, 5, 2, 3, 4], [2, 5, 6, 4])], {
        perm: [0, 2, 1, 3],
      });
    expectGroups(
      repeated((b, { q, k, v }) => attend(b, q!, wide(b, k!), wide(b, v!)), [2, 5, 2, 4]),
      2,
    );
  });

  test('one head for all', () => {
    const wide = (b: Builder, x: ValueId) => b.one('broadcast', [x], { shape: [2, 6, 5, 4] });
    expectGroups(
      repeated((b, { q, k, v }) => attend(b, q!, wide(b, k!), wide(b, v!)), [2, 1, 5, 4]),
      1,
    );
  });

  test('heads repeated the other way round, and keys alone, stay apart', () => {
    const inTurns = (b: Builder, x: ValueId) => stretch(b, x, [2, 1, 2, 5, 4], [2, 3, 2, 5, 4], [2, 6, 5, 4]);
    const cases = [
      repeated((b, { q, k, v }) => attend(b, q!, inTurns(b, k!), inTurns(b, v!)), [2, 2, 5, 4]),
      repeated((b, { q, k, v }) => attend(b, q!, inTurns(b, k!), v!), [2, 2, 5, 4], [2, 6, 5, 4]),
    ];
    for (const before of cases) {
      const after = run(before);
      expect(opsOf(after)).toContain('flash_attention');
      expect(stretched(after)).toBeGreaterThan(0);
      expectSame(before, after);
    }
  });

  test('with their gradient read before it is summed, stay apart', () => {
    const before = graphOf(
      { ...qkv, q: f32(2, 2, 3, 4), k: f32(2, 1, 3, 4), v: f32(2, 1, 3, 4), dout: f32(2, 2, 3, 4) },
      (b, { q, k, v, dout }) => {
        const [k4, v4] = [k!, v!].map(x => b.one('broadcast', [x], { shape: [2, 2, 3, 4] }));
        const [, p] = b.emit('attention', [q!, k4!, v4!], { scale: 0.5, causal: false });
        return b.emit('attention_grad', [q!, k4!, v4!, p!, dout!], { scale: 0.5 }).slice(0, 3);
      },
    );
    const after = run(before);
    expect(opsOf(after)).toContain('flash_attention_grad');
    expectSame(before, after);
  });
});

describe('attention stays as it is', () => {
  const attend = (biased: boolean, pick: (out: number, p: number) => number): Graph =>
    graphOf({ ...qkv, bias: f32(1, 2, 5, 3) }, (b, { q, k, v, bias }) => {
      const inputs = [q!, k!, v!, ...(biased ? [bias!] : [])];
      const [out, p] = b.emit('attention', inputs, { scale: 0.5, causal: false });
      return pick(out!, p!);
    });

  test('where its probabilities are fetched', () => {
    const graph = attend(false, (_, p) => p);
    expect(opsOf(run(graph))).toEqual(['attention']);
  });

  test('where its bias has a gradient, which is that of the scores', () => {
    const after = run(withGradients(attend(true, out => out)));
    expect(opsOf(after).filter(op => op.includes('attention'))).toEqual(['attention', 'attention_grad']);
  });

  test('where another op reads its probabilities', () => {
    const graph = graphOf(qkv, (b, { q, k, v }) => {
      const [out, p] = b.emit('attention', [q!, k!, v!], { scale: 0.5, causal: false });
      return [out!, b.one('neg', [p!])];
    });
    expect(opsOf(run(graph))).toEqual(['attention', 'neg']);
  });

  test('on engines that lack the flash forms, and in narrow precision', () => {
    const graph = trained({ scale: 0.5, causal: false });
    expect(flashAttention.run(graph, { registry: ops, target: bare })).toBe(graph);
    const narrow = { registry: ops, target: everything, precision: 'bf16' } as const;
    expect(runPasses(graph, [flashAttention], narrow)).toBe(graph);
  });
});

test('the graph stays sound', () => expectSound(run(trained({ scale: 1, causal: true }))));

test('queries that share keys by their axes are causal too, with the keys read by group', () => {
  const [batch, groups, heads, length, width] = [2, 2, 3, 5, 4];
  const before = graphOf(
    {
      q: f32(batch, groups, heads, length, width),
      k: f32(batch, groups, length, width),
      v: f32(batch, groups, length, width),
    },
    (b, { q, k, v }) => {
      const dims = { lhsBatch: [0, 1], rhsBatch: [0, 1] };
      const scores = b.one('dot_general', [q!, k!], { ...dims, lhsContract: [4], rhsContract: [3] });
      const line = (shape: readonly number[], axis: number) =>
        b.one('iota', [], { dtype: 'i32', shape, axis });
      const seen = b.one('less_equal', [line([1, length], 1), line([length, 1], 0)]);
      const shown = b.one('select', [seen, scores, b.constant(-1e30)]);
      const p = b.one('softmax', [shown], { axis: 4 });
      return b.one('dot_general', [p, v!], { ...dims, lhsContract: [4], rhsContract: [2] });
    },
  );
  const recognised = recognise(before, ops);
  const after = optimize(withGradients(recognised), everything, ops);
  const forward = after.nodes.find(n => n.op === 'flash_attention')!;
  expect(forward.attrs.causal).toBe(true);
  expect(forward.inputs.map(id => after.types[id]!.shape)).toEqual([
    [batch * groups, heads, length, width],
    [batch * groups, 1, length, width],
    [batch * groups, 1, length, width],
  ]);
  expectSame(withGradients(before), after, 1e-6);
});
