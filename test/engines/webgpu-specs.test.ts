// The first train steps of tiny variants on WebGPU, beside the reference: losses and weights, and the same bits in a
// second session.

import { describe, expect, test } from 'vitest';
import { createReferenceEngine } from '../../src/backends/reference/engine.ts';
import { nodeSource } from '../../src/backends/webgpu/dawn.ts';
import { createWebgpuEngine } from '../../src/backends/webgpu/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { openModel } from '../programs/programs.ts';
import { train } from '../specs/harness.ts';

const webgpu = createWebgpuEngine(nodeSource);
const reference = createReferenceEngine({ precision: 'f32' });
const steps = 3;

const norm = (values: Iterable<number>): number => Math.sqrt([...values].reduce((sum, v) => sum + v * v, 0));

type Weights = ReadonlyMap<string, HostTensor>;

/** How far two trainings lie apart, by how far the weights have come. */
function apart(ours: Weights, theirs: Weights, before: Weights): number {
  let [difference, way] = [0, 0];
  for (const [path, { data }] of theirs) {
    const [here, start] = [ours.get(path)!.data, before.get(path)!.data];
    difference = Math.hypot(difference, norm(data.map((v, i) => v - here[i]!)));
    way = Math.hypot(way, norm(data.map((v, i) => v - start[i]!)));
  }
  return difference / Math.max(way, 1e-12);
}

describe.each([
  // Attention, norms, embeddings and dropout; convolutions and running statistics; a queue of another encoder's rows.
  ['gpt.mm', 'pretrain', 4],
  ['resnet.mm', 'pretrain', 16],
  ['moco.mm', 'pretrain', 4],
] as const)('%s %s', (file, stage, batch) => {
  test('trains as the reference does', async () => {
    const compilation = openModel(file, 'tiny');
    const options = { measures: false, batch };
    const program = compilation.stage(stage, webgpu.target, options);
    const run = (engine: typeof webgpu) =>
      train(engine, compilation.stage(stage, engine.target, options), steps, step => step, { rate: 1e-3 });
    const theirs = await run(reference);
    const ours = await run(webgpu);
    for (const [i, loss] of theirs.losses.entries())
      expect(Math.abs(ours.losses[i]! - loss), `step ${i + 1}: ${loss}`).toBeLessThan(
        1e-4 * Math.max(1, Math.abs(loss)),
      );
    expect(apart(ours.after, theirs.after, theirs.before)).toBeLessThan(0.02);
    const still = program.kind === 'minimize' ? program.frozen : [];
    for (const path of still)
      if (ours.after.has(path)) expect(ours.after.get(path)!.data, path).toEqual(ours.before.get(path)!.data);
    const again = await run(webgpu);
    expect(again.losses).toEqual(ours.losses);
    for (const [path, tensor] of ours.after) expect(again.after.get(path), path).toEqual(tensor);
  }, 600_000);
});
