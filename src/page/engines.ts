// The engines that run in a page, and whether they do in this one.

import { setWasmPaths } from '@tensorflow/tfjs-backend-wasm';
import type { Engine } from '../backends/engine.ts';
import { createTfjsEngine } from '../backends/tfjs/engine.ts';

export interface PageEngine {
  readonly name: string;
  /** What it is, in a few words. */
  readonly about: string;
  /** Why it doesn't run in this page; undefined where it does. */
  readonly unfit: string | undefined;
  readonly create: () => Engine;
}

/** All of them, those first that are faster for most models. `wasm` is the folder that holds the .wasm files of TensorFlow.js. */
export async function findEngines({ wasm }: { readonly wasm: string }): Promise<readonly PageEngine[]> {
  return [
    {
      name: 'tfjs',
      about: 'TensorFlow.js in WebAssembly, on the processor',
      unfit: 'WebAssembly' in globalThis ? undefined : 'this browser has no WebAssembly',
      create: () => {
        setWasmPaths(wasm);
        return createTfjsEngine({ backend: 'wasm' });
      },
    },
    {
      name: 'tfjs-cpu',
      about: 'TensorFlow.js in plain JavaScript, on the processor',
      unfit: undefined,
      create: () => createTfjsEngine({ backend: 'cpu' }),
    },
  ];
}
