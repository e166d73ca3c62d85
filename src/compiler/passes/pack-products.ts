// Products of one value with several weights as one product with the weights side by side: the packed QKV projection,
// forward and backward. Wider products run faster, and what cuts and joins them stands in clusters anyway.

import { createBuilder } from '../../ir/builder.ts';
import type { Graph, Node, ValueId } from '../../ir/graph.ts';
import { readersOf, withoutDead } from '../../ir/traverse.ts';
import type { Pass } from './pass.ts';
import { dotDims } from './products.ts';

export const packProducts: Pass = {
  name: 'pack-products',
  because: 'x·[U V] = [x·U x·V], and [a b]·[U V]ᵀ = a·Uᵀ + b·Vᵀ',
  run: (graph, { registry, target }) => {
    if (target?.packs !== true) return graph;
    const packing = packingOf(graph);
    if (packing.size === 0) return graph;
    const b = createBuilder(graph.name, registry);
    const renamed = new Map<ValueId, ValueId>();
    for (const input of graph.inputs)
      renamed.set(input.id, b.input(input.name, input.role, graph.types[input.id]!));
    const producers = new Map(graph.nodes.flatMap(n => n.outputs.map(id => [id, n] as const)));
    const joined = new Map<string, ValueId>();
    /** The values side by side along an axis; equal ones are made once. */
    const side = (ids: readonly ValueId[], axis: number): ValueId => {
      const key = `${ids} ${axis}`;
      const known = joined.get(key);
      if (known !== undefined) return known;
      const value = b.one('concat', ids.map(now), { axis });
      joined.set(key, value);
      return value;
    };
    const now = (id: ValueId): ValueId => {
      const value = renamed.get(id);
      if (value === undefined) throw new Error(`value ${id} is packed before it is made`);
      return value;
    };
    // In the order of the graph, but what a packed node reads goes before it.
    const todo: Step[] = graph.nodes.toReversed().map(node => ({ kind: 'visit', node }));
    for (let step = todo.pop(); step !== undefined; step = todo.pop()) {
      const { node } = step;
      const [first] = node.outputs;
      if (first === undefined || renamed.has(first)) continue;
      const packed = packing.get(first);
      if (step.kind === 'visit') {
        todo.push({ kind: 'emit', node });
        const reads = packed === undefined ? node.inputs : readsOf(packed);
        for (const id of reads) {
          const source = producers.get(id);
          if (source !== undefined && !renamed.has(id)) todo.push({ kind: 'visit', node: source });
        }
        continue;
      }
      b.span = node.span;
      if (packed === undefined) {
        const types = node.outputs.map(id => graph.types[id]!);
        const made = b.again(node, node.inputs.map(now), types);
        for (const [i, old] of node.outputs.entries()) renamed.set(old, made[i]!);
      } else emitPacked(packed);
    }
    for (const output of graph.outputs) b.output(output.name, output.role, now(output.id));
    return withoutDead(b.finish());

    function emitPacked(p: Packed): void {
      switch (p.kind) {
        case 'side by side': {
          const value = b.one('dot_general', [now(p.x), side(p.weights, 1)], dotAttrs(p.lhsContract, [0]));
          cut(value, p.outputs);
          return;
        }
        case 'sum': {
          const last = graph.types[p.values[0]!]!.shape.length - 1;
          const product = b.one(
            'dot_general',
            [side(p.values, last), side(p.weights, 1)],
            dotAttrs([last], [1]),
          );
          renamed.set(
            p.output,
            p.others.reduce((sum, id) => b.one('add', [sum, now(id)]), product),
          );
          return;
        }
        case 'gradients': {
          const last = graph.types[p.values[0]!]!.shape.length - 1;
          const rows = Array.from({ length: last }, (_, i) => i);
          cut(b.one('dot_general', [now(p.x), side(p.values, last)], dotAttrs(rows, rows)), p.outputs);
          return;
        }
        case 'column sums': {
          const last = graph.types[p.values[0]!]!.shape.length - 1;
          cut(b.one('reduce_sum', [side(p.values, last)], p.node.attrs), p.outputs);
          return;
        }
        default:
          p satisfies never;
      }
    }

    /** Each output is its piece of the packed value's last axis. */
    function cut(value: ValueId, outputs: readonly ValueId[]): void {
      const whole = b.shapeOf(value).map(Number);
      let from = 0;
      for (const id of outputs) {
        const size = Number(graph.types[id]!.shape.at(-1));
        const starts = whole.map((_, axis) => (axis === whole.length - 1 ? from : 0));
        const limits = whole.map((d, axis) => (axis === whole.length - 1 ? from + size : d));
        renamed.set(id, b.one('slice', [value], { starts, limits, strides: whole.map(() => 1) }));
        from += size;
      }
    }
  },
};

