// A forward graph whose batch goes through in parts, as far as its rows don't meet: each part by itself, what comes out
// put together where rows are compared or summed. With recomputation this is the gradient cache of arXiv:2101.06983:
// only one part's values are there at a time.

import { type Builder, createBuilder } from '../ir/builder.ts';
import type { Attrs, Graph, Node, ValueId } from '../ir/graph.ts';
import type { OpDef, OpRegistry } from '../ir/op.ts';
import { withoutDead } from '../ir/traverse.ts';
import type { PassName } from './plan.ts';

export const rowSplitting: PassName = {
  name: 'split-rows',
  because: 'f([a; b]) = [f(a); f(b)] where f treats every row by itself',
};

/** Where the rows of a batch lie in a value: along `axis`, each as a block of `block` positions. */
interface Rows {
  readonly axis: number;
  readonly block: number;
}

export interface SplitRows {
  readonly graph: Graph;
  /** The first node at which rows meet. */
  readonly meeting: Node | undefined;
}

/** `feeds`: the inputs whose first axis are the rows of a batch of `size`, which `parts` divides. */
export function splitRows(
  graph: Graph,
  registry: OpRegistry,
  {
    feeds,
    size,
    parts,
  }: { readonly feeds: ReadonlySet<string>; readonly size: number; readonly parts: number },
): SplitRows {
  const rows = new Map<ValueId, Rows>();
  for (const input of graph.inputs) if (feeds.has(input.name)) rows.set(input.id, { axis: 0, block: 1 });
  const met = new Set<ValueId>();
  const apart = new Set<Node>();
  let meeting: Node | undefined;
  for (const node of graph.nodes) {
    const isMixed = node.inputs.some(id => met.has(id));
    if (!isMixed && !node.inputs.some(id => rows.has(id))) continue;
    const found = isMixed ? undefined : rowsOf(graph, registry, node, rows, size);
    if (found === undefined) {
      if (!isMixed) meeting ??= node;
      for (const id of node.outputs) met.add(id);
    } else {
      apart.add(node);
      for (const [i, id] of node.outputs.entries()) rows.set(id, found[i]!);
    }
  }
  return { graph: rewritten(graph, registry, rows, apart, size, parts), meeting };
}

/** Where the rows lie in a node's outputs; undefined where it mixes them. */
function rowsOf(
  graph: Graph,
  registry: OpRegistry,
  node: Node,
  rows: ReadonlyMap<ValueId, Rows>,
  size: number,
): readonly Rows[] | undefined {
  const outputs = node.outputs.map(id => graph.types[id]!);
  const types = node.inputs.map(id => graph.types[id]!);
  const first = rows.get(node.inputs[0] ?? -1);
  if (node.op === 'reshape') {
    const [lead] = outputs[0]!.shape;
    if (first?.axis !== 0 || typeof lead !== 'number' || lead % size !== 0 || lead === 0) return undefined;
    return [{ axis: 0, block: lead / size }];
  }
  const { dependence } = registry.get(node.op) as unknown as OpDef;
  const found: Rows[] = [];
  for (const [output, type] of outputs.entries()) {
    const axis = type.shape.findIndex((length, axis) => {
      const along = dependence({ types, outputs, attrs: node.attrs, output, axis });
      return node.inputs.every((id, i) => {
        const own = rows.get(id);
        const how = along[i];
        if (own === undefined || how?.kind === 'none') return true;
        return how?.kind === 'same' && how.axis === own.axis && length === own.block * size;
      });
    });
    if (axis < 0) return undefined;
    found.push({ axis, block: Number(type.shape[axis]) / size });
  }
  return found;
}

