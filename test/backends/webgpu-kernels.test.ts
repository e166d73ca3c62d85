// What the engine webgpu makes of graphs, without a device: which kernels, what they read and write, and where it lies.

import { describe, expect, test } from 'vitest';
import { compositeKernels } from '../../src/backends/webgpu/composites.ts';
import { emitProgram, kernelCounts, type Program } from '../../src/backends/webgpu/emit.ts';
import { mostShared, mostThreads } from '../../src/backends/webgpu/kernel.ts';
import { layoutOf } from '../../src/backends/webgpu/memory.ts';
import { decompose } from '../../src/compiler/passes/decompose.ts';
import { type Builder, createBuilder } from '../../src/ir/builder.ts';
import type { Graph, ValueId } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { coreEdges } from './edge-samples.ts';
import { largeCore } from './large-samples.ts';
import { catalogue, graphOf, stream, whole } from './op-catalogue.ts';
import { expectApart, expectSound } from './webgpu-sound.ts';

function graph(make: (b: Builder) => void): Graph {
  const b = createBuilder('g', ops);
  make(b);
  return decompose(b.finish(), ops, new Set());
}

const shown = ({ kernels }: Program): string =>
  kernels
    .map(k => `${k.name}(${k.reads.join(' ')}) → ${k.writes.join(' ')} · ${k.workgroups.join('×')}`)
    .join('\n');

const f32 = (...shape: number[]) => ({ dtype: 'f32', shape }) as const;
const product = { lhsBatch: [], rhsBatch: [], lhsContract: [1], rhsContract: [0] };
const last = { axes: [1], keepdims: true };

