// A graph as the kernels that run it, in their order, with no device needed.

import type { Graph, ValueId } from '../../ir/graph.ts';
import { intsAttr, product } from '../node-query.ts';
import { type ClusterContext, pointsKernel, reduceKernels } from './cluster-kernel.ts';
import { kernelRule } from './core-table.ts';
import { type Form, formOf } from './form.ts';
import { type Group, rootsOf } from './groups.ts';
import { groupsOf } from './join.ts';
import {
  type Element,
  groupIndex,
  type Kernel,
  kernel,
  mostThreads,
  type Slot,
  slotOf,
  spread,
} from './kernel.ts';
import { bitsOf } from './moving.ts';
import { type Pack, packKernel } from './packs.ts';

export interface Program {
  readonly form: Form;
  readonly kernels: readonly Kernel[];
  /** For each kernel the node that it is counted for. */
  readonly nodes: readonly number[];
  /** Elements of every slot that kernels read or write. */
  readonly elements: ReadonlyMap<Slot, number>;
  /** What is written to memory once, as bits. */
  readonly tables: ReadonlyMap<Slot, Uint32Array>;
  /** Slots that lie where an input lies, which they replace. */
  readonly over: ReadonlyMap<Slot, Slot>;
  readonly packs: readonly Pack[];
}

export interface EmitOptions {
  /** false: every weight is updated by a kernel of its own. */
  readonly packs: boolean;
}

export function emitProgram(graph: Graph, options: EmitOptions = { packs: true }): Program {
  const form = formOf(graph);
  const groups = groupsOf(form, options);
  const elements = new Map<Slot, number>();
  for (const id of form.stored) elements.set(slotOf(id), product(form.types[id]?.shape ?? []));
  let rooms = 0;
  const scratch = (count: number): Slot => {
    const slot: Slot = `s${rooms++}`;
    elements.set(slot, count);
    return slot;
  };
  const read = new Set<ValueId>(graph.outputs.map(o => form.home(o.id)));
  for (const g of groups) for (const id of g.loads.keys()) read.add(id);
  const context: ClusterContext = { form, scratch, isWritten: id => read.has(id) };
  const kernels: Kernel[] = [];
  const nodes: number[] = [];
  const packs: Pack[] = [];
  let packCount = 0;
  const pack = (group: Group): readonly Kernel[] => {
    const made = packKernel(form, group, context.isWritten, () => `p${packCount++}`);
    for (const p of made.packs) {
      packs.push(p);
      elements.set(p.slot, p.elements);
    }
    return [made.kernel];
  };
  for (const group of groups) {
    const made = (group.members === undefined ? kernelsOf(context, group) : pack(group)).flatMap(k =>
      apart(k, context),
    );
    kernels.push(...made);
    nodes.push(...made.map(() => group.at));
  }
  const over = new Map(
    groups.flatMap(g => [...g.over].map(([id, input]) => [slotOf(id), slotOf(input)] as const)),
  );
  return { form, kernels, nodes, elements, tables: tablesOf(form), over, packs };
}

function kernelsOf(context: ClusterContext, group: Group): readonly Kernel[] {
  switch (group.kind) {
    case 'points':
      return rootsOf(group).some(context.isWritten) ? pointsKernel(context, group) : [];
    case 'reduce':
      return rootsOf(group).some(context.isWritten) ? reduceKernels(context, group) : [];
    case 'node':
      return nodeKernels(context, group.node ?? -1);
    default:
      return group.kind satisfies never;
  }
}

function nodeKernels({ form, scratch, isWritten }: ClusterContext, at: number): readonly Kernel[] {
  const { graph, types, home } = form;
  const node = graph.nodes[at];
  if (node === undefined) throw new Error(`no node ${at}`);
  const isEmpty = (id: ValueId): boolean => product(types[id]?.shape ?? []) === 0;
  const wanted = node.outputs.filter(id => !isEmpty(id) && isWritten(id));
  if (wanted.length === 0) return [];
  // A sum over nothing is 0; a join takes what there is.
  if (node.op !== 'concat' && node.inputs.some(isEmpty)) return wanted.map(id => zeros(form, id));
  return kernelRule(node.op)({
    node,
    inputs: node.inputs.map(id => slotOf(home(id))),
    types: node.inputs.map(id => types[id]!),
    outputs: node.outputs.map(id => types[id]!),
    results: node.outputs.map(slotOf),
    used: node.outputs.map(id => wanted.includes(id)),
    scratch,
  });
}

const perThread = (count: number, body: string): string => `@compute @workgroup_size(${mostThreads})
fn main(@builtin(workgroup_id) group: vec3<u32>, @builtin(local_invocation_index) lane: u32) {
  let i = ${groupIndex(Math.ceil(count / mostThreads))} * ${mostThreads}u + lane;
  if (i < ${count}u) { ${body} }
}
`;

function zeros({ types }: Form, id: ValueId): Kernel {
  const count = product(types[id]?.shape ?? []);
  return kernel({
    name: 'zeros',
    reads: [],
    writes: [{ name: 'y', slot: slotOf(id), element: 'u32' }],
    body: perThread(count, 'y[i] = 0u;'),
    workgroups: spread(Math.ceil(count / mostThreads)),
  });
}

export function copyKernel(from: Slot, to: Slot, count: number): Kernel {
  const element: Element = 'u32';
  return kernel({
    name: 'copy',
    reads: [{ name: 'x', slot: from, element }],
    writes: [{ name: 'y', slot: to, element }],
    body: perThread(count, 'y[i] = x[i];'),
    workgroups: spread(Math.ceil(count / mostThreads)),
  });
}

/** WebGPU binds no memory twice that is written: what a kernel reads by two names is copied for the second. */
function apart(k: Kernel, { form, scratch }: ClusterContext): readonly Kernel[] {
  const copies: Kernel[] = [];
  const seen = new Set<Slot>();
  const reads = k.reads.map(slot => {
    if (!seen.has(slot)) {
      seen.add(slot);
      return slot;
    }
    const count = product(form.types[Number(slot.slice(1))]?.shape ?? []);
    const copy = scratch(count);
    copies.push(copyKernel(slot, copy, count));
    return copy;
  });
  return copies.length === 0 ? [k] : [...copies, { ...k, reads }];
}

function tablesOf({ graph, types, kinds }: Form): ReadonlyMap<Slot, Uint32Array> {
  return new Map(
    graph.nodes.flatMap((node, at) => {
      const [id] = node.outputs;
      const type = types[id ?? -1];
      if (kinds[at] !== 'table' || id === undefined || type === undefined) return [];
      const values = intsAttr({ node, inputs: [], types: [], outputs: [], used: [] }, 'values');
      return [[slotOf(id), Uint32Array.from(values, v => bitsOf(v, type))] as const];
    }),
  );
}

/** Kernels that are run for each node of a graph. */
export function kernelCounts(graph: Graph): readonly number[] {
  const counts = graph.nodes.map(() => 0);
  for (const at of emitProgram(graph).nodes) counts[at] = (counts[at] ?? 0) + 1;
  return counts;
}
