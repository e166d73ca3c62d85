// What an engine's rule for an op is given to know: the node, what its inputs are called, their types; and readers for
// its attributes.

import type { DType } from '../base/dtype.ts';
import type { Node } from '../ir/graph.ts';

/** A type after instantiation: every dim is a number. */
export interface StaticType {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface NodeQuery {
  readonly node: Node;
  /** The engine's names of the inputs. */
  readonly inputs: readonly string[];
  readonly types: readonly StaticType[];
  readonly outputs: readonly StaticType[];
  /** Whether anything reads that output. */
  readonly used: readonly boolean[];
}

function wrong(q: NodeQuery, name: string): never {
  throw new Error(`${q.node.op}: attribute ${name} is missing or of another type`);
}

export function numberAttr(q: NodeQuery, name: string): number {
  const value = q.node.attrs[name];
  return typeof value === 'number' ? value : wrong(q, name);
}

export function flagAttr(q: NodeQuery, name: string): boolean {
  const value = q.node.attrs[name];
  return typeof value === 'boolean' ? value : wrong(q, name);
}

export function textAttr(q: NodeQuery, name: string): string {
  const value = q.node.attrs[name];
  return typeof value === 'string' ? value : wrong(q, name);
}

export function intsAttr(q: NodeQuery, name: string): readonly number[] {
  const value = q.node.attrs[name];
  if (!Array.isArray(value)) return wrong(q, name);
  return value.map(v => (typeof v === 'number' ? v : wrong(q, name)));
}

/** The engine's name of input `i`. */
export function input(q: NodeQuery, i: number): string {
  return q.inputs[i] ?? wrong(q, `input ${i}`);
}

export function inputType(q: NodeQuery, i: number): StaticType {
  return q.types[i] ?? wrong(q, `input ${i}`);
}

export function outputType(q: NodeQuery, i = 0): StaticType {
  return q.outputs[i] ?? wrong(q, `output ${i}`);
}

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);

export const product = (dims: readonly number[]): number => dims.reduce((n, d) => n * d, 1);
