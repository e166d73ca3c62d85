// Every sample of the op catalogue as one big graph, with its inputs' values and what the reference says of each.

import type { HostTensor } from '../../src/base/tensor.ts';
import { elements } from '../../src/base/tensor.ts';
import type { Plan } from '../../src/compiler/plan.ts';
import type { Builder } from '../../src/ir/builder.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Attrs, Graph, TensorType, ValueId } from '../../src/ir/graph.ts';
import type { OpDef, SampleInput } from '../../src/ir/op.ts';
import { ops } from '../../src/ops/registry.ts';

export interface Case {
  readonly op: string;
  readonly sample: string;
  readonly feeds: readonly (readonly [string, HostTensor])[];
  readonly fetches: readonly string[];
  readonly expected: readonly HostTensor[];
}

export interface Catalogue {
  readonly graph: Graph;
  readonly cases: readonly Case[];
}

/** A small deterministic stream of numbers in 0 … 1. */
export function stream(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}

const shapeOf = (type: TensorType): readonly number[] =>
  type.shape.map(d => {
    if (typeof d !== 'number') throw new Error('samples have concrete shapes');
    return d;
  });

export function allocate(type: TensorType): HostTensor {
  const shape = shapeOf(type);
  const count = elements(shape);
  if (type.dtype === 'i32') return { dtype: 'i32', shape, data: new Int32Array(count) };
  if (type.dtype === 'bool') return { dtype: 'bool', shape, data: new Uint8Array(count) };
  return { dtype: 'f32', shape, data: new Float32Array(count) };
}

export function sampleValue(input: SampleInput, next: () => number): HostTensor {
  const tensor = allocate(input.type);
  const { low = -1, high } = input;
  for (let i = 0; i < tensor.data.length; i++) {
    if (input.values !== undefined) tensor.data[i] = input.values[i] ?? 0;
    else if (tensor.dtype === 'bool') tensor.data[i] = next() < 0.5 ? 0 : 1;
    else if (tensor.dtype === 'i32') tensor.data[i] = Math.floor(next() * (high ?? 10));
    else tensor.data[i] = low + next() * ((high ?? 1) - low);
  }
  return tensor;
}

/** Each sample of each op that `takes` wants, made into values by `emit`. */
export function catalogue(
  takes: (def: OpDef) => boolean,
  emit: (b: Builder, def: OpDef, inputs: readonly ValueId[], attrs: Attrs) => readonly ValueId[],
): Catalogue {
  const b = createBuilder('samples', ops);
  const cases: Case[] = [];
  for (const [op, any] of ops) {
    const def = any as unknown as OpDef;
    if (!takes(def)) continue;
    for (const sample of def.samples()) {
      const next = stream(cases.length + 1);
      const prefix = `${op}/${sample.name}`;
      const inputs = sample.inputs.map(i => sampleValue(i, next));
      const ids = inputs.map((t, i) => b.input(`${prefix}/${i}`, 'feed', { dtype: t.dtype, shape: t.shape }));
      const outputs = emit(b, def, ids, sample.attrs);
      for (const [i, id] of outputs.entries()) b.output(`${prefix}>${i}`, 'fetch', id);
      cases.push({
        op,
        sample: sample.name,
        feeds: inputs.map((t, i) => [`${prefix}/${i}`, t] as const),
        fetches: outputs.map((_, i) => `${prefix}>${i}`),
        expected: def.reference({
          inputs,
          attrs: sample.attrs,
          outputs: outputs.map(id => b.typeOf(id)),
          allocate,
        }),
      });
    }
  }
  return { graph: b.finish(), cases };
}

/** A plan of just the graph: this engine reads nothing else. */
export const planOf = (graph: Graph): Plan => ({
  graph,
  buffers: [],
  bufferOf: new Map(),
  releases: [],
  peakBytes: 0,
  fusions: [],
});
