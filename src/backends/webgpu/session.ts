// A session on one device: all memory and bind groups are made when it opens, and a run writes feeds, submits one list
// of commands and reads what is fetched. Weights, states and moments stay on the device.

import type { HostTensor } from '../../base/tensor.ts';
import type { Plan } from '../../compiler/plan.ts';
import { EngineFailure, type Session } from '../engine.ts';
import { product, type StaticType } from '../node-query.ts';
import { owned, ownedTypes } from '../owned.ts';
import type { Device } from './device.ts';
import { emitProgram, type Program } from './emit.ts';
import { checkType, tensorOf, wordsOf } from './host.ts';
import { type Kernel, type Slot, slotOf } from './kernel.ts';
import { alignedBytes, type Layout, layoutOf } from './memory.ts';

/** Flags of WebGPU, for which Node has no globals. */
const use = { mapRead: 1, copyFrom: 4, copyTo: 8, storage: 0x80, read: 1 } as const;

interface Bytes {
  readonly buffer: GPUBuffer;
  readonly offset: number;
  readonly size: number;
}

interface Entry {
  readonly program: Program;
  readonly layout: Layout;
  readonly feeds: ReadonlyMap<string, { readonly type: StaticType; readonly at: Bytes | undefined }>;
  readonly fetches: readonly {
    readonly name: string;
    readonly type: StaticType;
    readonly at: Bytes | undefined;
  }[];
  readonly renewals: readonly { readonly from: Bytes; readonly to: Bytes }[];
  readonly steps: readonly { readonly kernel: Kernel; readonly group: GPUBindGroup }[];
  /** Where all that is fetched is copied to. */
  readonly staging: GPUBuffer | undefined;
}

export async function openSession(device: Device, plans: ReadonlyMap<string, Plan>): Promise<Session> {
  const { gpu } = device;
  const types = ownedTypes([...plans].map(([name, plan]) => [name, plan.graph] as const));
  const most = gpu.limits.maxBufferSize - (gpu.limits.maxBufferSize % 256);
  const { programs, layouts, runs } = laidOut(plans, most);
  for (const program of programs.values()) requireRoom(program, gpu.limits.maxStorageBufferBindingSize);
  for (const { kernels } of layouts.values()) await device.compile(kernels);

  const buffers: GPUBuffer[] = [];
  const make = (size: number, usage: number): GPUBuffer => {
    const buffer = gpu.createBuffer({ size, usage });
    buffers.push(buffer);
    return buffer;
  };
  const room = use.storage | use.copyFrom | use.copyTo;
  const opened = await device.checked(() => {
    const state = placeOwned(types, runs, most, size => make(size, room));
    const sizes: number[] = [];
    for (const { arenas } of layouts.values())
      for (const [i, size] of arenas.entries()) sizes[i] = Math.max(sizes[i] ?? 0, size);
    const arenas = sizes.map(size => make(size, room));
    const entries = new Map(
      [...programs].map(
        ([name, program]) =>
          [name, openEntry(device, program, layouts.get(name)!, { arenas, state, make }, types)] as const,
      ),
    );
    return { state, entries };
  });
  const { state, entries } = opened;
  const written = new Set<string>([...types].filter(([, t]) => product(t.shape) === 0).map(([name]) => name));

  const typeOf = (name: string): StaticType => {
    const type = types.get(name);
    if (type === undefined) throw new Error(`no entry has a weight, state or moment named ${name}`);
    return type;
  };
  const requireWritten = (name: string): void => {
    typeOf(name);
    if (!written.has(name)) throw new Error(`${name} has no value yet: write it before the first run`);
  };

  let turn: Promise<unknown> = Promise.resolve();
  /** One after another: they share memory. */
  const inTurn = <T>(work: () => Promise<T>): Promise<T> => {
    const mine = turn.then(work, work);
    turn = mine.catch(() => undefined);
    return mine;
  };

  return {
    async run(entryName, given) {
      const entry = entries.get(entryName);
      if (entry === undefined) throw new Error(`the session has no entry named ${entryName}`);
      checkFeeds(entryName, entry, given);
      const { graph } = entry.program.form;
      for (const { name, role } of graph.inputs) if (owned.has(role)) requireWritten(name);
      const work = async () => {
        for (const [name, { at }] of entry.feeds) {
          const tensor = given.get(name);
          if (at !== undefined && tensor !== undefined)
            gpu.queue.writeBuffer(at.buffer, at.offset, wordsOf(tensor));
        }
        const encoder = gpu.createCommandEncoder();
        if (entry.steps.length > 0) {
          const pass = encoder.beginComputePass();
          for (const { kernel, group } of entry.steps) {
            pass.setPipeline(device.pipeline(kernel));
            pass.setBindGroup(0, group);
            pass.dispatchWorkgroups(...kernel.workgroups);
          }
          pass.end();
        }
        let end = 0;
        for (const { at } of entry.fetches) {
          if (at === undefined || entry.staging === undefined) continue;
          encoder.copyBufferToBuffer(at.buffer, at.offset, entry.staging, end, at.size);
          end += at.size;
        }
        for (const { from, to } of entry.renewals)
          encoder.copyBufferToBuffer(from.buffer, from.offset, to.buffer, to.offset, to.size);
        gpu.queue.submit([encoder.finish()]);
        return collected(entry.fetches, entry.staging);
      };
      return inTurn(() => device.checked(work));
    },
    async write(tensors) {
      for (const [name, tensor] of tensors) checkType(name, typeOf(name), tensor);
      const work = () => {
        for (const [name, tensor] of tensors) {
          const at = state.get(name);
          if (at !== undefined) gpu.queue.writeBuffer(at.buffer, at.offset, wordsOf(tensor));
        }
      };
      await inTurn(() => device.checked(work));
      for (const name of tensors.keys()) written.add(name);
    },
    async read(names) {
      for (const name of names) requireWritten(name);
      const wanted = names.map(name => ({ name, type: typeOf(name), at: state.get(name) }));
      const size = wanted.reduce((sum, w) => sum + (w.at?.size ?? 0), 0);
      const work = async () => {
        if (size === 0) return collected(wanted, undefined);
        const staging = gpu.createBuffer({ size, usage: use.mapRead | use.copyTo });
        const encoder = gpu.createCommandEncoder();
        let end = 0;
        for (const { at } of wanted) {
          if (at === undefined) continue;
          encoder.copyBufferToBuffer(at.buffer, at.offset, staging, end, at.size);
          end += at.size;
        }
        gpu.queue.submit([encoder.finish()]);
        const tensors = await collected(wanted, staging);
        staging.destroy();
        return tensors;
      };
      return inTurn(() => device.checked(work));
    },
    async close() {
      for (const buffer of buffers) buffer.destroy();
    },
  };
}

