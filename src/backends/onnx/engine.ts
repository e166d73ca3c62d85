// The engine on onnxruntime-node: one ONNX graph and one session for each entry. Weights, states and moments stand in
// two sets of tensors; a run reads the current one and writes the other, so nothing is copied.

import type * as Ort from 'onnxruntime-node';
import type { HostTensor } from '../../base/tensor.ts';
import { elements } from '../../base/tensor.ts';
import type { Plan } from '../../compiler/plan.ts';
import {
  type Engine,
  EngineFailure,
  type EngineOptions,
  type EngineStatus,
  type Session,
} from '../engine.ts';
import { isOutOfMemory, whyNotLoaded } from '../native-library.ts';
import { compositeEmit } from './composites.ts';
import type { EmittedGraph, EmittedInput } from './emit-graph.ts';
import { emitGraph } from './emit-graph.ts';
import { kernelsOf } from './kernels.ts';
import { createProfiles } from './profile.ts';
import { refusals } from './refusals.ts';
import { onnxStatus } from './status.ts';
import { createStore } from './store.ts';
import { fromOrt, toOrt } from './tensors.ts';

interface OpenEntry {
  readonly plan: Plan;
  readonly session: Ort.InferenceSession;
  readonly inputs: readonly (EmittedInput & { readonly fed: boolean })[];
  readonly fetches: readonly EmittedInput[];
  readonly nexts: readonly EmittedInput[];
  readonly nodes: number;
}

/**
 * Measured as growth of resident memory over four train steps (gpt-4x256; emoji at batch 128, 512, width 256), within
 * 10 %: the arena hands out pieces of up to twice the size asked for and fragments, forms of this engine keep what
 * their gradients share, the library and a session take the rest.
 */
const memory = { perByte: 2.2, fixed: 60e6 };

/** Ops of ours that become ops whose kernels write over an input that nothing else reads. */
const inPlace: ReadonlySet<string> = new Set([
  ...['add', 'sub', 'mul', 'div', 'neg', 'abs', 'floor'],
  ...['exp', 'log', 'sqrt', 'rsqrt', 'tanh', 'sigmoid'],
]);

/** The engine that runs plans with ONNX Runtime on the CPU. */
export function createOnnxEngine(): Engine {
  return {
    name: 'onnx',
    refusals,
    target: {
      engine: 'onnx',
      composites: new Set(Object.keys(compositeEmit)),
      kernels: kernelsOf,
      alternates: true,
      inPlace,
      memory,
    },
    profiles: true,
    status: (): Promise<EngineStatus> => onnxStatus(),
    open: openSession,
  };
}

async function openSession(entries: ReadonlyMap<string, Plan>, options: EngineOptions): Promise<Session> {
  const ort = await loadRuntime();
  const store = createStore(ort);
  const profiles = options.profile === true ? createProfiles() : undefined;
  const opened = new Map<string, OpenEntry>();
  for (const [name, plan] of entries) {
    const emitted = emitGraph(plan.graph);
    const session = await createSession(ort, plan, emitted, options, profiles?.prefix(name));
    opened.set(name, entryOf(plan, emitted, session));
  }
  for (const [name, entry] of opened) {
    for (const i of entry.inputs) if (!i.fed) store.declare(i.name, i.type, name);
    for (const next of entry.nexts) store.alternate(next.name, next.type, name);
  }

  return {
    async run(entryName, feeds) {
      const entry = opened.get(entryName);
      if (entry === undefined) throw new Error(`no entry named ${entryName}`);
      const given: Record<string, Ort.Tensor> = {};
      for (const i of entry.inputs)
        given[i.onnx] = i.fed ? fed(ort, entryName, i, feeds) : store.current(i.name);
      const wanted: Record<string, Ort.Tensor | null> = {};
      for (const f of entry.fetches) wanted[f.onnx] = null;
      for (const n of entry.nexts) wanted[n.onnx] = store.other(n.name);
      const results = await guarded(entry.plan, () => entry.session.run(given, wanted));
      for (const n of entry.nexts) store.swap(n.name);
      return new Map(entry.fetches.map(f => [f.name, fromOrt(results[f.onnx]!, f.type)]));
    },
    async write(tensors) {
      for (const [name, tensor] of tensors) store.write(name, tensor);
    },
    async read(names) {
      return new Map(names.map(name => [name, store.read(name)]));
    },
    ...(profiles === undefined
      ? {}
      : {
          async profile(name: string) {
            const entry = opened.get(name);
            if (entry === undefined) throw new Error(`no entry named ${name}`);
            entry.session.endProfiling();
            return profiles.read(name, entry.nodes);
          },
        }),
    async close() {
      for (const entry of opened.values()) await entry.session.release();
      opened.clear();
      profiles?.remove();
    },
  };
}

