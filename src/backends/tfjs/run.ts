// What one op's rule is given to run itself: tensors, and TensorFlow.js's kernels beside ours.

import type { NamedAttrMap, NamedTensorMap, Tensor } from '@tensorflow/tfjs-core';
import { type NodeQuery, product, type StaticType, sameShape } from '../node-query.ts';
import { tfDType, type View } from './host-memory.ts';
import type { BackendName, Core } from './packages.ts';
import { kernelName, type OwnKernel } from './start.ts';

export interface RunQuery extends NodeQuery<Tensor> {
  readonly k: Kernels;
}

/** Runs one op and gives its outputs, each a tensor of its own. */
export type Run = (q: RunQuery) => readonly Tensor[];

/** By name, or in a list where the kernel takes any number. */
export type KernelInputs = Readonly<Record<string, Tensor>> | readonly Tensor[];

export interface Kernels {
  readonly backend: BackendName;
  /** A kernel of TensorFlow.js's with one output. */
  stock(name: string, inputs: KernelInputs, attrs?: Readonly<Record<string, unknown>>): Tensor;
  /** One of ours, with as many outputs as the query has. */
  own(name: OwnKernel, q: NodeQuery<Tensor>): readonly Tensor[];
  /** A tensor of numbers; they are taken as they are, not copied. */
  tensor(type: StaticType, values: View): Tensor;
}

export function createKernels(core: typeof Core, backend: BackendName): Kernels {
  const engine = core.engine();
  const run = (name: string, inputs: object, attrs: object): Tensor | Tensor[] =>
    engine.runKernel(name, inputs as NamedTensorMap, attrs as NamedAttrMap);
  return {
    backend,
    stock(name, inputs, attrs = {}) {
      const out = run(name, inputs, attrs);
      const [first] = Array.isArray(out) ? out : [out];
      if (first === undefined) throw new Error(`${name} gave nothing`);
      return first;
    },
    own(name, q) {
      const out = run(kernelName(name), { ...q.inputs }, { query: { ...q, inputs: [] } });
      return Array.isArray(out) ? out : [out];
    },
    tensor: (type, values) => engine.makeTensor(values, [...type.shape], tfDType(type.dtype)),
  };
}

/** The same numbers under another shape; without a copy, but a tensor of its own. */
export const reshaped = (k: Kernels, x: Tensor, shape: readonly number[]): Tensor =>
  sameShape(x.shape, shape) ? k.stock('Identity', { x }) : k.stock('Reshape', { x }, { shape: [...shape] });

/** A Transpose, or a Reshape where only axes of size 1 move. */
export function transposed(k: Kernels, x: Tensor, perm: readonly number[]): Tensor {
  const moved = perm.filter(p => x.shape[p] !== 1);
  if (moved.every((p, i) => i === 0 || (moved[i - 1] ?? 0) < p))
    return reshaped(
      k,
      x,
      perm.map(p => x.shape[p] ?? 1),
    );
  return k.stock('Transpose', { x }, { perm: [...perm] });
}

export const isEmpty = (type: StaticType): boolean => product(type.shape) === 0;
