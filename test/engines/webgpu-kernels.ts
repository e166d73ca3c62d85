// Runs kernels of the engine webgpu by themselves: slots given as tensors, slots wanted as tensors, each a buffer.

import { product, type StaticType } from '../../src/backends/node-query.ts';
import { nodeGpu } from '../../src/backends/webgpu/dawn.ts';
import { type Device, openDevice } from '../../src/backends/webgpu/device.ts';
import { type Kernel, type KernelRule, type Slot, slotOf } from '../../src/backends/webgpu/kernel.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import type { Attrs } from '../../src/ir/graph.ts';

let opened: Promise<Device> | undefined;

/** One device for a whole file of tests. */
export const testDevice = (): Promise<Device> =>
  (opened ??= (async () => {
    const gpu = nodeGpu();
    if (gpu === undefined) throw new Error('the engine webgpu is not installed');
    return openDevice(gpu);
  })());

/** STORAGE, COPY_SRC and COPY_DST; MAP_READ and COPY_DST. */
const [storage, mapped] = [0x80 | 4 | 8, 1 | 8];

export async function runKernels(
  device: Device,
  kernels: readonly Kernel[],
  given: ReadonlyMap<Slot, HostTensor>,
  wanted: ReadonlyMap<Slot, StaticType>,
  /** Elements of slots that are neither given nor wanted. */
  room: ReadonlyMap<Slot, number> = new Map(),
): Promise<ReadonlyMap<Slot, HostTensor>> {
  await device.compile(kernels);
  const { gpu } = device;
  return device.checked(async () => {
    const buffers = new Map<Slot, GPUBuffer>();
    const make = (slot: Slot, elements: number): GPUBuffer => {
      const buffer = gpu.createBuffer({ size: Math.max(4, 4 * elements), usage: storage });
      buffers.set(slot, buffer);
      return buffer;
    };
    for (const [slot, { data }] of given) {
      const words = data instanceof Uint8Array ? Uint32Array.from(data) : data;
      gpu.queue.writeBuffer(make(slot, data.length), 0, words as Float32Array<ArrayBuffer>);
    }
    for (const [slot, { shape }] of wanted) make(slot, product(shape));
    for (const [slot, elements] of room) make(slot, elements);
    const encoder = gpu.createCommandEncoder();
    for (const kernel of kernels) {
      const pass = encoder.beginComputePass();
      pass.setPipeline(device.pipeline(kernel));
      const slots = [...kernel.reads, ...kernel.writes];
      pass.setBindGroup(
        0,
        device.bind(
          kernel,
          slots.map(slot => {
            const buffer = buffers.get(slot);
            if (buffer === undefined) throw new Error(`${kernel.name} wants ${slot}, which is not there`);
            return { buffer };
          }),
        ),
      );
      pass.dispatchWorkgroups(...kernel.workgroups);
      pass.end();
    }
    const results = [...wanted].map(([slot, type]) => {
      const size = 4 * product(type.shape);
      const buffer = gpu.createBuffer({ size, usage: mapped });
      encoder.copyBufferToBuffer(buffers.get(slot)!, 0, buffer, 0, size);
      return { slot, type, buffer };
    });
    gpu.queue.submit([encoder.finish()]);
    const tensors = await Promise.all(
      results.map(async ({ slot, type, buffer }) => {
        await buffer.mapAsync(1);
        const bytes = buffer.getMappedRange().slice(0);
        buffer.destroy();
        return [slot, tensorOf(type, bytes)] as const;
      }),
    );
    for (const buffer of buffers.values()) buffer.destroy();
    return new Map(tensors);
  });
}

function tensorOf(type: StaticType, bytes: ArrayBuffer): HostTensor {
  if (type.dtype === 'i32') return { ...type, dtype: 'i32', data: new Int32Array(bytes) };
  if (type.dtype === 'bool') return { ...type, dtype: 'bool', data: Uint8Array.from(new Uint32Array(bytes)) };
  return { ...type, dtype: 'f32', data: new Float32Array(bytes) };
}

/** Runs a rule on one node: inputs are slots v0, v1, …, outputs the ones after them. */
export async function runRule(
  device: Device,
  rule: KernelRule,
  op: string,
  attrs: Attrs,
  inputs: readonly HostTensor[],
  outputs: readonly StaticType[],
  used: readonly boolean[] = outputs.map(() => true),
): Promise<readonly HostTensor[]> {
  const ids = inputs.map((_, i) => i);
  const outIds = outputs.map((_, i) => inputs.length + i);
  const room = new Map<Slot, number>();
  const kernels = rule({
    node: { op, inputs: ids, outputs: outIds, attrs, regions: [], span: undefined },
    inputs: ids.map(slotOf),
    types: inputs.map(({ dtype, shape }) => ({ dtype, shape })),
    outputs,
    results: outIds.map(slotOf),
    used,
    scratch: elements => {
      const slot: Slot = `s${room.size}`;
      room.set(slot, elements);
      return slot;
    },
  });
  const given = new Map(inputs.map((t, i) => [slotOf(i), t] as const));
  const wanted = new Map(outIds.map((id, i) => [slotOf(id), outputs[i]!] as const).filter((_, i) => used[i]));
  const results = await runKernels(device, kernels, given, wanted, room);
  return outIds.map(id => results.get(slotOf(id))!);
}
