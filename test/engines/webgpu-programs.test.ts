// What the engine webgpu makes of every stage of every spec's tiny variant: kernels that no device refuses, in an order
// that exists, over memory in which nothing wanted is written over. No device is needed.

import { describe, expect, test } from 'vitest';
import { nodeSource } from '../../src/backends/webgpu/dawn.ts';
import { createWebgpuEngine } from '../../src/backends/webgpu/engine.ts';
import { compile } from '../../src/compile.ts';
import { trainingEntries } from '../../src/compiler/program.ts';
import { expectSound } from '../backends/webgpu-sound.ts';
import { openSpec, programs, trials } from '../programs/programs.ts';

const { target } = createWebgpuEngine(nodeSource);

describe.each(programs())('%s', file => {
  const { models, library } = openSpec(file);
  const model = models.find(m => m.variant === 'tiny');
  test('has a tiny variant', () => {
    expect(model).toBeDefined();
  });

  test.each([...(model?.stages.keys() ?? [])])('stage %s', stage => {
    if (library === undefined || model === undefined) throw new Error(`${file} has no tiny variant`);
    const batch = trials[`${file} ${stage}`]?.batch ?? 4;
    const program = compile(library, model).stage(stage, target, { measures: false, batch });
    const entries = trainingEntries(program);
    expect(entries.length).toBeGreaterThan(0);
    for (const { plan } of entries) expectSound(plan.graph);
  });
});
