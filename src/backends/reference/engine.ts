// The reference engine: a plan's graph run node by node on the host. Slow, exact about what each op means, and
// the same everywhere.

import type { HostTensor } from '../../base/tensor.ts';
import type { Plan } from '../../compiler/plan.ts';
import type { TensorType } from '../../ir/graph.ts';
import { compositeOps } from '../../ops/composite.ts';
import type { Engine, Session } from '../engine.ts';
import { owned, ownedTypes } from '../owned.ts';
import { checkType, evaluateOutputs, type Precision } from './evaluate.ts';
import { toHalf } from './half.ts';

export interface ReferenceOptions {
  /** f64 computes and keeps floats in double precision; tensors still come out as f32. */
  readonly precision: Precision;
}

/** All but the flash forms: where memory is no matter, probabilities that are kept save work. */
const composites = new Set(Object.keys(compositeOps).filter(op => !op.startsWith('flash_')));

/** Runs every core op and every composite but the flash forms whole. Its sessions throw on unknown names, other types and unset weights. */
export function createReferenceEngine({ precision }: ReferenceOptions): Engine {
  return {
    name: 'reference',
    target: {
      engine: 'reference',
      composites,
      alternates: false,
      precisions: ['f32', 'bf16', 'f16'],
    },
    profiles: true,
    status: async () => ({
      ready: true,
      version: undefined,
      about: 'plain TypeScript, the definition of every op; for tests and small models',
      add: undefined,
    }),
    open: async (entries, { profile }) => openSession(entries, precision, profile === true),
  };
}

function openSession(entries: ReadonlyMap<string, Plan>, precision: Precision, isProfiled: boolean): Session {
  const times = new Map<string, Float64Array[]>();
  const types = ownedTypes([...entries].map(([name, plan]) => [name, plan.graph] as const));
  const state = new Map<string, HostTensor>();

  const known = (name: string): TensorType => {
    const type = types.get(name);
    if (type === undefined) throw new Error(`no entry has a weight, state or moment named ${name}`);
    return type;
  };
  const stored = (name: string): HostTensor => {
    known(name);
    const tensor = state.get(name);
    if (tensor === undefined) throw new Error(`${name} has no value yet: write it before the first run`);
    return tensor;
  };

  return {
    async run(entry, feeds) {
      const plan = entries.get(entry);
      if (plan === undefined) throw new Error(`the session has no entry named ${entry}`);
      const inputs = new Map<string, HostTensor>();
      for (const { name, role } of plan.graph.inputs) {
        const given = owned.has(role) ? stored(name) : feeds.get(name);
        if (given === undefined) throw new Error(`entry ${entry} wants a feed named ${name}`);
        inputs.set(name, given);
      }
      for (const name of feeds.keys())
        if (!inputs.has(name) || types.has(name)) throw new Error(`entry ${entry} has no feed named ${name}`);
      const seconds = new Float64Array(plan.graph.nodes.length);
      const outputs = evaluateOutputs(plan.graph, inputs, {
        precision,
        onNode: isProfiled ? (node, took) => seconds.fill(took, node, node + 1) : undefined,
      });
      if (isProfiled) times.set(entry, [...(times.get(entry) ?? []), seconds]);
      const fetches = new Map<string, HostTensor>();
      for (const [i, { name, role }] of plan.graph.outputs.entries()) {
        const value = outputs[i]!;
        if (role === 'next') state.set(name, value);
        else fetches.set(name, presented(value));
      }
      return fetches;
    },
    async write(tensors) {
      for (const [name, tensor] of tensors) checkType(name, tensor, known(name));
      for (const [name, tensor] of tensors) state.set(name, { ...tensor, data: tensor.data.slice() });
    },
    async read(names) {
      return new Map(names.map(name => [name, presented(stored(name))] as const));
    },
    ...(isProfiled
      ? {
          async profile(entry: string) {
            const [first, ...rest] = times.get(entry) ?? [];
            if (first === undefined) throw new Error(`entry ${entry} has not run yet`);
            const runs = rest.length > 0 ? rest : [first];
            const seconds = Array.from(first, (_, i) => runs.map(r => r[i] ?? 0).sort((a, b) => a - b));
            const middle = runs.length >> 1;
            return { seconds: seconds.map(s => s[middle] ?? 0), between: 0, kernels: first.length };
          },
        }
      : {}),
    async close() {
      state.clear();
    },
  };
}

/** A copy for the caller: floats kept in double precision become f32, or the bits of their dtype. */
function presented(tensor: HostTensor): HostTensor {
  const { dtype, data } = tensor;
  if (!(data instanceof Float64Array)) return { ...tensor, data: data.slice() };
  if (dtype === 'f16' || dtype === 'bf16') return { ...tensor, data: toHalf(dtype, data) };
  return { ...tensor, data: new Float32Array(data) };
}
