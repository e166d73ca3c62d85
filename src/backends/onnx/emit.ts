// What one op's rule is given to write itself as ONNX nodes, and readers for its attributes.

import type { DType } from '../../base/dtype.ts';
import type { Node } from '../../ir/graph.ts';
import type { Writer } from './writer.ts';

/** A type after instantiation: every dim is a number. */
export interface StaticType {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

export interface EmitQuery {
  readonly w: Writer;
  readonly node: Node;
  /** ONNX names of the inputs. */
  readonly inputs: readonly string[];
  readonly types: readonly StaticType[];
  readonly outputs: readonly StaticType[];
  /** Whether anything reads that output. */
  readonly used: readonly boolean[];
  /** The ops of the whole graph: some have a faster form where their gradient isn't there. */
  readonly graphOps: ReadonlySet<string>;
}

/** Writes one op's nodes and gives the ONNX names of its outputs. */
export type Emit = (q: EmitQuery) => readonly string[];

function wrong(q: EmitQuery, name: string): never {
  throw new Error(`${q.node.op}: attribute ${name} is missing or of another type`);
}

export function numberAttr(q: EmitQuery, name: string): number {
  const value = q.node.attrs[name];
  return typeof value === 'number' ? value : wrong(q, name);
}

export function flagAttr(q: EmitQuery, name: string): boolean {
  const value = q.node.attrs[name];
  return typeof value === 'boolean' ? value : wrong(q, name);
}

export function textAttr(q: EmitQuery, name: string): string {
  const value = q.node.attrs[name];
  return typeof value === 'string' ? value : wrong(q, name);
}

export function intsAttr(q: EmitQuery, name: string): readonly number[] {
  const value = q.node.attrs[name];
  if (!Array.isArray(value)) return wrong(q, name);
  return value.map(v => (typeof v === 'number' ? v : wrong(q, name)));
}

/** Input `i`'s ONNX name. */
export function input(q: EmitQuery, i: number): string {
  return q.inputs[i] ?? wrong(q, `input ${i}`);
}

export function inputType(q: EmitQuery, i: number): StaticType {
  return q.types[i] ?? wrong(q, `input ${i}`);
}

export function outputType(q: EmitQuery, i = 0): StaticType {
  return q.outputs[i] ?? wrong(q, `output ${i}`);
}

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);

export const product = (dims: readonly number[]): number => dims.reduce((n, d) => n * d, 1);

/** A Reshape, or the value itself where the shape is already that. */
export function reshaped(w: Writer, name: string, from: readonly number[], to: readonly number[]): string {
  if (sameShape(from, to)) return name;
  return w.one('Reshape', [name, w.ints(to)], to.includes(0) ? { allowzero: 1 } : {});
}

/** A Transpose, or a Reshape where only axes of size 1 move, or the value itself. */
export function transposed(
  w: Writer,
  name: string,
  from: readonly number[],
  perm: readonly number[],
): string {
  const moved = perm.filter(p => from[p] !== 1);
  const to = perm.map(p => from[p]!);
  if (moved.every((p, i) => i === 0 || moved[i - 1]! < p)) return reshaped(w, name, from, to);
  return w.one('Transpose', [name], { perm });
}