type Step = { readonly kind: 'visit' | 'emit'; readonly node: Node };

const dotAttrs = (lhsContract: readonly number[], rhsContract: readonly number[]) => ({
  lhsBatch: [],
  rhsBatch: [],
  lhsContract,
  rhsContract,
});

/** What takes the place of the nodes that make its outputs. */
type Packed =
  | {
      readonly kind: 'side by side';
      readonly x: ValueId;
      readonly weights: readonly ValueId[];
      readonly lhsContract: readonly number[];
      readonly outputs: readonly ValueId[];
    }
  | {
      readonly kind: 'sum';
      readonly values: readonly ValueId[];
      readonly weights: readonly ValueId[];
      readonly others: readonly ValueId[];
      readonly output: ValueId;
    }
  | {
      readonly kind: 'gradients';
      readonly x: ValueId;
      readonly values: readonly ValueId[];
      readonly outputs: readonly ValueId[];
    }
  | {
      readonly kind: 'column sums';
      readonly node: Node;
      readonly values: readonly ValueId[];
      readonly outputs: readonly ValueId[];
    };

function readsOf(p: Packed): readonly ValueId[] {
  switch (p.kind) {
    case 'side by side':
      return [p.x, ...p.weights];
    case 'sum':
      return [...p.values, ...p.weights, ...p.others];
    case 'gradients':
      return [p.x, ...p.values];
    case 'column sums':
      return p.values;
    default:
      return p satisfies never;
  }
}

/** Fewer rows than this, and joining the weights costs more than it wins. */
const fewestRows = 64;

