// Every sample of the op catalogue as one big graph, with its inputs' values and what the reference says of each.

import { expect } from 'vitest';
import type { DifferenceName } from '../../src/backends/differences.ts';
import type { Engine } from '../../src/backends/engine.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { elements } from '../../src/base/tensor.ts';
import type { Plan } from '../../src/compiler/plan.ts';
import type { Builder } from '../../src/ir/builder.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Attrs, Graph, TensorType, ValueId } from '../../src/ir/graph.ts';
import type { OpDef, Sample, SampleInput } from '../../src/ir/op.ts';
import { ops } from '../../src/ops/registry.ts';

export interface Case {
  readonly op: string;
  readonly sample: string;
  readonly feeds: readonly (readonly [string, HostTensor])[];
  readonly fetches: readonly string[];
  readonly expected: readonly HostTensor[];
  readonly differs?: DifferenceName;
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

/** Values of one sample: by the op itself, or by its decomposition. */
export type EmitSample = (
  b: Builder,
  def: OpDef,
  inputs: readonly ValueId[],
  attrs: Attrs,
) => readonly ValueId[];

export const whole: EmitSample = (b, def, inputs, attrs) => b.emit(def.name, inputs, attrs);

/** Each sample of each op that `takes` wants, made into values by `emit`. */
export function catalogue(takes: (def: OpDef) => boolean, emit: EmitSample): Catalogue {
  const definitions = [...ops.values()].map(def => def as unknown as OpDef).filter(takes);
  return graphOf(
    definitions.flatMap(def => def.samples().map(sample => ({ def, sample }))),
    emit,
  );
}

export interface NamedSample {
  readonly def: OpDef;
  readonly sample: Sample<Attrs>;
  /** What the reference is given instead, where it refuses what engines take. */
  readonly referenceInputs?: readonly SampleInput[];
  /** The entry of the table of differences that says why engines may differ here. */
  readonly differs?: DifferenceName;
}

/** The samples side by side in one graph; names of samples of one op differ. */
export function graphOf(samples: readonly NamedSample[], emit: EmitSample): Catalogue {
  const b = createBuilder('samples', ops);
  const cases = samples.map(({ def, sample, referenceInputs, differs }, at): Case => {
    const next = stream(at + 1);
    const prefix = `${def.name}/${sample.name}`;
    const inputs = sample.inputs.map(i => sampleValue(i, next));
    const ids = inputs.map((t, i) => b.input(`${prefix}/${i}`, 'feed', { dtype: t.dtype, shape: t.shape }));
    const outputs = emit(b, def, ids, sample.attrs);
    for (const [i, id] of outputs.entries()) b.output(`${prefix}>${i}`, 'fetch', id);
    return {
      op: def.name,
      sample: sample.name,
      feeds: inputs.map((t, i) => [`${prefix}/${i}`, t] as const),
      fetches: outputs.map((_, i) => `${prefix}>${i}`),
      ...(differs === undefined ? {} : { differs }),
      expected: def.reference({
        inputs:
          referenceInputs?.map((i, at) => (i.values === undefined ? inputs[at]! : sampleValue(i, next))) ??
          inputs,
        attrs: sample.attrs,
        outputs: outputs.map(id => b.typeOf(id)),
        allocate,
      }),
    };
  });
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

/** What an engine gives for every sample. */
export async function resultsOn(
  engine: Engine,
  { graph, cases }: Catalogue,
  threads = 1,
): Promise<ReadonlyMap<string, HostTensor>> {
  const session = await engine.open(new Map([['samples', planOf(graph)]]), { threads });
  const fetched = await session.run('samples', new Map(cases.flatMap(c => c.feeds)));
  await session.close();
  return fetched;
}

/** Relative to the largest size in the output. Exceptions, with reasons: none so far. */
const inF32 = 1e-4;

/** Fails unless types agree, integers and booleans are equal, floats near; NaN and infinities agree with themselves. */
export function expectAgreement(c: Case, fetched: ReadonlyMap<string, HostTensor>, tolerance = inF32): void {
  for (const [i, name] of c.fetches.entries()) {
    const [got, expected] = [fetched.get(name)!, c.expected[i]!];
    expect(got.dtype).toBe(expected.dtype);
    expect(got.shape).toEqual(expected.shape);
    const exact = expected.dtype !== 'f32';
    let scale = 1e-30;
    for (const v of expected.data) if (Number.isFinite(v)) scale = Math.max(scale, Math.abs(v));
    for (let k = 0; k < expected.data.length; k++) {
      const [have, want] = [got.data[k]!, expected.data[k]!];
      const isSame = Object.is(have, want) || have === want;
      if (isSame) continue;
      if (exact || !Number.isFinite(want)) expect(have, `${name}[${k}]`).toBe(want);
      else if (!(Math.abs(have - want) <= tolerance * scale))
        expect.fail(`${name}[${k}] is ${have}, the reference says ${want} (largest ${scale})`);
    }
  }
}
