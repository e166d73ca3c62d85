// The memory that attention takes on WebGPU, forward and backward, by the engine's own layout: it grows as the length
// does, and without flash attention as its square. No device is needed. docs/performance.md has these numbers.

import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { nodeSource } from '../../src/backends/webgpu/dawn.ts';
import { emitProgram } from '../../src/backends/webgpu/emit.ts';
import { createWebgpuEngine } from '../../src/backends/webgpu/engine.ts';
import { layoutOf } from '../../src/backends/webgpu/memory.ts';
import { differentiate } from '../../src/compiler/differentiate.ts';
import { optimize } from '../../src/compiler/optimize.ts';
import type { Target } from '../../src/compiler/plan.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Graph } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';

const { target } = createWebgpuEngine(nodeSource);
const apart: Target = {
  ...target,
  composites: new Set([...target.composites].filter(op => !op.startsWith('flash_'))),
};
const lengths = [256, 512, 1024, 2048, 4096];
const [batch, heads, width] = [2, 8, 64];

/** Causal attention over padded keys, fetched with the gradients of q, k and v. */
function attentionStep(length: number): Graph {
  const b = createBuilder('attention', ops);
  const type = { dtype: 'f32', shape: [batch, heads, length, width] } as const;
  const qkv = ['q', 'k', 'v'].map(name => b.input(name, 'feed', type));
  const bias = b.input('bias', 'feed', { dtype: 'f32', shape: [batch, 1, 1, length] });
  const [out] = b.emit('attention', [...qkv, bias], { scale: width ** -0.5, causal: true });
  const along = b.one('mul', [out!, b.input('dout', 'feed', type)]);
  const loss = b.one('reduce_sum', [along], { axes: [0, 1, 2, 3], keepdims: false });
  for (const [i, id] of differentiate(b, loss, qkv).entries()) b.output(`d${'qkv'[i]}`, 'fetch', id!);
  b.output('out', 'fetch', out!);
  return b.finish();
}

function bytesOf(length: number, on: Target): number {
  const program = emitProgram(optimize(attentionStep(length), on, ops));
  return layoutOf(program, 2 ** 40).arenas.reduce((sum, bytes) => sum + bytes, 0);
}

/** q, k, v, dout, out and the three gradients are there at once, whatever attention does. */
const needed = (length: number): number => 8 * 4 * batch * heads * length * width;

describe('attention forward and backward', () => {
  const flash = lengths.map(length => bytesOf(length, target));

  test('takes memory linear in the length', () => {
    for (const [i, bytes] of flash.slice(1).entries()) expect(bytes / flash[i]!).toBeCloseTo(2, 3);
  });

  test('takes a tenth more than what comes in and goes out', () => {
    for (const [i, length] of lengths.entries()) {
      expect(flash[i]).toBeGreaterThanOrEqual(needed(length));
      expect(flash[i]! / needed(length)).toBeLessThan(1.1);
    }
  });

  test('takes memory quadratic in the length where probabilities are kept', () => {
    const kept = lengths.map(length => bytesOf(length, apart));
    expect(kept.at(-1)! / kept.at(-2)!).toBeGreaterThan(3.8);
    expect(kept.at(-1)! / flash.at(-1)!).toBeGreaterThan(15);
  });

  test('is what docs/performance.md says', () => {
    const mib = (bytes: number): string => (bytes / 2 ** 20).toFixed(1);
    const rows = lengths.map(
      (length, i) =>
        `| ${length.toLocaleString('en')} | ${mib(flash[i]!)} | ${mib(bytesOf(length, apart))} |`,
    );
    const page = readFileSync('docs/performance.md', 'utf8');
    for (const row of rows) expect(page.includes(row), row).toBe(true);
  });
});
