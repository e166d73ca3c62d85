// The packages of TensorFlow.js, loaded when a session needs them: optional dependencies, so they may be missing.

import type * as Core from '@tensorflow/tfjs-core';

export type { Core };

/** Where kernels run: `cpu` is plain JavaScript, `wasm` WebAssembly with SIMD. */
export type BackendName = 'cpu' | 'wasm';

const version = '4.22.0';

const packages: Readonly<Record<BackendName, readonly string[]>> = {
  cpu: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-cpu'],
  wasm: ['@tensorflow/tfjs-core', '@tensorflow/tfjs-backend-wasm'],
};

/** The command that adds what a backend needs. */
export const addCommand = (backend: BackendName): string =>
  `npm install ${packages[backend].map(name => `${name}@${version}`).join(' ')}`;

/** TensorFlow.js with the backend's kernels registered, or nothing where a package isn't installed. */
export async function loadCore(backend: BackendName): Promise<typeof Core | undefined> {
  try {
    const core = await import('@tensorflow/tfjs-core');
    await loadKernels(backend);
    return core;
  } catch (e) {
    if (isMissing(e)) return undefined;
    throw e;
  }
}

async function loadKernels(backend: BackendName): Promise<unknown> {
  switch (backend) {
    case 'cpu':
      return import('@tensorflow/tfjs-backend-cpu');
    case 'wasm':
      return import('@tensorflow/tfjs-backend-wasm');
    default:
      return backend satisfies never;
  }
}

/** Node says so where a package isn't there; a page is bundled with what it needs. */
function isMissing(e: unknown): boolean {
  const code = e instanceof Error && 'code' in e ? e.code : undefined;
  return (
    (code === 'ERR_MODULE_NOT_FOUND' || code === 'MODULE_NOT_FOUND') && String(e).includes('@tensorflow/')
  );
}