describe('clusters', () => {
  test('a chain with what it stretches, turns and cuts is one kernel', () => {
    const program = emitProgram(
      graph(b => {
        const x = b.input('x', 'feed', f32(4, 6));
        const bias = b.input('bias', 'weight', f32(6));
        const h = b.one('tanh', [b.one('add', [x, bias])]);
        const turned = b.one('transpose', [h], { perm: [1, 0] });
        const half = b.one('slice', [turned], { starts: [1, 0], limits: [6, 4], strides: [2, 1] });
        b.output('y', 'fetch', b.one('mul', [half, b.constant(2)]));
      }),
    );
    expect(shown(program)).toMatchInlineSnapshot(`"mul(v0 v1) → v7 · 1×1×1"`);
    expect(program.kernels[0]?.wgsl.split('@compute')[1]).toMatchInlineSnapshot(`
      " @workgroup_size(64)
      fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
        let i = group.x * 64u + lane;
        if (i >= 12u) { return; }
        let t0: u32 = i % 4u;
        let t1: u32 = i / 4u;
        let t2: u32 = ((t1 * 2u) + 1u);
        let t3: u32 = ((t0 * 6u) + t2);
        let t4: f32 = x0[t3];
        let t5: f32 = x1[t2];
        let t6: f32 = t4 + t5;
        let t7: f32 = tanh_of(t6);
        let t8: f32 = t7 * f32(2.0);
        y0[i] = t8;
      }
      "
    `);
  });

  test('sums of one shape share a kernel, with what is made of them', () => {
    const program = emitProgram(
      graph(b => {
        const x = b.input('x', 'feed', f32(64, 512));
        const mean = b.one('mul', [b.one('reduce_sum', [x], last), b.constant(1 / 512)]);
        const square = b.one('mul', [b.one('reduce_sum', [b.one('mul', [x, x])], last), b.constant(1 / 512)]);
        const deviation = b.one('sqrt', [b.one('sub', [square, b.one('mul', [mean, mean])])]);
        b.output('y', 'fetch', b.one('div', [b.one('sub', [x, mean]), deviation]));
      }),
    );
    expect(shown(program)).toMatchInlineSnapshot(`
      "reduce_sum(v0) → v1 v5 · 64×1×1
      div(v0 v1 v5) → v11 · 128×1×1"
    `);
  });

  test('a sum of few results is cut into parts', () => {
    const program = emitProgram(
      graph(b => {
        const x = b.input('x', 'feed', f32(4096, 64));
        b.output('sum', 'fetch', b.one('reduce_sum', [x], { axes: [0], keepdims: false }));
        b.output('all', 'fetch', b.one('reduce_sum', [x], { axes: [0, 1], keepdims: false }));
      }),
    );
    expect(shown(program)).toMatchInlineSnapshot(`
      "reduce_sum_part(v0) → s0 · 64×1×1
      reduce_sum(s0) → v1 · 2×1×1
      reduce_sum_part(v0) → s1 · 64×1×1
      reduce_sum(s1) → v2 · 1×1×1"
    `);
  });

  test('what is read before and after a product waits for it: no cycle', () => {
    const program = emitProgram(
      graph(b => {
        const x = b.input('x', 'feed', f32(8, 8));
        const a = b.one('exp', [x]);
        const p = b.one('dot_general', [a, x], product);
        b.output('y', 'fetch', b.one('mul', [b.one('add', [a, p]), a]));
      }),
    );
    expect(shown(program)).toMatchInlineSnapshot(`
      "exp(v0) → v1 · 1×1×1
      product(v1 v0) → v2 · 1×1×1
      mul(v1 v2) → v4 · 1×1×1"
    `);
  });

  test('an update writes over weight and moments, in one kernel', () => {
    const program = emitProgram(
      graph(b => {
        const [w, m, v] = ['w', 'm', 'v'].map(name =>
          b.input(name, name === 'w' ? 'weight' : 'moment', f32(300)),
        ) as [ValueId, ValueId, ValueId];
        const x = b.input('x', 'feed', f32(300));
        const scalars = ['rate', 'c1', 'c2'].map(name => b.input(name, 'scalar', f32()));
        const attrs = { beta1: 0.9, beta2: 0.999, epsilon: 1e-8, decay: 0.1 };
        const g = b.one('mul', [w, x]);
        const next = b.emit('adamw_update', [w, g, m, v, ...scalars], attrs);
        for (const [i, name] of ['w', 'm', 'v'].entries()) b.output(name, 'next', next[i]!);
      }),
    );
    expect(shown(program)).toMatchInlineSnapshot(`
      "sub(v4 v5) → v21 v29 · 1×1×1
      sub(v3 v21 v6 v29) → v12 v18 v31 · 2×1×1"
    `);
    expect([...program.over].map(([to, from]) => `${to} over ${from}`)).toMatchInlineSnapshot(`
      [
        "v18 over v2",
        "v12 over v1",
        "v31 over v0",
      ]
    `);
    expect(layoutOf(program, 2 ** 28).renewals).toEqual([]);
  });

  test('updates of one form are one kernel, over weights and gradients that lie side by side', () => {
    const g = graph(b => {
      const x = b.input('x', 'feed', f32(8, 300));
      const rate = b.input('rate', 'scalar', f32());
      const sizes = [5, 64, 65];
      for (const [i, size] of sizes.entries()) {
        const w = b.input(`w${i}`, 'weight', f32(300, size));
        const y = b.one('dot_general', [x, w], product);
        const dims = { lhsBatch: [], rhsBatch: [], lhsContract: [0], rhsContract: [0] };
        const gradient = b.one('dot_general', [x, y], dims);
        b.output(`w${i}`, 'next', b.one('sub', [w, b.one('mul', [gradient, rate])]));
      }
    });
    const program = emitProgram(g);
    expect(program.kernels.map(k => k.name)).toEqual([...new Array(6).fill('product'), 'sub']);
    const layout = layoutOf(program, 2 ** 28);
    expect(layout.runs).toEqual([['w0', 'w1', 'w2']]);
    const [gradients] = program.packs.filter(p => layout.placeOf(p.slot).kind === 'arena');
    expect(gradients?.parts.map(p => p.first)).toEqual([0, 1536, 20736]);
    expectApart(program, layout, g);
    expect(emitProgram(g, { packs: false }).kernels).toHaveLength(9);
  });

  test('a weight that is read after its update is not written over', () => {
    const program = emitProgram(
      graph(b => {
        const w = b.input('w', 'weight', f32(8, 8));
        const next = b.one('mul', [w, b.constant(0.5)]);
        const p = b.one('dot_general', [next, w], product);
        b.output('w', 'next', next);
        b.output('p', 'fetch', p);
      }),
    );
    expect([...program.over]).toEqual([]);
    expect(layoutOf(program, 2 ** 28).renewals).toHaveLength(1);
  });

  test('what is done over again is not joined with what was done before', () => {
    const program = emitProgram(
      graph(b => {
        const x = b.input('x', 'feed', f32(2048));
        const w = b.input('w', 'weight', f32(2048, 2048));
        const dims = { lhsBatch: [], rhsBatch: [], lhsContract: [0], rhsContract: [0] };
        const far = b.one('dot_general', [b.one('exp', [b.one('tanh', [x])]), w], dims);
        const again = b.one('exp', [b.one('tanh', [b.one('after', [x, far])])]);
        b.output('y', 'fetch', b.one('dot_general', [again, w], dims));
        b.output('far', 'fetch', far);
      }),
    );
    expect(shown(program)).toMatchInlineSnapshot(`
      "exp(v0) → v3 · 8×1×1
      product(v3 v1) → v4 · 64×1×1
      exp(v0) → v7 · 8×1×1
      product(v7 v1) → v8 · 64×1×1"
    `);
  });

  test('work that doubles with each step is stored on its way', () => {
    const program = emitProgram(
      graph(b => {
        let x = b.input('x', 'feed', f32(1024));
        for (let step = 1; step < 1024; step *= 2) {
          const moved = b.one('slice', [x], { starts: [0], limits: [1024 - step], strides: [1] });
          x = b.one('add', [x, b.one('pad', [moved], { low: [step], high: [0], value: 0 })]);
        }
        b.output('y', 'fetch', x);
      }),
    );
    expect(program.kernels.length).toBeLessThanOrEqual(8);
    expect(Math.max(...program.kernels.map(k => k.wgsl.length))).toBeLessThan(10_000);
  });

  test('a product of a value with itself reads it once', () => {
    const program = emitProgram(
      graph(b => {
        const x = b.input('x', 'feed', f32(8, 8));
        b.output('y', 'fetch', b.one('dot_general', [x, x], product));
      }),
    );
    for (const k of program.kernels)
      expect(new Set([...k.reads, ...k.writes]).size).toBe(k.reads.length + k.writes.length);
  });

  test('equal layers have equal text', () => {
    const layers = (count: number): number => {
      const program = emitProgram(
        graph(b => {
          let x = b.input('x', 'feed', f32(32, 64));
          for (let i = 0; i < count; i++) {
            const w = b.input(`w${i}`, 'weight', f32(64, 64));
            x = b.one('tanh', [b.one('dot_general', [x, w], product)]);
          }
          b.output('y', 'fetch', x);
        }),
      );
      return new Set(program.kernels.map(k => k.wgsl)).size;
    };
    expect(layers(6)).toBe(layers(2));
  });
});

