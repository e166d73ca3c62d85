// What an op is: everything about it in one record. Ops themselves live in src/ops; the IR is handed their registry.

import type { HostTensor } from '../base/tensor.ts';
import type { Builder } from './builder.ts';
import type { Attrs, Graph, Node, TensorType, ValueId } from './graph.ts';

/** How a shape or dtype rule says no: the rule, then the facts. Caught by the builder, never shown as an exception. */
export class OpFault extends Error {}

/** Reads dims that may be symbolic: `same` asks whether two dims are equal here, and may add a requirement. */
export interface DimCheck {
  same(a: import('../base/dim.ts').Dim, b: import('../base/dim.ts').Dim): boolean;
}

export interface TypeQuery<A extends Attrs> {
  readonly inputs: readonly TensorType[];
  readonly attrs: A;
  readonly regions: readonly Graph[];
  readonly dims: DimCheck;
}

/** Which positions are real along some axes of a value: `mask` is bool with one dim for each of `axes` (ascending). */
export interface Keep {
  readonly mask: ValueId;
  readonly axes: readonly number[];
}

/** Before the op reads input `input`, its positions that `keep` drops must hold `value` (an identity of the reduction). */
export interface Fill {
  readonly input: number;
  readonly keep: Keep;
  readonly value: number;
  /** The value is no identity: any number would do, as long as it and its gradient are finite. */
  readonly free?: true;
}

export interface KeepQuery<A extends Attrs> {
  /** The keeps of each input. */
  readonly inputs: readonly (readonly Keep[])[];
  readonly types: readonly TensorType[];
  readonly outputs: readonly TensorType[];
  readonly attrs: A;
  /** For computing masks of the outputs from masks of the inputs. */
  readonly builder: Builder;
  /** What is chosen may not depend on sizes: the graph stands for graphs of other lengths too. */
  readonly steady?: boolean;
}

export interface KeepFlow {
  readonly fills: readonly Fill[];
  /** The keeps of each output. */
  readonly outputs: readonly (readonly Keep[])[];
}

/**
 * How output position t along an axis depends on one input: not at all; along `axis` of the input at the same
 * position, at exactly t + shift, at positions up to t, or at all of them. `axis` is absent where the input has
 * no such axis and all of it is read.
 */
export type Dependence =
  | { readonly kind: 'none' }
  | { readonly kind: 'same'; readonly axis: number }
  | { readonly kind: 'shift'; readonly axis: number; readonly by: number }
  | { readonly kind: 'past'; readonly axis: number }
  | { readonly kind: 'all' };

export interface DependenceQuery<A extends Attrs> {
  readonly types: readonly TensorType[];
  readonly outputs: readonly TensorType[];
  readonly attrs: A;
  readonly output: number;
  /** An axis of that output. */
  readonly axis: number;
}

export interface GradQuery<A extends Attrs> {
  readonly builder: Builder;
  readonly node: Node;
  readonly attrs: A;
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  /** Gradients of the outputs; undefined where nothing flows. */
  readonly grads: readonly (ValueId | undefined)[];
  /** Which inputs need a gradient; a rule may leave the others undefined. */
  readonly wanted: readonly boolean[];
}

/** Gradients for each input, or the reason there are none. */
export type GradRule<A extends Attrs> =
  | ((q: GradQuery<A>) => readonly (ValueId | undefined)[])
  | { readonly none: string };

export interface ReferenceQuery<A extends Attrs> {
  readonly inputs: readonly HostTensor[];
  readonly attrs: A;
  readonly outputs: readonly TensorType[];
  /** Makes the data of an output: Float64Array in f64 mode, else by dtype. */
  readonly allocate: (type: TensorType) => HostTensor;
}

/** One call for the catalogue of tests: input types and attrs, with a seed-free recipe for the inputs' values. */
export interface Sample<A extends Attrs> {
  readonly name: string;
  readonly inputs: readonly SampleInput[];
  readonly attrs: A;
}

export interface SampleInput {
  readonly type: TensorType;
  /** floats: from `low` to `high` (default −1 to 1); integers: from 0 below `high`; booleans: fair coins. Explicit values win. */
  readonly low?: number;
  readonly high?: number;
  readonly values?: readonly number[];
}

export interface OpDef<A extends Attrs = Attrs> {
  readonly name: string;
  readonly kind: 'core' | 'composite';
  readonly doc: string;
  readonly shape: (q: TypeQuery<A>) => readonly (readonly import('../base/dim.ts').Dim[])[];
  readonly dtype: (q: TypeQuery<A>) => readonly import('../base/dtype.ts').DType[];
  readonly keep: (q: KeepQuery<A>) => KeepFlow;
  /** One entry for each input. */
  readonly dependence: (q: DependenceQuery<A>) => readonly Dependence[];
  readonly grad: GradRule<A>;
  readonly reference: (q: ReferenceQuery<A>) => readonly HostTensor[];
  readonly samples: () => readonly Sample<A>[];
  /** Floating point operations of one run; shapes are concrete. */
  readonly flops: (q: {
    readonly types: readonly TensorType[];
    readonly outputs: readonly TensorType[];
    readonly attrs: A;
  }) => number;
  /** A composite in terms of other ops: the values of its outputs. Required of a composite, absent from a core op. */
  readonly decompose?: (q: {
    readonly builder: Builder;
    readonly inputs: readonly ValueId[];
    readonly attrs: A;
  }) => readonly ValueId[];
}

/** Definitions of different attrs side by side; the builder checks names, the definitions their own attrs. */
export type AnyOpDef = Omit<OpDef<never>, 'samples'> & { readonly samples: () => readonly Sample<Attrs>[] };
export type OpRegistry = ReadonlyMap<string, AnyOpDef>;
