// The catalogue of ops: every sample of every registered op with its inputs made, the same on every run. All tests
// of ops walk over it, so a new op is covered by having samples.

import { isFloat } from '../../src/base/dtype.ts';
import type { HostTensor, TensorData } from '../../src/base/tensor.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Attrs, Graph, TensorType } from '../../src/ir/graph.ts';
import type { AnyOpDef, OpDef, OpRegistry, Sample, SampleInput } from '../../src/ir/op.ts';
import { concreteShape, sizeOf } from '../../src/ops/shape-rules.ts';

export interface Case {
  readonly op: string;
  readonly def: OpDef;
  readonly sample: Sample<Attrs>;
  /** `add: a row` */
  readonly title: string;
  /** One tensor for each input; another salt gives other values from the same ranges. f64 gives Float64Array. */
  inputs(precision: 'f32' | 'f64', salt?: number): readonly HostTensor[];
}

export function catalogue(registry: OpRegistry): readonly Case[] {
  return [...registry].flatMap(([op, def]) =>
    def.samples().map(sample => ({
      op,
      def: asOpDef(def),
      sample,
      title: `${op}: ${sample.name}`,
      inputs: (precision: 'f32' | 'f64', salt = 0) =>
        sample.inputs.map((input, i) =>
          tensorOf(input, `${op} ${sample.name} ${i} ${salt}`, precision, salt),
        ),
    })),
  );
}

/** Rules are called with the attrs of the op's own samples. */
const asOpDef = (def: AnyOpDef): OpDef => def as unknown as OpDef;

/** A graph of this one op: inputs x0, x1, …, outputs y0, y1, … */
export function caseGraph(registry: OpRegistry, { op, sample }: Case): Graph {
  const builder = createBuilder(op, registry);
  const inputs = sample.inputs.map((input, i) => builder.input(`x${i}`, 'feed', input.type));
  builder.emit(op, inputs, sample.attrs).forEach((id, i) => {
    builder.output(`y${i}`, 'fetch', id);
  });
  return builder.finish();
}

export const named = (prefix: string, tensors: readonly HostTensor[]): Map<string, HostTensor> =>
  new Map(tensors.map((tensor, i) => [`${prefix}${i}`, tensor] as const));

/** Random floats in [−1, 1) of a type, for projections. */
export function randomTensor(type: TensorType, seed: string, precision: 'f32' | 'f64'): HostTensor {
  return tensorOf({ type }, seed, precision, 0);
}

function tensorOf(input: SampleInput, seed: string, precision: 'f32' | 'f64', salt: number): HostTensor {
  const { type, values } = input;
  const size = sizeOf(type);
  const next = generator(seed);
  const drawn = Array.from({ length: size }, (_, i) => {
    if (values !== undefined) return values[(i + salt) % size]!;
    if (type.dtype === 'bool') return next() < 0.5 ? 0 : 1;
    if (type.dtype === 'i32') return Math.floor(next() * (input.high ?? 2));
    const [low, high] = [input.low ?? -1, input.high ?? 1];
    return low + next() * (high - low);
  });
  return { dtype: type.dtype, shape: concreteShape(type.shape), data: dataOf(type, drawn, precision) };
}

function dataOf(type: TensorType, values: readonly number[], precision: 'f32' | 'f64'): TensorData {
  if (isFloat(type.dtype)) return precision === 'f64' ? Float64Array.from(values) : Float32Array.from(values);
  return type.dtype === 'bool' ? Uint8Array.from(values) : Int32Array.from(values);
}

/** Mulberry32 from an FNV-1a hash of the seed: numbers in [0, 1). */
export function generator(seed: string): () => number {
  let state = 0x811c9dc5;
  for (const char of seed) state = Math.imul(state ^ char.codePointAt(0)!, 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let x = Math.imul(state ^ (state >>> 15), 1 | state);
    x = (x + Math.imul(x ^ (x >>> 7), 61 | x)) ^ x;
    return ((x ^ (x >>> 14)) >>> 0) / 4294967296;
  };
}
