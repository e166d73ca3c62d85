// The engines that come and go, and what adding each tells.

import { cpuInstead } from '../../backends/tensorflow/probe.ts';
import { withoutAdapter } from '../../backends/webgpu/probe.ts';
import { addTensorflow } from './add-tensorflow.ts';
import { addWebgpu } from './add-webgpu.ts';
import { failure } from './diagnostics.ts';
import type { InstallOptions, Place } from './install-engine.ts';

export interface Added extends Place {
  readonly version: string;
  readonly gpu: boolean;
  /** The device, where it has been found. */
  readonly runsOn: string | undefined;
  /** What it lacks or makes do with. */
  readonly note: string | undefined;
}

export interface AddOptions extends InstallOptions {
  readonly gpu: boolean;
}

const adders: Readonly<Record<string, (options: AddOptions) => Promise<Added>>> = {
  tensorflow: async options => {
    const { version, gpu, why, ...place } = await addTensorflow(options);
    const note = options.gpu && !gpu ? cpuInstead({ why }) : undefined;
    return { ...place, version, gpu, runsOn: gpu ? 'the GPU' : 'the CPU', note };
  },
  webgpu: async options => {
    if (options.gpu) throw failure('one-form', { name: 'webgpu' });
    const { version, adapter, why, ...place } = await addWebgpu(options);
    const note = adapter === undefined ? withoutAdapter({ why }) : undefined;
    return { ...place, version, gpu: adapter?.isSoftware === false, runsOn: adapter?.name, note };
  },
};

/** Engines that are no part of mmlang. */
export const installable: readonly string[] = Object.keys(adders);

export function addEngine(name: string, options: AddOptions): Promise<Added> {
  const add = Object.hasOwn(adders, name) ? adders[name] : undefined;
  if (add === undefined) throw new Error(`the engine ${name} can't be added`);
  return add(options);
}
