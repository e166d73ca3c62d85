// A session on one backend: entries run node by node. What a run makes is gone after it, also after an error, but for
// the next values of weights, states and moments, which replace the ones before only when the whole run is through.

import type { Tensor } from '@tensorflow/tfjs-core';
import type { HostTensor } from '../../base/tensor.ts';
import type { Plan } from '../../compiler/plan.ts';
import type { Graph, Node, ValueId } from '../../ir/graph.ts';
import { EngineFailure, type Session } from '../engine.ts';
import { isOutOfMemory } from '../native-library.ts';
import { product, type StaticType, sameShape } from '../node-query.ts';
import { ownedTypes, staticType } from '../owned.ts';
import { coreRun } from './core-table.ts';
import type { View } from './host-memory.ts';
import type { BackendName, Core } from './packages.ts';
import { createKernels, type Kernels, type Run } from './run.ts';

const rules: Readonly<Record<string, Run>> = coreRun;

interface Entry {
  readonly graph: Graph;
  readonly types: readonly StaticType[];
  readonly releases: Plan['releases'];
}

export function openSession(
  core: typeof Core,
  backend: BackendName,
  entries: ReadonlyMap<string, Plan>,
): Session {
  const owned = ownedTypes([...entries].map(([name, plan]) => [name, plan.graph] as const));
  const prepared = new Map([...entries].map(([name, plan]) => [name, prepare(name, plan)] as const));
  const kernels = createKernels(core, backend);
  const state = new Map<string, Tensor>();

  const typeOf = (name: string): StaticType => {
    const type = owned.get(name);
    if (type === undefined) throw new Error(`no entry has a weight, state or moment named ${name}`);
    return type;
  };
  const stored = (name: string): Tensor => {
    typeOf(name);
    const tensor = state.get(name);
    if (tensor === undefined) throw new Error(`${name} has no value yet: write it before the first run`);
    return tensor;
  };
  const replace = (name: string, tensor: Tensor): void => {
    state.get(name)?.dispose();
    state.set(name, tensor);
  };
  /** Every kernel until the next await runs on this backend. */
  const choose = async (): Promise<void> => {
    if (core.getBackend() !== backend) await core.setBackend(backend);
  };

  return {
    async run(entryName, feeds) {
      const entry = prepared.get(entryName);
      if (entry === undefined) throw new Error(`the session has no entry named ${entryName}`);
      checkFeeds(entryName, entry, feeds, owned);
      await choose();
      const { graph } = entry;
      const values = new Map<ValueId, Tensor>();
      const made = new Set<Tensor>();
      const keep = (id: ValueId, tensor: Tensor): void => {
        values.set(id, tensor);
        made.add(tensor);
      };
      const valueAt = (id: ValueId): Tensor => {
        const tensor = values.get(id);
        if (tensor === undefined) throw new Error(`value ${id} is read before it is made`);
        return tensor;
      };
      try {
        for (const { id, name } of graph.inputs) {
          const feed = feeds.get(name);
          if (owned.has(name)) values.set(id, stored(name));
          else if (feed !== undefined) keep(id, kernels.tensor(entry.types[id]!, copied(feed)));
        }
        for (const [at, node] of graph.nodes.entries()) {
          const outputs = runNode(core, kernels, entry, node, node.inputs.map(valueAt), backend);
          for (const [i, id] of node.outputs.entries()) keep(id, outputs[i]!);
          for (const id of entry.releases[at] ?? []) {
            const tensor = valueAt(id);
            made.delete(tensor);
            values.delete(id);
            tensor.dispose();
          }
        }
        // Tensors of their own: what is fetched may be a weight that this run replaces.
        const fetched = graph.outputs.filter(o => o.role === 'fetch');
        const nexts = graph.outputs.filter(o => o.role === 'next');
        const shown = fetched.map(o => kernels.stock('Identity', { x: valueAt(o.id) }));
        for (const tensor of shown) made.add(tensor);
        const renewed = nexts.map(o => kernels.stock('Identity', { x: valueAt(o.id) }));
        for (const [i, { name }] of nexts.entries()) replace(name, renewed[i]!);
        const results = await Promise.all(fetched.map((o, i) => presented(shown[i]!, entry.types[o.id]!)));
        return new Map(fetched.map((o, i) => [o.name, results[i]!] as const));
      } finally {
        for (const tensor of made) tensor.dispose();
      }
    },
    async write(tensors) {
      for (const [name, tensor] of tensors) checkType(name, typeOf(name), tensor);
      await choose();
      for (const [name, tensor] of tensors) replace(name, kernels.tensor(typeOf(name), copied(tensor)));
    },
    async read(names) {
      const wanted = names.map(name => [name, stored(name)] as const);
      return new Map(
        await Promise.all(
          wanted.map(async ([name, tensor]) => [name, await presented(tensor, typeOf(name))] as const),
        ),
      );
    },
    async close() {
      for (const tensor of state.values()) tensor.dispose();
      state.clear();
    },
  };
}

