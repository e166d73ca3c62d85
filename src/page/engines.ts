// The engines that run in a page, and whether they do in this one.

import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import type { Engine } from '../backends/engine.ts';
import { createTfjsEngine } from '../backends/tfjs/engine.ts';
import { createWebgpuEngine } from '../backends/webgpu/engine.ts';

export interface PageEngine {
  readonly name: string;
  /** What it is, in a few words. */
  readonly about: string;
  /** Why it doesn't run in this page; undefined where it does. */
  readonly unfit: string | undefined;
  readonly create: () => Engine;
}

export interface EngineFiles {
  /** The folder, as a page names it, that holds the .wasm files of TensorFlow.js. */
  readonly wasm: string;
}

/** All of them, those first that are faster for most models on this machine. */
export async function findEngines({ wasm }: EngineFiles): Promise<readonly PageEngine[]> {
  const { engine: webgpu, isSlow } = await webgpuEngine();
  const tfjs: PageEngine = {
    name: 'tfjs',
    about: 'TensorFlow.js in WebAssembly, on the processor',
    unfit: 'WebAssembly' in globalThis ? undefined : 'this browser has no WebAssembly',
    create: () => {
      setWasmPaths(wasm);
      return createTfjsEngine({ backend: 'wasm' });
    },
  };
  const plain: PageEngine = {
    name: 'tfjs-cpu',
    about: 'TensorFlow.js in plain JavaScript, on the processor',
    unfit: undefined,
    create: () => createTfjsEngine({ backend: 'cpu' }),
  };
  return isSlow ? [tfjs, webgpu, plain] : [webgpu, tfjs, plain];
}

interface Found {
  readonly engine: PageEngine;
  /** Its device is a processor that does a GPU's work. */
  readonly isSlow: boolean;
}

async function webgpuEngine(): Promise<Found> {
  const { navigator, isSecureContext } = globalThis as {
    readonly navigator?: { readonly gpu?: GPU };
    readonly isSecureContext?: boolean;
  };
  const gpu = navigator?.gpu;
  const adapter = await gpu?.requestAdapter({ powerPreference: 'high-performance' });
  const { vendor, architecture, description, isFallbackAdapter } = adapter?.info ?? {};
  const device = description || [vendor, architecture].filter(part => part !== '').join(' ') || 'a GPU';
  const isSlow = isFallbackAdapter === true || architecture === 'swiftshader';
  const unfit =
    gpu === undefined
      ? isSecureContext === false
        ? 'this page is neither at https nor at localhost'
        : 'this browser has no WebGPU'
      : adapter === null
        ? 'WebGPU finds no device here'
        : undefined;
  const where = isSlow
    ? `${device}, which does a GPU's work on the processor: slower than WebAssembly`
    : device;
  const engine: PageEngine = {
    name: 'webgpu',
    about: unfit === undefined ? `WebGPU, on ${where}` : 'WebGPU, on any GPU',
    unfit,
    create: () =>
      createWebgpuEngine({
        gpu: () => gpu,
        version: () => (unfit === undefined ? 'of this browser' : undefined),
        add: 'take a browser that has it',
      }),
  };
  return { engine, isSlow };
}
