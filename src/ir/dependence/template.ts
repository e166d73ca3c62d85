// A subgraph at any length: from its traces at two lengths, every size and attribute as a linear function of the
// length. Traces that differ in more than sizes have no template, and the reason says why.

import type { Attr, Graph, Node, ValueId } from '../graph.ts';
import type { OpRegistry } from '../op.ts';
import type { Cells, Sized } from './cells.ts';
import { inputCells, readCells } from './read.ts';

/** One trace: the nodes that were made for it. Values below `base` come from outside. */
export interface Traced {
  readonly graph: Graph;
  readonly nodes: readonly Node[];
  readonly output: ValueId;
}

export interface TemplateInput {
  readonly id: ValueId;
  /** The axis that grows. */
  readonly axis: number;
}

export interface Template {
  readonly registry: OpRegistry;
  readonly nodes: readonly Node[];
  readonly inputs: readonly TemplateInput[];
  readonly output: ValueId;
  readonly cells: ReadonlyMap<ValueId, Cells>;
  readonly sizeOf: (id: ValueId) => Sized;
  readonly shapeAt: (id: ValueId, length: number) => readonly number[];
  readonly attrsAt: (node: Node, length: number) => Record<string, Attr>;
  /** Whether each position of a value reads only those up to its own. */
  readonly looksBack: (id: ValueId) => boolean;
}

/** Why there is none, and at which node it shows. */
export interface NoTemplate {
  readonly why: string;
  readonly node: Node | undefined;
}

export interface TemplateOptions {
  readonly registry: OpRegistry;
  /** Of the first trace; the second is one longer, the third as long as it gets. */
  readonly length: number;
  readonly longest: number;
  readonly inputs: readonly TemplateInput[];
}

export function templateOf(
  short: Traced,
  grown: Traced,
  longest: Traced,
  options: TemplateOptions,
): Template | NoTemplate {
  const { length: n, inputs } = options;
  const differs = (node: Node | undefined, why: string): NoTemplate => ({ node, why });
  const [nodes, others, last] = [short.nodes, grown.nodes, longest.nodes];
  if (nodes.length !== others.length || nodes.length !== last.length || short.output !== longest.output)
    return differs(undefined, 'what it does depends on the length');
  const sizes = new Map<ValueId, Sized>();
  const sizeOf = (id: ValueId): Sized => {
    const known = sizes.get(id);
    if (known !== undefined) return known;
    const shape = (short.graph.types[id]?.shape ?? []) as readonly number[];
    const long = (grown.graph.types[id]?.shape ?? []) as readonly number[];
    const made = { shape, grown: long };
    sizes.set(id, made);
    return made;
  };
  const linear = (a: number, b: number, length: number): number => a + (b - a) * (length - n);
  const shapeAt = (id: ValueId, length: number): readonly number[] =>
    sizeOf(id).shape.map((s, i) => linear(s, sizeOf(id).grown[i] ?? s, length));
  const longer = new Map<Node, Node>();
  const attrsAt = (node: Node, length: number): Record<string, Attr> => {
    const other = longer.get(node)?.attrs ?? node.attrs;
    return Object.fromEntries(
      Object.entries(node.attrs).map(([name, value]) => {
        const grows = other[name];
        if (!Array.isArray(value) || !Array.isArray(grows)) return [name, value];
        return [name, value.map((v, i) => (isNumber(v) ? linear(v, Number(grows[i]), length) : v))];
      }),
    );
  };
  for (const [i, node] of nodes.entries()) {
    const [other, third] = [others[i], last[i]];
    if (other === undefined || third === undefined || !sameWiring(node, other) || !sameWiring(node, third))
      return differs(node, 'what it does depends on the length');
    if (node.op === 'random_bits') return differs(node, 'it draws');
    if (node.regions.length > 0) return differs(node, 'it goes through the positions one by one');
    longer.set(node, other);
    if (!sameScalars(node, other) || !sameScalars(node, third))
      return differs(node, 'it uses the length as a number');
    const fits = (id: ValueId): boolean =>
      String(shapeAt(id, options.longest)) === String(longest.graph.types[id]?.shape);
    if (!node.outputs.every(fits) || !sameAttrs(attrsAt(node, options.longest), third.attrs))
      return differs(node, 'a size in it is no multiple of the length');
  }
  const cells = readCells(
    nodes.map(node => ({ ...node, attrs: node.attrs })),
    {
      registry: options.registry,
      size: sizeOf,
      isIndex: id => short.graph.types[id]?.dtype === 'i32',
      given: new Map(inputs.map(i => [i.id, inputCells(i.axis, n)])),
      seen: false,
    },
  );
  if (cells === undefined) return differs(undefined, 'too many positions stand before it');
  const looksBack = (id: ValueId): boolean => {
    const v = cells.get(id);
    if (v === undefined || v.reads.every(r => r === 0)) return true;
    const [mark, more] = v.marks;
    if (mark === undefined || more !== undefined) return false;
    const before = mark.size - n;
    return v.reads.every((bits, i) => (i < before ? bits === 0 : bits >> (i - before + 1) === 0));
  };
  if (!looksBack(short.output)) {
    const single = (id: ValueId): boolean => (cells.get(id)?.marks.length ?? 0) <= 1;
    const opens = nodes.find(
      node =>
        node.outputs.some(o => single(o) && !looksBack(o)) &&
        node.inputs.every(i => !single(i) || looksBack(i)),
    );
    return differs(opens, 'a position reads those after it');
  }
  const { registry } = options;
  return { registry, nodes, inputs, output: short.output, cells, sizeOf, shapeAt, attrsAt, looksBack };
}

const isNumber = (v: unknown): v is number => typeof v === 'number';

const sameWiring = (a: Node, b: Node): boolean =>
  a.op === b.op && String(a.inputs) === String(b.inputs) && String(a.outputs) === String(b.outputs);

/** Attributes that aren't lists of sizes, and numbers that stand in the graph. */
function sameScalars(a: Node, b: Node): boolean {
  return Object.entries(a.attrs).every(([name, value]) => {
    const other = b.attrs[name];
    return Array.isArray(value) && name !== 'values'
      ? Array.isArray(other) && other.length === value.length
      : Object.is(value, other) || JSON.stringify(value) === JSON.stringify(other);
  });
}

const sameAttrs = (a: Record<string, Attr>, b: Node['attrs']): boolean =>
  Object.entries(a).every(([name, value]) => JSON.stringify(value) === JSON.stringify(b[name]));
