// What the engine on WebGPU runs: kernels as text, with the slots that they read and write. Rules give them without a
// device, so that they can be counted, printed and tested anywhere. Every element takes four bytes: f32, i32, and bool
// as u32 0 or 1.

import type { DType } from '../../base/dtype.ts';
import type { ValueId } from '../../ir/graph.ts';
import type { NodeQuery } from '../node-query.ts';
import { helpersFor } from './helpers.ts';

/**
 * Memory that a kernel reads or writes: a value of the graph, room for the time between kernels of one node, or a pack of
 * values that lie side by side.
 */
export type Slot = `v${ValueId}` | `s${number}` | `p${number}`;

export const slotOf = (id: ValueId): Slot => `v${id}`;

/** One dispatch. Shapes and attributes are constants of the text: equal work is equal text, which compiles once. */
export interface Kernel {
  /** What it does, for profiles and counts: `attention_forward`. */
  readonly name: string;
  /** Entry point `main`; binding i of group 0 is reads[i], and after those writes. Made by `kernel`. */
  readonly wgsl: string;
  /** No slot twice, and none that is written: what a kernel both reads and writes stands in `writes` alone. */
  readonly reads: readonly Slot[];
  readonly writes: readonly Slot[];
  /** Each at most `mostGroups`. */
  readonly workgroups: readonly [number, number, number];
}

/** The kernels of one node, in their order. Inputs and outputs of no elements are never asked for. */
export type KernelRule = (q: KernelQuery) => readonly Kernel[];

export interface KernelQuery extends NodeQuery<Slot> {
  /** Where each output goes. */
  readonly results: readonly Slot[];
  /** Room for so many elements until the node's last kernel is through; it holds anything before. */
  readonly scratch: (elements: number) => Slot;
}

/** What every WebGPU device has, so that a kernel needs nothing else: slots, threads and bytes of a workgroup. */
export const mostBindings = 8;
export const mostThreads = 256;
export const mostShared = 16384;
/** Workgroups along one axis. */
export const mostGroups = 65535;

export type Element = 'f32' | 'i32' | 'u32';

export function elementOf(dtype: DType): Element {
  switch (dtype) {
    case 'f32':
    case 'i32':
      return dtype;
    case 'bool':
      return 'u32';
    case 'f16':
    case 'bf16':
      throw new Error(`engine webgpu computes in f32, i32 and bool, not in ${dtype}`);
    default:
      return dtype satisfies never;
  }
}

/** A slot under the name that a kernel's text gives it. */
export interface Binding {
  readonly name: string;
  readonly slot: Slot;
  readonly element: Element | 'vec4<f32>';
}

export interface KernelText {
  readonly name: string;
  readonly reads: readonly Binding[];
  readonly writes: readonly Binding[];
  /** Everything but the declarations of the memory and of what `helpers` has. */
  readonly body: string;
  readonly workgroups: readonly [number, number, number];
}

/**
 * A kernel with its memory declared and the helpers that its body names. All memory is `read_write`, also what is only
 * read: one buffer holds it all, and WebGPU has one way of use for a buffer in a dispatch.
 */
export function kernel({ name, reads, writes, body, workgroups }: KernelText): Kernel {
  const all = [...reads, ...writes];
  if (all.length > mostBindings) throw new Error(`${name} has ${all.length} bindings`);
  const lines = all.map(
    ({ name: as, element }, i) =>
      `@group(0) @binding(${i}) var<storage, read_write> ${as}: array<${element}>;\n`,
  );
  return {
    name,
    wgsl: `${lines.join('')}${helpersFor(body)}${body}`,
    reads: reads.map(b => b.slot),
    writes: writes.map(b => b.slot),
    workgroups,
  };
}

/** So many workgroups over the first two axes; `groupIndex` counts them, and may pass `count`. */
export function spread(count: number): readonly [number, number, number] {
  if (count <= mostGroups) return [Math.max(1, count), 1, 1];
  const rows = Math.ceil(count / mostGroups);
  return [Math.ceil(count / rows), rows, 1];
}

/** The number of this workgroup among those of `spread(count)`, given `@builtin(workgroup_id) group`. */
export const groupIndex = (count: number): string =>
  count <= mostGroups ? 'group.x' : `(group.y * ${spread(count)[0]}u + group.x)`;

/** A number as WGSL of that type. */
export function literalOf(value: number, element: Element): string {
  if (element === 'i32') return value === -2147483648 ? 'i32(-2147483647 - 1)' : `i32(${value})`;
  if (element === 'u32') return `${value >>> 0}u`;
  const single = Math.fround(value);
  const isPlain = Number.isFinite(single) && !Object.is(single, -0);
  const bits = new Uint32Array(Float32Array.of(single).buffer)[0] ?? 0;
  return isPlain ? `f32(${floatText(single)})` : `from_bits(${bits}u)`;
}

const floatText = (value: number): string =>
  Number.isInteger(value) && Math.abs(value) < 2 ** 24 ? `${value}.0` : String(value);
