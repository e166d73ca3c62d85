// The engine on WebGPU: a plan run on a GPU by kernels in WGSL that are generated here, in Node (by Dawn) and in a page.
// What lies between products is joined to a kernel for each cluster, and all memory is laid out beforehand.

import { type Engine, EngineFailure, type EngineStatus } from '../engine.ts';
import { compositeKernels } from './composites.ts';
import { type Device, openDevice } from './device.ts';
import { kernelCounts } from './emit.ts';
import { refusals } from './refusals.ts';
import { openSession } from './session.ts';

/** Where WebGPU comes from: an installation in Node, `navigator.gpu` in a page. */
export interface WebgpuSource {
  /** Fails where it is there but doesn't load; undefined where it isn't there. */
  readonly gpu: () => GPU | undefined;
  readonly version: () => string | undefined;
  /** The command that adds it. */
  readonly add: string;
  /** What it makes do with on this machine, or lacks. */
  readonly makesDo?: () => Promise<string | undefined>;
}

const about = 'WebGPU: kernels made for each model, on any GPU, in Node and in a page';

export function createWebgpuEngine({ gpu, version, add, makesDo }: WebgpuSource): Engine {
  return {
    name: 'webgpu',
    refusals,
    target: {
      engine: 'webgpu',
      composites: new Set(Object.keys(compositeKernels)),
      packs: true,
      alternates: false,
      kernels: kernelCounts,
    },
    status: async (): Promise<EngineStatus> => {
      const found = version();
      return {
        ready: found !== undefined,
        version: found,
        about,
        add: found === undefined ? add : undefined,
      };
    },
    ...(makesDo === undefined ? {} : { makesDo }),
    open: async entries => {
      const source = gpu();
      if (source === undefined) throw new EngineFailure('load', `WebGPU is not there: ${add}`);
      return openSession(await sharedDevice(source), entries);
    },
  };
}

const devices = new WeakMap<GPU, Promise<Device>>();

/** Sessions share a device, and with it what has been compiled; one that was lost is replaced. */
async function sharedDevice(gpu: GPU): Promise<Device> {
  const known = await devices.get(gpu)?.catch(() => undefined);
  if (known !== undefined && !known.isLost()) return known;
  const opened = openDevice(gpu);
  devices.set(gpu, opened);
  return opened;
}
