// Mixed precision: matrix products and convolutions read and give narrow floats, everything else stays f32. A value is
// rounded where it is made, once, and what only moves it moves the narrow copy.

import type { FloatDType } from '../../base/dtype.ts';
import { type Builder, createBuilder } from '../../ir/builder.ts';
import type { Graph, Node, ValueId } from '../../ir/graph.ts';
import { withoutDead } from '../../ir/traverse.ts';
import type { Pass } from './pass.ts';

export type NarrowFloat = Exclude<FloatDType, 'f32'>;

/** Ops that read and give narrow floats; inside an engine they add up in f32. */
export const narrowOps: readonly string[] = [
  'dot_general',
  'conv2d',
  'conv2d_input_grad',
  'conv2d_weight_grad',
];

/** Ops that give the numbers they read: round(move(x)) = move(round(x)). */
export const movingOps: readonly string[] = ['reshape', 'transpose', 'broadcast', 'slice', 'concat', 'pad'];

/** Composites that hold products; under mixed precision they are taken apart on every engine. */
export const productComposites: readonly string[] = [
  'linear',
  'attention',
  'attention_grad',
  'flash_attention',
  'flash_attention_grad',
];

export const narrowProducts: Pass = {
  name: 'precision',
  because:
    'a product of rounded numbers, rounded, is near the product: within 2⁻⁸ (bf16) or 2⁻¹¹ (f16) of each',
  needed: 'it does nothing but what --precision asks for: leave that out',
  run: (graph, { registry, precision = 'f32' }) =>
    precision === 'f32' ? graph : narrowed(graph, createBuilder(graph.name, registry), precision),
};

const products = new Set(narrowOps);
const moving = new Set(movingOps);

/** A pad with another number than 0 would have to round that. */
const moves = (node: Node): boolean => moving.has(node.op) && (node.op !== 'pad' || node.attrs.value === 0);

function narrowed(graph: Graph, b: Builder, to: NarrowFloat): Graph {
  const isWide = (id: ValueId): boolean => graph.types[id]?.dtype === 'f32';
  const wanted = wantedNarrow(graph, isWide);
  // By the ids of `graph`: a value in f32, and as products read it.
  const wide = new Map<ValueId, ValueId>();
  const narrow = new Map<ValueId, ValueId>();
  /** Values of f32 that a narrow float holds: products, and what moves them. */
  const exact = new Set<ValueId>();
  const wideOf = (id: ValueId): ValueId => {
    const known = wide.get(id);
    if (known !== undefined) return known;
    const made = b.one('cast', [existing(narrow, id)], { to: 'f32' });
    wide.set(id, made);
    return made;
  };
  const made = (id: ValueId, value: ValueId): void => {
    wide.set(id, value);
    if (wanted.has(id)) narrow.set(id, b.one('cast', [value], { to }));
  };
  for (const { id, name, role } of graph.inputs) made(id, b.input(name, role, graph.types[id]!));
  for (const node of graph.nodes) {
    b.span = node.span;
    const isProduct = products.has(node.op) && node.outputs.every(isWide) && node.inputs.every(isWide);
    const isExact = isProduct || (moves(node) && node.inputs.every(id => exact.has(id)));
    if (isExact || (moves(node) && node.outputs.some(id => wanted.has(id)))) {
      const inputs = node.inputs.map(id => existing(narrow, id));
      for (const [i, id] of b.emit(node.op, inputs, node.attrs).entries()) narrow.set(node.outputs[i]!, id);
      if (isExact) {
        for (const id of node.outputs) exact.add(id);
        continue;
      }
      const inF32 = b.emit(node.op, node.inputs.map(wideOf), node.attrs);
      for (const [i, id] of node.outputs.entries()) wide.set(id, inF32[i]!);
      continue;
    }
    const results = b.emit(node.op, node.inputs.map(wideOf), node.attrs, node.regions);
    for (const [i, id] of node.outputs.entries()) made(id, results[i]!);
  }
  for (const { name, role, id } of graph.outputs) b.output(name, role, wideOf(id));
  return withoutDead(b.finish());
}

/** The values that a product reads, on the way through what moves them. */
function wantedNarrow(graph: Graph, isWide: (id: ValueId) => boolean): ReadonlySet<ValueId> {
  const wanted = new Set<ValueId>();
  for (const node of graph.nodes.toReversed()) {
    const reads = products.has(node.op) || (moves(node) && node.outputs.some(id => wanted.has(id)));
    if (reads) for (const id of node.inputs) if (isWide(id)) wanted.add(id);
  }
  return wanted;
}

function existing(of: ReadonlyMap<ValueId, ValueId>, id: ValueId): ValueId {
  const value = of.get(id);
  if (value === undefined) throw new Error(`value %${id} has no narrow copy`);
  return value;
}
