// What a page has as navigator.gpu, in Node.

import type { WebgpuSource } from './engine.ts';
import { installation, loadDawn } from './installation.ts';
import { withoutGpu } from './probe.ts';

const isGpu = (made: unknown): made is GPU =>
  typeof made === 'object' && made !== null && 'requestAdapter' in made;

/** Held as long as the process: devices end with it. */
let held: GPU | undefined;

/** WebGPU of the installation at hand; undefined where there is none. */
export function nodeGpu(): GPU | undefined {
  if (held !== undefined) return held;
  const at = installation();
  if (at === undefined) return undefined;
  const made = loadDawn(at).create([]);
  if (!isGpu(made)) throw new Error('Dawn gave no WebGPU');
  held = made;
  return held;
}

export const nodeSource: WebgpuSource = {
  gpu: nodeGpu,
  version: () => installation()?.webgpu,
  add: 'mm engines add webgpu',
  makesDo: async () => {
    const at = installation();
    return at === undefined ? undefined : withoutGpu(at);
  },
};
