// Attention as a spec's train step has it, through the passes and a session on WebGPU, against the reference without
// passes: lengths of many tiles, and heads that share keys and values. Two runs give the same bits.

import { describe, expect, test } from 'vitest';
import { evaluate } from '../../src/backends/reference/evaluate.ts';
import { nodeSource } from '../../src/backends/webgpu/dawn.ts';
import { createWebgpuEngine } from '../../src/backends/webgpu/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { differentiate } from '../../src/compiler/differentiate.ts';
import { optimize } from '../../src/compiler/optimize.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { planOf } from '../backends/op-catalogue.ts';
import { expectNear, random } from './webgpu-compare.ts';

const engine = createWebgpuEngine(nodeSource);

/** Causal attention over padded keys; fetches the result and the gradients of q, k and v. */
function attentionStep(heads: number, groups: number, length: number, width: number): Graph {
  const b = createBuilder('attention', ops);
  const qkv = [heads, groups, groups].map((count, i) =>
    b.input('qkv'[i]!, 'feed', { dtype: 'f32', shape: [1, count, length, width] }),
  );
  const [q, ...shared] = qkv;
  const [k, v] = shared.map(id => {
    if (groups === heads) return id;
    const apart = b.one('reshape', [id], { shape: [1, groups, 1, length, width] });
    const wide = b.one('broadcast', [apart], { shape: [1, groups, heads / groups, length, width] });
    return b.one('reshape', [wide], { shape: [1, heads, length, width] });
  });
  const bias = b.input('bias', 'feed', { dtype: 'f32', shape: [1, 1, 1, length] });
  const [out] = b.emit('attention', [q!, k!, v!, bias], { scale: width ** -0.5, causal: true });
  const weight = b.input('weight', 'feed', b.typeOf(out!));
  const loss = b.one('reduce_sum', [b.one('mul', [out!, weight])], { axes: [0, 1, 2, 3], keepdims: false });
  for (const [i, id] of differentiate(b, loss, qkv).entries()) b.output(`d${'qkv'[i]}`, 'fetch', id!);
  b.output('out', 'fetch', out!);
  return b.finish();
}

const feedsOf = (graph: Graph): ReadonlyMap<string, HostTensor> =>
  new Map(
    graph.inputs.map(({ id, name }) => {
      const tensor = random(graph.types[id]!.shape.map(Number), name);
      if (name === 'bias') for (const i of tensor.data.keys()) tensor.data[i] = i % 7 === 3 ? -1e30 : 0;
      return [name, tensor];
    }),
  );

describe('causal attention over padded keys', () => {
  test.each([
    ['256 tokens', 2, 2, 256, 16],
    ['512 tokens', 1, 1, 512, 8],
    ['heads in groups', 6, 2, 70, 8],
  ])('%s', async (_, heads, groups, length, width) => {
    const graph = attentionStep(heads, groups, length, width);
    const optimized = optimize(graph, engine.target, ops);
    const names = optimized.nodes.map(n => n.op).filter(op => op.includes('attention'));
    expect(names).toEqual(['flash_attention', 'flash_attention_grad']);
    const keys = optimized.nodes.find(n => n.op === 'flash_attention')!.inputs[1]!;
    expect(optimized.types[keys]!.shape[1]).toBe(groups);
    const feeds = feedsOf(graph);
    const session = await engine.open(new Map([['step', planOf(optimized)]]), {});
    const [found, again] = [await session.run('step', feeds), await session.run('step', feeds)];
    await session.close();
    for (const [name, expected] of evaluate(graph, feeds, { precision: 'f32' })) {
      expectNear(found.get(name)!, expected, name);
      expect(again.get(name), name).toEqual(found.get(name));
    }
  });
});