/**
 * The programs of all entries. One that wants weights side by side in another order than an entry before it updates each
 * by a kernel of its own.
 */
function laidOut(plans: ReadonlyMap<string, Plan>, most: number) {
  const programs = new Map<string, Program>();
  const layouts = new Map<string, Layout>();
  const runs = new Map<string, readonly string[]>();
  for (const [name, { graph }] of plans) {
    let program = emitProgram(graph);
    let layout = layoutOf(program, most);
    const isOdd = (run: readonly string[]): boolean =>
      run.some(n => runs.has(n) && runs.get(n)?.join() !== run.join());
    if (layout.runs.some(isOdd)) {
      program = emitProgram(graph, { packs: false });
      layout = layoutOf(program, most);
    }
    for (const run of layout.runs) for (const n of run) runs.set(n, run);
    programs.set(name, program);
    layouts.set(name, layout);
  }
  return { programs, layouts, runs: [...new Set(runs.values())] };
}

/** Fails at the line whose value is larger than the GPU can bind. */
function requireRoom({ form, elements }: Program, most: number): void {
  for (const [slot, count] of elements) {
    if (4 * count <= most) continue;
    const node = form.graph.nodes[form.producer(Number(slot.slice(1))) ?? -1];
    const message = `WebGPU: one value takes ${4 * count} bytes, and this device holds values of ${most} at most`;
    const at = slot.startsWith('v') && node !== undefined ? { name: node.op, span: node.span } : undefined;
    throw new EngineFailure('memory', message, at);
  }
}

/** Weights, states and moments, those of a run one after another, in as few buffers as they fit in. */
function placeOwned(
  types: ReadonlyMap<string, StaticType>,
  runs: readonly (readonly string[])[],
  most: number,
  make: (size: number) => GPUBuffer,
): ReadonlyMap<string, Bytes> {
  const elements = (name: string): number => product(types.get(name)?.shape ?? []);
  const inRun = new Set(runs.flat());
  const pieces: { size: number; readonly names: { name: string; offset: number; size: number }[] }[] = [];
  for (const run of [...runs, ...[...types.keys()].filter(n => !inRun.has(n)).map(n => [n])]) {
    const size = run.reduce((sum, name) => sum + alignedBytes(elements(name)), 0);
    if (size === 0) continue;
    let piece = pieces.at(-1);
    if (piece === undefined || piece.size + size > most) {
      piece = { size: 0, names: [] };
      pieces.push(piece);
    }
    for (const name of run) {
      piece.names.push({ name, offset: piece.size, size: 4 * elements(name) });
      piece.size += alignedBytes(elements(name));
    }
  }
  return new Map(
    pieces.flatMap(({ size, names }) => {
      const buffer = make(size);
      return names.map(({ name, offset, size: bytes }) => [name, { buffer, offset, size: bytes }] as const);
    }),
  );
}

