// The standard library as a user writes it: its attention, norms and cross entropy are found by their shape in the
// graph, and a whole train step means the same before and after all passes.

import { describe, expect, test } from 'vitest';
import { check, compile } from '../../src/compile.ts';
import type { Target } from '../../src/compiler/plan.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { minimizing } from '../minimizing.ts';
import { bare, everything, expectSame, expectSound, feeds } from './helpers.ts';

const spec = `
model Tiny version "1.0.0" {
  modality picture: Image(height: 8, width: 8)
  modality caption: Text(tokenizer: bpe(300), length: 5)
  space shared(8)
  encoder look(p: picture[N...]) -> shared[N...] {
    return patches(p.pixels, size: 4) |> linear(out: 8) |> positions(max: 4) |> transformer(depth: 2, heads: 2, drop: 0.2) |> mean(axis: -2) |> into(shared)
  }
  encoder read(c: caption[N..., T]) -> shared[N...] {
    return embedding(c.ids, width: 8) |> positions(max: 5) |> transformer(depth: 1, heads: 2, causal: true) |> mean(axis: -2) |> into(shared)
  }
  align seen: look(picture) <-> read(caption) by infonce(scale: learned(1 / 0.07, max: 100))
  stage align {
    minimize seen on some.train batch 3
    train all
    optimizer adamw(rate: constant(1e-3), decay: 0.1, clip: 1)
    steps 10
    measure seen on some.validation
  }
}`;

/** The train step as differentiated and as optimized for a target, and the measure. */
function compiled(target: Target): {
  differentiated: Graph;
  lowered: Graph;
  recognised: Graph;
  optimized: Graph;
  measure: Graph;
} {
  const checked = check(spec, 'tiny.mm', () => undefined);
  expect(checked.diagnostics).toEqual([]);
  const [model] = [...checked.models.values()];
  const seen = new Map<string, Graph>();
  let recognised: Graph | undefined;
  const program = compile(checked.library!, model!).stage('align', target, {
    afterEach: (name, graph) => {
      expectSound(graph);
      if (!seen.has('differentiate') && name !== 'differentiate') recognised = graph;
      seen.set(name, graph);
    },
  });
  return {
    lowered: seen.get('lower')!,
    recognised: recognised!,
    differentiated: seen.get('differentiate')!,
    optimized: minimizing(program).train.plan.graph,
    measure: program.measures[0]!.entry.plan.graph,
  };
}

const count = (graph: Graph, op: string): number => graph.nodes.filter(n => n.op === op).length;

describe('recognised in the standard library', () => {
  const { recognised, measure } = compiled(everything);
  test('every attention, the one of captions causal and with its padding as a bias', () => {
    const found = recognised.nodes.filter(n => n.op === 'attention');
    expect(found.map(n => [n.attrs.causal, n.inputs[3] && recognised.types[n.inputs[3]]!.shape])).toEqual([
      [false, undefined],
      [false, undefined],
      [true, [3, 1, 1, 5]],
    ]);
    expect(count(recognised, 'softmax')).toBe(0);
  });
  test('every norm and activation, and the cross entropy both ways', () => {
    expect(count(recognised, 'layer_norm')).toBe(8);
    expect(count(recognised, 'gelu')).toBe(3);
    expect(count(recognised, 'softmax_cross_entropy')).toBe(2);
    expect(count(recognised, 'logsumexp')).toBe(0);
  });
  test('a measure, whose rows may be padding, too', () => {
    expect(count(measure, 'flash_attention')).toBe(3);
    expect(count(measure, 'softmax_cross_entropy')).toBe(2);
  });
});

describe('a whole train step means the same', () => {
  /** Captions with an end, one of them empty; no moment below 0. */
  const inputsOf = (graph: Graph) => {
    const inputs = feeds(graph, 7);
    inputs.set('b0/caption.keep', {
      dtype: 'bool',
      shape: [3, 5],
      data: Uint8Array.of(1, 1, 1, 0, 0, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0),
    });
    for (const [name, tensor] of inputs)
      if (name.endsWith('#v') || /^(rate|correction)/.test(name))
        inputs.set(name, { ...tensor, data: tensor.data.map(Math.abs) });
    return inputs;
  };

  test.each([
    ['composites whole', everything],
    ['taken apart', bare],
  ])('optimized, %s', (_, target) => {
    const { differentiated, optimized } = compiled(target);
    expectSame(differentiated, optimized, 1e-6, inputsOf(differentiated));
  });

  test('recognised and as lowered', () => {
    const { lowered, recognised } = compiled(everything);
    expectSame(lowered, recognised, 1e-9, inputsOf(lowered));
  });
});
