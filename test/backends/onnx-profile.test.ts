// The profile that ONNX Runtime writes, read back to the nodes of a graph.

import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { expect, test } from 'vitest';
import { createOnnxEngine } from '../../src/backends/onnx/engine.ts';
import { nodeTimes } from '../../src/backends/onnx/profile.ts';
import { schedule } from '../../src/compiler/schedule.ts';
import { f32, graphOf } from '../compiler/helpers.ts';

const run = (ts: number, dur: number) => ({ cat: 'Session', name: 'model_run', ts, dur });
const kernel = (name: string, ts: number, dur: number) => ({
  cat: 'Node',
  name: `${name}_kernel_time`,
  ts,
  dur,
});

test('kernels count for their node, in the median of the runs after the first', () => {
  const events = [
    { cat: 'Session', name: 'model_loading_array', ts: 0, dur: 5 },
    run(10, 900),
    kernel('0:add@a.mm:1/Add_0', 20, 800),
    ...[10, 30, 20].flatMap((took, i) => [
      run(1000 * (i + 1), 100),
      kernel('0:add@a.mm:1/Add_0', 1000 * (i + 1) + 1, took),
      { cat: 'Node', name: '0:add@a.mm:1/Add_0_fence_before', ts: 1000 * (i + 1) + 1, dur: 50 },
      kernel('2:softmax@a.mm:7/Mul_3', 1000 * (i + 1) + 40, 2),
      kernel('2:softmax@a.mm:7/Exp_4', 1000 * (i + 1) + 50, 3),
      kernel('outputs/Identity_5', 1000 * (i + 1) + 60, 1),
    ]),
  ];
  const { seconds, between, kernels } = nodeTimes(events, 3);
  expect(seconds.map(s => Math.round(s * 1e6))).toEqual([20, 0, 5]);
  expect(Math.round(between * 1e6)).toBe(75);
  expect(kernels).toBe(4);
});

test('one run alone is told; none is an error, and so is another file', () => {
  expect(nodeTimes([run(0, 10), kernel('1:mul/Mul_0', 1, 4)], 2).seconds[1]).toBeCloseTo(4e-6);
  expect(() => nodeTimes([], 2)).toThrow('no run');
  expect(() => nodeTimes({ traceEvents: [] }, 2)).toThrow('no run');
});

test('a session tells what its nodes take, and leaves no file', async () => {
  const before = readdirSync(tmpdir()).filter(f => f.startsWith('mmlang-profile-'));
  const graph = graphOf({ x: f32(64, 64), y: f32(64, 64) }, (b, { x, y }) => {
    const product = b.one('dot_general', [x!, y!], {
      lhsBatch: [],
      rhsBatch: [],
      lhsContract: [1],
      rhsContract: [0],
    });
    return b.one('tanh', [product]);
  });
  const engine = createOnnxEngine();
  const plans = new Map([['it', schedule(graph, engine.target, [])]]);
  const session = await engine.open(plans, { threads: 1, profile: true });
  const data = new Float32Array(64 * 64).fill(0.01);
  const feeds = new Map(['x', 'y'].map(n => [n, { dtype: 'f32' as const, shape: [64, 64], data }]));
  for (let i = 0; i < 3; i++) await session.run('it', feeds);
  const times = await session.profile?.('it');
  expect(times?.kernels).toBe(2);
  expect(times?.seconds.every(s => s > 0)).toBe(true);
  expect(times?.seconds).toHaveLength(2);
  await session.close();
  expect(readdirSync(tmpdir()).filter(f => f.startsWith('mmlang-profile-'))).toEqual(before);
  const plain = await engine.open(plans, { threads: 1 });
  expect(plain.profile).toBeUndefined();
  await plain.close();
});