interface Memory {
  readonly arenas: readonly GPUBuffer[];
  readonly state: ReadonlyMap<string, Bytes>;
  readonly make: (size: number, usage: number) => GPUBuffer;
}

function openEntry(
  device: Device,
  program: Program,
  layout: Layout,
  { arenas, state, make }: Memory,
  types: ReadonlyMap<string, StaticType>,
): Entry {
  const { form, tables } = program;
  const { graph } = form;
  const tableBytes = new Map<Slot, Bytes>();
  for (const [slot, bits] of tables) {
    const buffer = make(Math.max(4, bits.byteLength), use.storage | use.copyFrom | use.copyTo);
    device.gpu.queue.writeBuffer(buffer, 0, bits as Uint32Array<ArrayBuffer>);
    tableBytes.set(slot, { buffer, offset: 0, size: bits.byteLength });
  }
  const bytesOf = (slot: Slot): Bytes => {
    const place = layout.placeOf(slot);
    const found =
      place.kind === 'owned'
        ? state.get(place.name)
        : place.kind === 'table'
          ? tableBytes.get(place.slot)
          : {
              buffer: arenas[place.arena]!,
              offset: place.offset,
              size: 4 * (layout.elements.get(slot) ?? 0),
            };
    if (found === undefined) throw new Error(`slot ${slot} has no memory`);
    // A pack begins where its first part does.
    return slot.startsWith('p') ? { ...found, size: 4 * (layout.elements.get(slot) ?? 0) } : found;
  };
  const isEmpty = (slot: Slot): boolean => (layout.elements.get(slot) ?? 0) === 0;
  const used = new Set(layout.kernels.flatMap(k => [...k.reads, ...k.writes]));
  const outputs = graph.outputs.map(o => ({ ...o, slot: slotOf(form.home(o.id)), type: form.types[o.id]! }));
  const fetches = outputs
    .filter(o => o.role === 'fetch')
    .map(({ name, type, slot }) => ({ name, type, at: isEmpty(slot) ? undefined : bytesOf(slot) }));
  const fetched = fetches.reduce((sum, f) => sum + (f.at?.size ?? 0), 0);
  return {
    program,
    layout,
    feeds: new Map(
      graph.inputs
        .filter(i => !owned.has(i.role))
        .map(({ id, name }) => {
          const slot = slotOf(id);
          const isRead = used.has(slot) || outputs.some(o => o.slot === slot);
          return [
            name,
            { type: form.types[id]!, at: isRead && !isEmpty(slot) ? bytesOf(slot) : undefined },
          ] as const;
        }),
    ),
    fetches,
    renewals: layout.renewals.map(({ name, slot }) => {
      const to = state.get(name);
      if (to === undefined) throw new Error(`no memory for ${name}: ${types.get(name)?.dtype}`);
      return { from: bytesOf(slot), to };
    }),
    steps: layout.kernels.map(kernel => ({
      kernel,
      group: device.bind(kernel, [...kernel.reads, ...kernel.writes].map(bytesOf)),
    })),
    staging: fetched === 0 ? undefined : make(fetched, use.mapRead | use.copyTo),
  };
}

/** What was copied to `staging`, in order; nothing stands for tensors without elements. */
async function collected(
  wanted: readonly { readonly name: string; readonly type: StaticType; readonly at: Bytes | undefined }[],
  staging: GPUBuffer | undefined,
): Promise<ReadonlyMap<string, HostTensor>> {
  await staging?.mapAsync(use.read);
  const bytes = staging?.getMappedRange() ?? new ArrayBuffer(0);
  let end = 0;
  const tensors = wanted.map(({ name, type, at }) => {
    const start = end;
    end += at?.size ?? 0;
    return [name, tensorOf(type, bytes.slice(start, end))] as const;
  });
  staging?.unmap();
  return new Map(tensors);
}

function checkFeeds(entry: string, { feeds }: Entry, given: ReadonlyMap<string, HostTensor>): void {
  for (const [name, { type }] of feeds) {
    const tensor = given.get(name);
    if (tensor === undefined) throw new Error(`entry ${entry} wants a feed named ${name}`);
    checkType(name, type, tensor);
  }
  for (const name of given.keys())
    if (!feeds.has(name)) throw new Error(`entry ${entry} has no feed named ${name}`);
}