function rewritten(
  graph: Graph,
  registry: OpRegistry,
  rows: ReadonlyMap<ValueId, Rows>,
  apart: ReadonlySet<Node>,
  size: number,
  parts: number,
): Graph {
  const b = createBuilder(graph.name, registry);
  const whole = new Map<ValueId, ValueId>();
  for (const i of graph.inputs) whole.set(i.id, b.input(i.name, i.role, graph.types[i.id]!));
  // What no row reaches comes first, since parts read it.
  const depends = new Set(rows.keys());
  const later: Node[] = [];
  for (const node of graph.nodes) {
    if (!apart.has(node) && !node.inputs.some(id => depends.has(id))) copy(b, node, whole);
    else {
      if (!apart.has(node)) later.push(node);
      for (const id of node.outputs) depends.add(id);
    }
  }
  const read = new Set([...later.flatMap(n => n.inputs), ...graph.outputs.map(o => o.id)]);
  const pieces = new Map<ValueId, ValueId[]>();
  for (let part = 0; part < parts; part++) {
    const here = new Map<ValueId, ValueId>();
    const slices = new Map<string, ValueId>();
    const share = size / parts;
    const cut = (id: ValueId, { axis, block }: Rows): ValueId => {
      const key = `${id} ${axis}`;
      const known = slices.get(key);
      if (known !== undefined) return known;
      const limits = [...b.shapeOf(whole.get(id)!)] as number[];
      const starts = limits.map(() => 0);
      starts[axis] = part * share * block;
      limits[axis] = (part + 1) * share * block;
      const made = b.one('slice', [whole.get(id)!], { starts, limits, strides: starts.map(() => 1) });
      slices.set(key, made);
      return made;
    };
    for (const node of graph.nodes) {
      if (!apart.has(node)) continue;
      const inputs = node.inputs.map((id, i) => {
        const own = rows.get(id);
        if (own !== undefined) return here.get(id) ?? cut(id, own);
        const along = sharedRows(graph, registry, node, i, rows);
        return along === undefined ? whole.get(id)! : cut(id, along);
      });
      b.span = node.span;
      const attrs = inPart(node, rows.get(node.outputs[0]!)!, parts);
      const made = b.emit(node.op, inputs, attrs, node.regions);
      for (const [i, id] of node.outputs.entries()) here.set(id, made[i]!);
    }
    for (const [id, value] of here) if (read.has(id)) pieces.set(id, [...(pieces.get(id) ?? []), value]);
  }
  for (const [id, of] of pieces) whole.set(id, b.one('concat', of, { axis: rows.get(id)!.axis }));
  for (const node of later) copy(b, node, whole);
  for (const o of graph.outputs) b.output(o.name, o.role, whole.get(o.id)!);
  return withoutDead(b.finish());
}

function copy(b: Builder, node: Node, values: Map<ValueId, ValueId>): void {
  b.span = node.span;
  const inputs = node.inputs.map(id => values.get(id)!);
  const made = b.emit(node.op, inputs, node.attrs, node.regions);
  for (const [i, id] of node.outputs.entries()) values.set(id, made[i]!);
}

/** Of an input that no row reaches: where its positions go with the rows of the output, as those of random bits do. */
function sharedRows(
  graph: Graph,
  registry: OpRegistry,
  node: Node,
  input: number,
  rows: ReadonlyMap<ValueId, Rows>,
): Rows | undefined {
  const { dependence } = registry.get(node.op) as unknown as OpDef;
  const types = node.inputs.map(id => graph.types[id]!);
  const outputs = node.outputs.map(id => graph.types[id]!);
  for (const [output, id] of node.outputs.entries()) {
    const { axis, block } = rows.get(id)!;
    const how = dependence({ types, outputs, attrs: node.attrs, output, axis })[input];
    if (how?.kind === 'same') return { axis: how.axis, block };
  }
  return undefined;
}

/** Attributes that name the length of the axis along which the rows lie. */
function inPart({ op, attrs }: Node, { axis }: Rows, parts: number): Attrs {
  const name = op === 'slice' ? 'limits' : 'shape';
  const sizes = attrs[name];
  if (!['slice', 'reshape', 'broadcast'].includes(op) || !Array.isArray(sizes)) return attrs;
  return { ...attrs, [name]: sizes.map((n: number, i) => (i === axis ? n / parts : n)) };
}
