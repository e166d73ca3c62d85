// Attention whose probabilities nobody reads becomes flash attention, forward and backward, and means the same.

import { describe, expect, test } from 'vitest';
import { flashAttention } from '../../src/compiler/passes/flash-attention.ts';
import { runPasses } from '../../src/compiler/passes/pass.ts';
import type { Graph } from '../../src/ir/graph.ts';
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
