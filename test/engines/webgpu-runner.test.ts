// The runner of kernels, and what a device says of wrong ones.

import { expect, test } from 'vitest';
import { kernel } from '../../src/backends/webgpu/kernel.ts';
import { runKernels, testDevice } from './webgpu-kernels.ts';

const doubled = kernel({
  name: 'doubled',
  reads: [{ name: 'x', slot: 'v0', element: 'f32' }],
  writes: [{ name: 'y', slot: 'v1', element: 'f32' }],
  body: `@compute @workgroup_size(64) fn main(@builtin(global_invocation_id) id: vec3<u32>) {
  if (id.x < 3u) { y[id.x] = larger(2.0 * x[id.x], from_bits(0xff800000u)); }
}
`,
  workgroups: [1, 1, 1],
});
const given = new Map([
  ['v0', { dtype: 'f32', shape: [3], data: Float32Array.of(1, Number.NaN, -2) }],
] as const);
const wanted = new Map([['v1', { dtype: 'f32', shape: [3] }]] as const);

test('a kernel runs', async () => {
  const results = await runKernels(await testDevice(), [doubled], given, wanted);
  expect(results.get('v1')?.data).toEqual(Float32Array.of(2, Number.NaN, -4));
});

test('a text that does not compile fails with what the compiler says', async () => {
  const broken = { ...doubled, wgsl: doubled.wgsl.replace('2.0 * x', '2.0 * z') };
  await expect(runKernels(await testDevice(), [broken], given, wanted)).rejects.toThrow(
    /unresolved value 'z'/,
  );
});