function fed(
  ort: typeof Ort,
  entry: string,
  i: EmittedInput,
  feeds: ReadonlyMap<string, HostTensor>,
): Ort.Tensor {
  const tensor = feeds.get(i.name);
  if (tensor === undefined) throw new Error(`entry ${entry} is not given ${i.name}`);
  const fits = tensor.dtype === i.type.dtype && elements(tensor.shape) === elements(i.type.shape);
  if (!fits || tensor.shape.some((d, axis) => d !== i.type.shape[axis]))
    throw new Error(
      `entry ${entry} takes ${i.name} as ${i.type.dtype}[${i.type.shape}], not ${tensor.dtype}[${tensor.shape}]`,
    );
  return toOrt(ort, tensor);
}

function entryOf(plan: Plan, emitted: EmittedGraph, session: Ort.InferenceSession): OpenEntry {
  const { graph } = plan;
  const byRole = (role: string) => emitted.outputs.filter((_, i) => graph.outputs[i]?.role === role);
  return {
    plan,
    session,
    nodes: graph.nodes.length,
    inputs: emitted.inputs.map((e, i) => {
      const role = graph.inputs[i]?.role;
      return { ...e, fed: role === 'feed' || role === 'scalar' };
    }),
    fetches: byRole('fetch'),
    nexts: byRole('next'),
  };
}

async function loadRuntime(): Promise<typeof Ort> {
  try {
    return await import('onnxruntime-node');
  } catch (e) {
    throw new EngineFailure('load', whyNotLoaded(e));
  }
}

function createSession(
  ort: typeof Ort,
  plan: Plan,
  emitted: EmittedGraph,
  options: EngineOptions,
  profile: string | undefined,
): Promise<Ort.InferenceSession> {
  return guarded(plan, async () => {
    const { encodeModel } = await import('./model-proto.ts');
    return ort.InferenceSession.create(encodeModel(emitted.model), {
      executionProviders: ['cpu'],
      executionMode: 'sequential',
      // A train step's peak is a third lower without the pattern, for one to four per cent of its time.
      enableMemPattern: false,
      graphOptimizationLevel: 'basic',
      ...(options.threads === undefined ? {} : { intraOpNumThreads: options.threads }),
      ...(profile === undefined ? {} : { enableProfiling: true, profileFilePrefix: profile }),
      // Errors come as exceptions; the runtime would print them as well.
      logSeverityLevel: 4,
    });
  });
}

/** The runtime's own text says which node failed; node names begin with our node's index, op and source line. */
async function guarded<T>(plan: Plan, action: () => Promise<T>): Promise<T> {
  try {
    return await action();
  } catch (e) {
    const text = e instanceof Error ? e.message : String(e);
    const [, op, place] = /\d+:(\w+)(?:@(.+?:\d+))?\/\w+_\d+/.exec(text) ?? [];
    const { nodes } = plan.graph;
    const span = nodes.find(n => n.op === op && n.span && `${n.span.file}:${n.span.line}` === place)?.span;
    const at = op === undefined ? undefined : { name: op, span };
    throw new EngineFailure(isOutOfMemory(text) ? 'memory' : 'run', text, at);
  }
}