function prepare(name: string, { graph, releases }: Plan): Entry {
  for (const node of graph.nodes)
    if (!Object.hasOwn(rules, node.op)) throw new Error(`engine tfjs has no op ${node.op}, in entry ${name}`);
  return { graph, types: graph.types.map(staticType), releases };
}

function runNode(
  core: typeof Core,
  k: Kernels,
  { types }: Entry,
  node: Node,
  inputs: readonly Tensor[],
  backend: BackendName,
): readonly Tensor[] {
  const run = rules[node.op];
  if (run === undefined) throw new Error(`engine tfjs has no op ${node.op}`);
  const typeOf = (id: ValueId): StaticType => types[id]!;
  const query = {
    k,
    node,
    inputs,
    types: node.inputs.map(typeOf),
    outputs: node.outputs.map(typeOf),
    used: node.outputs.map(() => true),
  };
  try {
    // What a rule makes on its way goes with the scope.
    return core.tidy(() => [...run(query)]);
  } catch (e) {
    const text = e instanceof Error ? e.message : String(e);
    const reason = isOutOfMemory(text) ? 'memory' : 'run';
    throw new EngineFailure(reason, `TensorFlow.js (${backend}): ${text}`, {
      name: node.op,
      span: node.span,
    });
  }
}

const show = (t: StaticType): string => `${t.dtype}[${t.shape.join(', ')}]`;

function checkType(name: string, type: StaticType, tensor: HostTensor): void {
  const fits = type.dtype === tensor.dtype && sameShape(type.shape, tensor.shape);
  if (!fits || tensor.data.length !== product(type.shape))
    throw new Error(
      `${name} is ${show(type)}; it was given ${show(tensor)} with ${tensor.data.length} elements`,
    );
}

function checkFeeds(
  entry: string,
  { graph, types }: Entry,
  feeds: ReadonlyMap<string, HostTensor>,
  owned: ReadonlyMap<string, StaticType>,
): void {
  const wanted = new Map(
    graph.inputs.filter(i => !owned.has(i.name)).map(i => [i.name, types[i.id]!] as const),
  );
  for (const [name, type] of wanted) {
    const tensor = feeds.get(name);
    if (tensor === undefined) throw new Error(`entry ${entry} wants a feed named ${name}`);
    checkType(name, type, tensor);
  }
  for (const name of feeds.keys())
    if (!wanted.has(name)) throw new Error(`entry ${entry} has no feed named ${name}`);
}

/** The backend may keep the array that it is given. */
function copied({ data, dtype }: HostTensor): View {
  if (data instanceof Float32Array || data instanceof Int32Array || data instanceof Uint8Array)
    return data.slice();
  throw new Error(`engine tfjs is fed f32, i32 and bool, not ${dtype}`);
}

async function presented(tensor: Tensor, type: StaticType): Promise<HostTensor> {
  const data = await tensor.data();
  return { ...type, data: data.slice() };
}
