// A device of WebGPU with what has been compiled for it. What goes wrong on it comes as an EngineFailure from whoever
// awaits the work that it belongs to; nothing is swallowed.

import { EngineFailure } from '../engine.ts';
import { type Kernel, mostBindings } from './kernel.ts';

export interface Device {
  readonly gpu: GPUDevice;
  /** What it runs on, as the driver calls it. */
  readonly name: string;
  /** Compiles what isn't yet; kernels of one text are compiled once. */
  compile(kernels: readonly Kernel[]): Promise<void>;
  pipeline(kernel: Kernel): GPUComputePipeline;
  bind(kernel: Kernel, buffers: readonly GPUBufferBinding[]): GPUBindGroup;
  /** Runs `work` and fails with what the device says of it. */
  checked<T>(work: () => T | Promise<T>): Promise<T>;
  isLost(): boolean;
}

const noAdapter =
  'WebGPU finds no GPU here: it needs a driver for Vulkan (on Linux), Metal or Direct3D 12; or choose another engine (mm engines shows them)';

export async function openDevice(gpu: GPU): Promise<Device> {
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null) throw new EngineFailure('load', noAdapter);
  const { maxBufferSize, maxStorageBufferBindingSize } = adapter.limits;
  const device = await adapter.requestDevice({
    requiredLimits: { maxBufferSize, maxStorageBufferBindingSize },
  });
  let failure: EngineFailure | undefined;
  let isLost = false;
  device.addEventListener('uncapturederror', e => {
    // Shown by nobody else: whoever awaits next fails.
    e.preventDefault();
    failure ??= failed(e.error);
  });
  void device.lost.then(({ reason, message }) => {
    isLost = true;
    if (reason !== 'destroyed')
      failure ??= new EngineFailure(
        'run',
        `the GPU was lost: ${message}; start again, or choose another engine`,
      );
  });
  const layouts = layoutsOf(device);
  const pipelines = new Map<string, GPUComputePipeline>();

  const checked = async <T>(work: () => T | Promise<T>): Promise<T> => {
    device.pushErrorScope('validation');
    device.pushErrorScope('out-of-memory');
    device.pushErrorScope('internal');
    const done = await Promise.resolve()
      .then(work)
      .then(
        value => ({ value }),
        (thrown: unknown) => ({ thrown }),
      );
    const errors = await Promise.all([0, 1, 2].map(() => device.popErrorScope()));
    const error = errors.find(e => e !== null);
    if (error !== undefined && error !== null) failure ??= failed(error);
    const said = failure;
    if (!isLost) failure = undefined;
    // What the device says is the cause of what `work` throws.
    if (said !== undefined) throw said;
    if ('thrown' in done) throw done.thrown;
    return done.value;
  };

  return {
    gpu: device,
    name: adapter.info.description || adapter.info.device || adapter.info.vendor || 'a GPU',
    checked,
    compile: async kernels => {
      const texts = new Map(kernels.map(k => [k.wgsl, k] as const).filter(([wgsl]) => !pipelines.has(wgsl)));
      await checked(() =>
        Promise.all(
          [...texts].map(async ([wgsl, kernel]) => {
            const module = device.createShaderModule({ code: wgsl, label: kernel.name });
            pipelines.set(
              wgsl,
              await device.createComputePipelineAsync({
                label: kernel.name,
                layout: device.createPipelineLayout({ bindGroupLayouts: [layoutFor(layouts, kernel)] }),
                compute: { module, entryPoint: 'main' },
              }),
            );
          }),
        ),
      );
    },
    pipeline: kernel => {
      const pipeline = pipelines.get(kernel.wgsl);
      if (pipeline === undefined) throw new Error(`${kernel.name} was not compiled`);
      return pipeline;
    },
    bind: (kernel, buffers) =>
      device.createBindGroup({
        layout: layoutFor(layouts, kernel),
        entries: buffers.map((resource, binding) => ({ binding, resource })),
      }),
    isLost: () => isLost,
  };
}

/** One layout for each number of bindings; a layout made from a text would lack what the text doesn't use. */
const layoutsOf = (device: GPUDevice): readonly GPUBindGroupLayout[] =>
  Array.from({ length: mostBindings + 1 }, (_, count) =>
    device.createBindGroupLayout({
      entries: Array.from({ length: count }, (_, binding) => ({
        binding,
        // GPUShaderStage.COMPUTE, which Node has no global for.
        visibility: 4,
        buffer: { type: 'storage' as const },
      })),
    }),
  );

function layoutFor(layouts: readonly GPUBindGroupLayout[], kernel: Kernel): GPUBindGroupLayout {
  const layout = layouts[kernel.reads.length + kernel.writes.length];
  if (layout === undefined) throw new Error(`${kernel.name} has more than ${mostBindings} bindings`);
  return layout;
}

const failed = (error: GPUError): EngineFailure =>
  'GPUOutOfMemoryError' in globalThis && error instanceof GPUOutOfMemoryError
    ? new EngineFailure('memory', `WebGPU: ${error.message}`)
    : new EngineFailure(isMemory(error) ? 'memory' : 'run', `WebGPU: ${error.message}`);

/** Node has no global class to ask. */
const isMemory = (error: GPUError): boolean => error.constructor.name === 'GPUOutOfMemoryError';