/** The catalogue of ops, edges and large samples: whatever an op may be asked. */
const all = [
  catalogue(def => def.kind === 'core', whole).graph,
  decompose(catalogue(def => def.decompose !== undefined, whole).graph, ops, new Set()),
  decompose(
    catalogue(def => def.decompose !== undefined, whole).graph,
    ops,
    new Set(Object.keys(compositeKernels)),
  ),
  graphOf(coreEdges(), whole).graph,
  graphOf(largeCore(), whole).graph,
];

/** What the threads of a workgroup share, by the declarations of a text. */
function sharedBytes(wgsl: string): number {
  const arrays = wgsl.matchAll(/var<workgroup> \w+: array<(vec4<f32>|f32|i32|u32|atomic<u32>), (\d+)>/g);
  const bytes = [...arrays].map(([, element, count]) => Number(count) * (element === 'vec4<f32>' ? 16 : 4));
  expect(bytes.length, 'every one is read').toBe(wgsl.split('var<workgroup>').length - 1);
  return bytes.reduce((sum, n) => sum + n, 0);
}

describe.each(all.map((g, i) => [i, g] as const))('catalogue %i', (_, g) => {
  const program = emitProgram(g);

  test('kernels need no more than every device has', () => {
    for (const k of program.kernels) {
      expect(sharedBytes(k.wgsl), k.name).toBeLessThanOrEqual(mostShared);
      const [, threads] = /@workgroup_size\((\d+)\)/.exec(k.wgsl) ?? [];
      expect(Number(threads)).toBeLessThanOrEqual(mostThreads);
    }
  });

  test('kernels are what devices take, and find what they read', () => {
    expectSound(g);
    expect(program.packs).toEqual([]);
  });

  test('kernels are counted at nodes', () => {
    expect(kernelCounts(g).reduce((sum, n) => sum + n, 0)).toBe(program.kernels.length);
  });
});

test('random graphs keep what is wanted', () => {
  const next = stream(5);
  const below = (n: number): number => Math.floor(next() * n);
  for (let round = 0; round < 30; round++) {
    const g = graph(b => {
      const values = [b.input('x', 'feed', f32(8, 8)), b.input('w', 'weight', f32(8, 8))];
      const any = (): ValueId => values[below(values.length)]!;
      for (let i = 0; i < 60; i++) {
        const choice = below(7);
        if (choice === 0) values.push(b.one('dot_general', [any(), any()], product));
        else if (choice === 1) values.push(b.one('transpose', [any()], { perm: [1, 0] }));
        else if (choice === 2) values.push(b.one('sub', [any(), b.one('reduce_max', [any()], last)]));
        else if (choice === 3) values.push(b.one('exp', [any()]));
        else if (choice === 4) values.push(b.one('after', [any(), any()]));
        else values.push(b.one('add', [any(), any()]));
      }
      b.output('w', 'next', values.at(-1)!);
      b.output('y', 'fetch', any());
      b.output('z', 'fetch', any());
    });
    expectSound(g);
  }
});