/** By each output that is packed: what makes it. */
function packingOf(graph: Graph): ReadonlyMap<ValueId, Packed> {
  const packing = new Map<ValueId, Packed>();
  const readers = readersOf(graph);
  const fetched = new Set(graph.outputs.map(o => o.id));
  const producers = new Map(graph.nodes.flatMap(n => n.outputs.map(id => [id, n] as const)));
  const size = (id: ValueId): readonly number[] => graph.types[id]!.shape.map(Number);
  const weights = new Set(graph.inputs.filter(i => i.role === 'weight').map(i => i.id));
  const isWeight = (id: ValueId): boolean => {
    const node = producers.get(id);
    return node?.op === 'cast' ? isWeight(node.inputs[0]!) : weights.has(id) && size(id).length === 2;
  };
  /** A product of rows with a weight, contracted over that axis of the weight. */
  const isProjection = (node: Node, axis: 0 | 1): boolean => {
    if (node.op !== 'dot_general' || !isWeight(node.inputs[1]!)) return false;
    const { lhsBatch, lhsContract, rhsContract } = dotDims(node);
    const shape = size(node.inputs[0]!);
    const rows = shape.slice(0, -1).reduce((n, d) => n * d, 1);
    return (
      lhsBatch.length === 0 &&
      rhsContract.length === 1 &&
      rhsContract[0] === axis &&
      lhsContract.length === 1 &&
      lhsContract[0] === shape.length - 1 &&
      rows >= fewestRows
    );
  };

  for (const [x, nodes] of readers) {
    const found = nodes.filter(n => n.inputs[0] === x && isProjection(n, 0));
    const members = found.filter((n, i) => found.findIndex(o => o.inputs[1] === n.inputs[1]) === i);
    if (members.length < 2) continue;
    const own = members.map(n => n.inputs[1]!);
    const outputs = members.map(n => n.outputs[0]!);
    const { lhsContract } = dotDims(members[0]!);
    const packed: Packed = { kind: 'side by side', x, weights: own, lhsContract, outputs };
    for (const id of outputs) packing.set(id, packed);
    packBackward(x, own);
  }
  return packing;

  /** The gradients of x and of the weights, where they have the form that differentiation gives them. */
  function packBackward(x: ValueId, own: readonly ValueId[]): void {
    const dots = own.map(w => {
      const back = (readers.get(w) ?? []).filter(n => n.inputs[1] === w && isProjection(n, 1));
      const [dot] = back;
      return back.length === 1 && dot !== undefined && onlyAdded(dot.outputs[0]!) ? dot : undefined;
    });
    if (dots.some(d => d === undefined)) return;
    const found = dots.map(d => d!);
    const sums = new Set(found.map(d => rootOf(d.outputs[0]!)));
    const [root] = sums;
    const values = found.map(d => d.inputs[0]!);
    if (sums.size !== 1 || root === undefined || new Set(values).size !== values.length) return;
    const products = new Set(found.map(d => d.outputs[0]!));
    const others = leavesOf(root).filter(id => !products.has(id));
    packing.set(root, { kind: 'sum', values, weights: own, others, output: root });

    const gradients = values.map(d => readers.get(d)!.find(n => isGradient(n, x, d)));
    if (gradients.every(n => n !== undefined) && !leadTo(gradients, values)) {
      const outputs = gradients.map(n => n!.outputs[0]!);
      const packed: Packed = { kind: 'gradients', x, values, outputs };
      for (const id of outputs) packing.set(id, packed);
    }
    const columns = values.map(d => readers.get(d)!.find(n => n.op === 'reduce_sum' && isOverRows(n)));
    const [first] = columns;
    const text = (n: Node | undefined): string => JSON.stringify(n?.attrs);
    if (first !== undefined && columns.every(n => text(n) === text(first)) && !leadTo(columns, values)) {
      const outputs = columns.map(n => n!.outputs[0]!);
      const packed: Packed = { kind: 'column sums', node: first, values, outputs };
      for (const id of outputs) packing.set(id, packed);
    }
  }

  function isGradient(node: Node, x: ValueId, d: ValueId): boolean {
    if (node.op !== 'dot_general' || node.inputs[0] !== x || node.inputs[1] !== d) return false;
    const { lhsBatch, lhsContract, rhsContract } = dotDims(node);
    const rows = size(d).length - 1;
    const all = (axes: readonly number[]): boolean => axes.length === rows && axes.every((a, i) => a === i);
    return lhsBatch.length === 0 && all(lhsContract) && all(rhsContract);
  }

  function isOverRows(node: Node): boolean {
    const { axes, keepdims } = node.attrs;
    const rows = size(node.inputs[0]!).length - 1;
    return keepdims === false && Array.isArray(axes) && axes.length === rows && axes.every((a, i) => a === i);
  }

  /** A value that a sum reads and nothing else. */
  function onlyAdded(id: ValueId): boolean {
    const [reader, more] = readers.get(id) ?? [];
    return reader?.op === 'add' && more === undefined && !fetched.has(id) && alike(reader);
  }

  /** A sum of values of one shape. */
  function alike(add: Node): boolean {
    return add.inputs.every(id => String(size(id)) === String(size(add.outputs[0]!)));
  }

  /** The outermost sum that a value goes into. */
  function rootOf(id: ValueId): ValueId {
    let at = id;
    while (onlyAdded(at)) at = readers.get(at)![0]!.outputs[0]!;
    return at;
  }

  /** What a sum of sums adds up. */
  function leavesOf(root: ValueId): readonly ValueId[] {
    const add = producers.get(root);
    if (add?.op !== 'add' || !alike(add)) return [root];
    return add.inputs.flatMap(id => (onlyAdded(id) && producers.get(id)?.op === 'add' ? leavesOf(id) : [id]));
  }

  /** Whether any of the values is made of what one of the nodes gives. Values are numbered as they are made. */
  function leadTo(nodes: readonly (Node | undefined)[], values: readonly ValueId[]): boolean {
    const given = new Set(nodes.map(n => n?.outputs[0] ?? -1));
    const first = Math.min(...given);
    const seen = new Set<ValueId>(values);
    const todo = [...values];
    for (let at = todo.pop(); at !== undefined; at = todo.pop())
      for (const id of producers.get(at)?.inputs ?? []) {
        if (id < first || seen.has(id)) continue;
        seen.add(id);
        todo.push(id);
      }
    return [...given].some(id => seen.has(id));
  }
}
