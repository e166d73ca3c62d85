// What an engine's rule for an op is given to know: the node, what its inputs are called, their types; and readers for
// its attributes.

import type { DType } from '../base/dtype.ts';
import type { Node } from '../ir/graph.ts';

/** A type after instantiation: every dim is a number. */
export interface StaticType {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** `Value` is what the engine holds of a value: its name in a graph that is written, or its tensor. */
export interface NodeQuery<Value = string> {
  readonly node: Node;
  readonly inputs: readonly Value[];
  readonly types: readonly StaticType[];
  readonly outputs: readonly StaticType[];
  /** Whether anything reads that output. */
  readonly used: readonly boolean[];
}

/** What a rule reads that looks at types and attributes alone. */
type AnyQuery = NodeQuery<unknown>;

function wrong(q: AnyQuery, name: string): never {
  throw new Error(`${q.node.op}: attribute ${name} is missing or of another type`);
}

export function numberAttr(q: AnyQuery, name: string): number {
  const value = q.node.attrs[name];
  return typeof value === 'number' ? value : wrong(q, name);
}

export function flagAttr(q: AnyQuery, name: string): boolean {
  const value = q.node.attrs[name];
  return typeof value === 'boolean' ? value : wrong(q, name);
}

export function textAttr(q: AnyQuery, name: string): string {
  const value = q.node.attrs[name];
  return typeof value === 'string' ? value : wrong(q, name);
}

export function intsAttr(q: AnyQuery, name: string): readonly number[] {
  const value = q.node.attrs[name];
  if (!Array.isArray(value)) return wrong(q, name);
  return value.map(v => (typeof v === 'number' ? v : wrong(q, name)));
}

/** What the engine holds of input `i`. */
export function input<Value extends string | object>(q: NodeQuery<Value>, i: number): Value {
  return q.inputs[i] ?? wrong(q, `input ${i}`);
}

export function inputType(q: AnyQuery, i: number): StaticType {
  return q.types[i] ?? wrong(q, `input ${i}`);
}

export function outputType(q: AnyQuery, i = 0): StaticType {
  return q.outputs[i] ?? wrong(q, `output ${i}`);
}

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);

export const product = (dims: readonly number[]): number => dims.reduce((n, d) => n * d, 1);
