// Runs one op on plain numbers.

import { evaluate } from '../../src/backends/reference/evaluate.ts';
import type { DType } from '../../src/base/dtype.ts';
import type { HostTensor } from '../../src/base/tensor.ts';
import { createBuilder } from '../../src/ir/builder.ts';
import type { Attrs } from '../../src/ir/graph.ts';
import { ops } from '../../src/ops/registry.ts';
import { named } from './catalogue.ts';

const make = (dtype: DType, shape: readonly number[], values: readonly number[]): HostTensor => {
  const data = { f32: Float32Array, f16: Uint16Array, bf16: Uint16Array, i32: Int32Array, bool: Uint8Array };
  return { dtype, shape, data: data[dtype].from(values) };
};

export const floats = (shape: readonly number[], values: readonly number[]): HostTensor =>
  make('f32', shape, values);
export const ints = (shape: readonly number[], values: readonly number[]): HostTensor =>
  make('i32', shape, values);
export const bools = (shape: readonly number[], values: readonly number[]): HostTensor =>
  make('bool', shape, values);
/** Bits of f16 or bf16. */
export const bits = (dtype: 'f16' | 'bf16', values: readonly number[]): HostTensor =>
  make(dtype, [values.length], values);

/** All outputs of the op in f32. */
export function runOp(op: string, inputs: readonly HostTensor[], attrs: Attrs = {}): readonly HostTensor[] {
  const b = createBuilder(op, ops);
  const ids = inputs.map((x, i) => b.input(`x${i}`, 'feed', { dtype: x.dtype, shape: x.shape }));
  b.emit(op, ids, attrs).forEach((id, i) => {
    b.output(`y${i}`, 'fetch', id);
  });
  return [...evaluate(b.finish(), named('x', inputs), { precision: 'f32' }).values()];
}

/** The numbers of the first output. */
export const valuesOf = (op: string, inputs: readonly HostTensor[], attrs: Attrs = {}): readonly number[] => [
  ...runOp(op, inputs, attrs)[0]!.data,
];
