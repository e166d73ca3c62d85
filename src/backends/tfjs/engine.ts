// The engine on TensorFlow.js's backends: a plan run kernel by kernel, in Node and in a page. Weights, states and
// moments are tensors of the session; every other tensor is disposed where the plan says that nothing reads it any
// more.

import type { Engine, EngineStatus } from '../engine.ts';
import { addCommand, type BackendName, loadCore } from './packages.ts';
import { refusals } from './refusals.ts';
import { openSession } from './session.ts';
import { startBackend } from './start.ts';

export interface TfjsOptions {
  readonly backend: BackendName;
}

const about: Readonly<Record<BackendName, string>> = {
  cpu: 'TensorFlow.js in plain JavaScript, in Node and in a page; for small models',
  wasm: 'TensorFlow.js in WebAssembly, in Node and in a page',
};

/** What `--engine` calls it. */
export const tfjsName = (backend: BackendName): string => (backend === 'wasm' ? 'tfjs' : `tfjs-${backend}`);

export function createTfjsEngine({ backend }: TfjsOptions = { backend: 'wasm' }): Engine {
  const name = tfjsName(backend);
  return {
    name,
    refusals,
    target: { engine: name, composites: new Set(), alternates: false },
    status: async (): Promise<EngineStatus> => {
      const core = await loadCore(backend);
      return {
        ready: core !== undefined,
        version: core?.version_core,
        about: about[backend],
        add: core === undefined ? addCommand(backend) : undefined,
      };
    },
    open: async entries => {
      const core = await loadCore(backend);
      if (core === undefined)
        throw new Error(`engine ${name} needs packages that are not installed: ${addCommand(backend)}`);
      await startBackend(core, backend);
      return openSession(core, backend, entries);
    },
  };
}
