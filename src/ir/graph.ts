// The tensor IR: static single assignment, values typed by dtype and shape. Data only; see builder.ts for
// making graphs, op.ts for what an op is, verify.ts for what must hold.

import type { Dim } from '../base/dim.ts';
import type { DType } from '../base/dtype.ts';
import type { Span } from '../base/span.ts';

export type ValueId = number;

/** Symbolic dims before instantiation, plain numbers after. */
export type Shape = readonly Dim[];

export interface TensorType {
  readonly dtype: DType;
  readonly shape: Shape;
}

export type Attr =
  | number
  | string
  | boolean
  | readonly Dim[]
  | readonly string[]
  | readonly (readonly number[])[];
export type Attrs = Readonly<Record<string, Attr>>;

export interface Node {
  readonly op: string;
  readonly inputs: readonly ValueId[];
  readonly outputs: readonly ValueId[];
  readonly attrs: Attrs;
  /** Bodies of a region op (scan): graphs whose inputs and outputs the op's definition pairs with its own. */
  readonly regions: readonly Graph[];
  /** The line of the spec this came from, with its call chain. */
  readonly span: Span | undefined;
}

/**
 * What an input is to the engine: `feed` comes with every run, `weight` and `state` are the engine's own between
 * runs, `moment` likewise (the optimizer's), `scalar` is a feed that the training loop computes (rate, step, seed).
 */
export type InputRole = 'feed' | 'scalar' | 'weight' | 'state' | 'moment';
/** `fetch` goes to the host; `next` is the new value of the input of the same name. */
export type OutputRole = 'fetch' | 'next';

export interface GraphInput {
  readonly id: ValueId;
  readonly name: string;
  readonly role: InputRole;
}

export interface GraphOutput {
  readonly id: ValueId;
  readonly name: string;
  readonly role: OutputRole;
}

export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphInput[];
  /** In an order in which every value is made before it is read. */
  readonly nodes: readonly Node[];
  readonly outputs: readonly GraphOutput[];
  /** By value id. */
  readonly types: readonly TensorType[];
}
