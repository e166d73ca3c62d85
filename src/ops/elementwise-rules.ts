// The rules that all elementwise ops share: numpy broadcasting from literal 1 and missing leading dims.

import type { HostTensor } from '../base/tensor.ts';
import type { Attrs, Shape, TensorType } from '../ir/graph.ts';
import type {
  Dependence,
  DependenceQuery,
  KeepFlow,
  KeepQuery,
  ReferenceQuery,
  TypeQuery,
} from '../ir/op.ts';
import { broadcastStrides, strideIndex } from './host-index.ts';
import { broadcastKeep, distinctKeeps } from './keep-rules.ts';
import { broadcastShapes, concreteShape, sizeOf, takes } from './shape-rules.ts';

export const elementwiseShape =
  (op: string, arity: number) =>
  (q: TypeQuery<Attrs>): readonly Shape[] => [
    broadcastShapes(
      op,
      takes(op, q, arity).map(t => t.shape),
      q.dims,
    ),
  ];

/** A position is kept where every input keeps it. */
export function elementwiseKeep<A extends Attrs>(q: KeepQuery<A>): KeepFlow {
  const outputs = q.outputs.map(out =>
    distinctKeeps(
      q.inputs.flatMap((keeps, i) =>
        keeps.map(keep => broadcastKeep(q.builder, keep, q.types[i]!.shape, out.shape)),
      ),
    ),
  );
  return { fills: [], outputs };
}

/**
 * As elementwiseKeep for an op whose slope has a pole at 0: dropped positions of `inputs` hold 1, since a gradient of
 * 0 that goes through the pole would come out as NaN and reach what is kept.
 */
export const poleKeep =
  (...inputs: readonly number[]) =>
  <A extends Attrs>(q: KeepQuery<A>): KeepFlow => ({
    ...elementwiseKeep(q),
    fills: inputs.flatMap(input =>
      (q.inputs[input] ?? []).map(keep => ({ input, keep, value: 1, free: true as const })),
    ),
  });

/** Each position reads the same position; all read the one position of a stretched axis. */
export function elementwiseDependence<A extends Attrs>(q: DependenceQuery<A>): readonly Dependence[] {
  const out = q.outputs[q.output]!.shape;
  return q.types.map(type => {
    const axis = q.axis - out.length + type.shape.length;
    const dim = type.shape[axis];
    if (dim === undefined || (dim === 1 && out[q.axis] !== 1)) return { kind: 'all' };
    return { kind: 'same', axis };
  });
}

export const elementwiseFlops = (q: { readonly outputs: readonly TensorType[] }): number =>
  sizeOf(q.outputs[0]!);

export const unaryReference =
  (f: (x: number) => number) =>
  (q: ReferenceQuery<Attrs>): readonly HostTensor[] => {
    const out = q.allocate(q.outputs[0]!);
    const x = q.inputs[0]!.data;
    const y = out.data;
    for (let i = 0; i < y.length; i++) y[i] = f(x[i]!);
    return [out];
  };

const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);

export const binaryReference =
  (f: (a: number, b: number) => number) =>
  (q: ReferenceQuery<Attrs>): readonly HostTensor[] => {
    const out = q.allocate(q.outputs[0]!);
    const shape = concreteShape(q.outputs[0]!.shape);
    const [left, right] = [q.inputs[0]!, q.inputs[1]!];
    const [a, b, y] = [left.data, right.data, out.data];
    if (sameShape(left.shape, shape) && sameShape(right.shape, shape)) {
      for (let i = 0; i < y.length; i++) y[i] = f(a[i]!, b[i]!);
      return [out];
    }
    const ia = sourceIndex(left.shape, shape);
    const ib = sourceIndex(right.shape, shape);
    for (let i = 0; i < y.length; i++) y[i] = f(a[ia[i]!]!, b[ib[i]!]!);
    return [out];
  };

/** For each position of `to`, the position that it reads in a broadcast value of shape `from`. */
export const sourceIndex = (from: readonly number[], to: readonly number[]): Int32Array =>
  strideIndex(to, broadcastStrides(from, to));
