// A backend of TensorFlow.js, started and with our own kernels registered beside its own.

import type { KernelConfig, TensorInfo } from '@tensorflow/tfjs-core';
import { multiplyInto } from '../../ops/host-matmul.ts';
import { input, inputType, type NodeQuery, outputType } from '../node-query.ts';
import { hostElementwise } from './host-elementwise.ts';
import { hostIndexing } from './host-index.ts';
import { type HostKernel, result } from './host-kernel.ts';
import { type HostMemory, hostMemory } from './host-memory.ts';
import { hostReductions } from './host-reduce.ts';
import { hostUnfolding } from './host-unfold.ts';
import type { BackendName, Core } from './packages.ts';

/** [B, M, K] · [B, K, N], summed in double precision. */
const matmul: HostKernel = q => {
  const [batch = 1, rows = 1, inner = 1] = inputType(q, 0).shape;
  const columns = outputType(q).shape[2] ?? 1;
  multiplyInto(result(q), input(q, 0), input(q, 1), { batch, rows, inner, columns });
};

const hostKernels = {
  matmul,
  ...hostElementwise,
  ...hostReductions,
  ...hostIndexing,
  ...hostUnfolding,
} as const satisfies Readonly<Record<string, HostKernel>>;

export type OwnKernel = keyof typeof hostKernels;

/** The name under which TensorFlow.js knows a kernel of ours. */
export const kernelName = (own: OwnKernel): string => `mmlang/${own}`;

const started = new Set<BackendName>();
/** One backend at a time: starting one ends the starting of another. */
let starting: Promise<void> = Promise.resolve();

/** Starts the backend where it isn't yet. */
export function startBackend(core: typeof Core, name: BackendName): Promise<void> {
  const start = starting.then(async () => {
    if (started.has(name)) return;
    // Without this TensorFlow.js prints an advertisement to install its other packages.
    core.enableProdMode();
    if (!(await core.setBackend(name))) throw new Error(`TensorFlow.js could not start its backend ${name}`);
    const backend = core.engine().findBackend(name);
    if (name === 'wasm') refuseNull(backend);
    const memory = hostMemory(name, backend);
    for (const [own, kernel] of Object.entries(hostKernels))
      core.registerKernel(asKernel(own as OwnKernel, name, kernel, memory));
    started.add(name);
  });
  starting = start.catch(() => undefined);
  return start;
}

function asKernel(
  own: OwnKernel,
  backendName: BackendName,
  kernel: HostKernel,
  memory: HostMemory,
): KernelConfig {
  return {
    kernelName: kernelName(own),
    backendName,
    kernelFunc: ({ inputs, attrs }) => {
      const { query } = attrs as unknown as { readonly query: NodeQuery<unknown> };
      const made: TensorInfo[] = [];
      try {
        for (const type of query.outputs) made.push(memory.allocate(type));
        const views = (Object.values(inputs) as TensorInfo[]).map(t => memory.view(t));
        kernel({ ...query, inputs: views, results: made.map(t => memory.view(t)) });
        return made;
      } catch (e) {
        for (const tensor of made) memory.free(tensor);
        throw e;
      }
    },
  };
}

/** A heap that is full gives address 0, which the backend would write to. */
function refuseNull(backend: object): void {
  const { wasm } = backend as { readonly wasm: { _malloc(bytes: number): number } };
  const malloc = wasm._malloc;
  wasm._malloc = bytes => {
    const address = malloc(bytes);
    if (address === 0 && bytes > 0)
      throw new Error(
        `out of memory: WebAssembly has 4 GiB at most, and ${bytes} bytes more were asked for; a smaller batch takes less`,
      );
    return address;
  };
}
